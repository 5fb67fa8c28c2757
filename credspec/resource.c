#include "credspec/resource.h"

#include <stdlib.h>
#include <string.h>

#include "credspec/kubernetes.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

bool credspec_is_resource(const struct node *document)
{
    return slice_starts_with(node_text(document, "apiVersion"), CREDSPEC_GROUP "/") &&
           slice_is(node_text(document, "kind"), CREDSPEC_KIND);
}

/* --- One block of memory ----------------------------------------------------------------------
 * A cluster's specs stay in memory by the thousand: each is its struct, its list and its texts in
 * one allocation. */

/* What a resource is made of; absent texts become NULL. */
struct parts {
    struct slice name, account, domain, canonical, problem, user;
    const struct node *allowed; /* an array of texts, or NULL */
};

/* Copies the text to *at, moves that behind it. */
static char *put(char **at, struct slice text)
{
    char *copy = *at;
    if (!slice_present(text))
        return NULL;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    *at += text.length + 1;
    return copy;
}

static size_t size_of(const struct parts *parts)
{
    const struct slice texts[] = {parts->name,      parts->account, parts->domain,
                                  parts->canonical, parts->problem, parts->user};
    size_t size = sizeof(struct credspec_resource);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        size += slice_present(texts[i]) ? texts[i].length + 1 : 0;
    if (parts->allowed)
        node_for_each (item, parts->allowed)
            size += sizeof(char *) + item->text.length + 1;
    return size;
}

static struct credspec_resource *assemble(const struct parts *parts)
{
    struct credspec_resource *resource = xmalloc(size_of(parts));
    *resource = (struct credspec_resource){0};
    size_t count = parts->allowed ? parts->allowed->count : 0;
    if (count > 0)
        resource->allowed_run_as_user_names = (char **)(resource + 1);
    char *at = (char *)(resource + 1) + count * sizeof(char *);
    resource->name = put(&at, parts->name);
    resource->account = put(&at, parts->account);
    resource->domain = put(&at, parts->domain);
    resource->canonical = put(&at, parts->canonical);
    resource->canonical_length = parts->canonical.length;
    resource->problem = put(&at, parts->problem);
    resource->run_as_user_name = put(&at, parts->user);
    if (parts->allowed)
        node_for_each (item, parts->allowed)
            resource->allowed_run_as_user_names[resource->allowed_count++] = put(&at, item->text);
    return resource;
}

struct credspec_resource *credspec_resource_named(struct slice name)
{
    return assemble(&(struct parts){.name = name});
}

/* --- From an object -------------------------------------------------------------------------- */

struct credspec_resource *credspec_resource_create(const struct node *object, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    struct slice name = node_text(node_member(object, "metadata"), "name");
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (!slice_present(name)) {
        error_set(err, ERROR_INPUT, "the %s has no metadata.name", CREDSPEC_KIND);
        return NULL;
    }
    if (kubernetes_check_subdomain(name, messages) > 0) {
        error_set(err, ERROR_INPUT, "metadata.name %s: %s", quote(&arena, name), messages[0]);
        return NULL;
    }

    const struct node *spec = node_member(object, "credspec");
    const struct node *domain = node_member(spec, "DomainJoinConfig");
    struct parts parts = {.name = name,
                          .account = slice_or_empty(node_text(domain, "MachineAccountName")),
                          .domain = slice_or_empty(node_text(domain, "DnsName"))};
    struct findings findings = {.arena = &arena};
    credspec_check_resource(object, "", &findings);
    const struct finding *error = findings_first_error(&findings);
    if (error) {
        parts.problem =
            slice_of(arena_format(&arena, "%s [%s]", error->message, error->rule->code));
        return assemble(&parts);
    }
    /* From here on every field is known to have its type. */
    cleanup_buffer struct buffer canonical = {0};
    credspec_canonical(&canonical, spec);
    parts.canonical = (struct slice){buffer_text(&canonical), canonical.length};
    parts.user = node_text(object, "runAsUserName");
    parts.allowed = node_member(object, "allowedRunAsUserNames");
    if (parts.allowed && parts.allowed->type != NODE_ARRAY)
        parts.allowed = NULL;
    return assemble(&parts);
}

void credspec_resource_free(struct credspec_resource *resource)
{
    free(resource);
}

bool credspec_resource_allows_user(const struct credspec_resource *resource, struct slice user)
{
    for (size_t i = 0; i < resource->allowed_count; i++)
        if (run_as_user_name_equal(slice_of(resource->allowed_run_as_user_names[i]), user))
            return true;
    return resource->allowed_count == 0;
}

struct node *credspec_wrap(struct arena *arena, const struct node *spec, const char *name,
                           struct slice run_as_user_name)
{
    struct node *object = node_create(arena, NODE_OBJECT);
    node_set_member(arena, object, "apiVersion",
                    node_create_text(arena, slice_of(CREDSPEC_API_VERSION)));
    node_set_member(arena, object, "kind", node_create_text(arena, slice_of(CREDSPEC_KIND)));
    struct node *metadata = node_create(arena, NODE_OBJECT);
    node_set_member(arena, metadata, "name", node_create_text(arena, slice_of(name)));
    node_set_member(arena, object, "metadata", metadata);
    node_set_member(arena, object, "credspec", node_copy(arena, spec));
    if (slice_present(run_as_user_name))
        node_set_member(arena, object, "runAsUserName", node_create_text(arena, run_as_user_name));
    return object;
}
