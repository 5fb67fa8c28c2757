#include "credspec/resource.h"

#include <stdlib.h>

#include "credspec/kubernetes.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

bool credspec_is_resource(const struct node *document)
{
    return slice_starts_with(node_text(document, "apiVersion"), CREDSPEC_GROUP "/") &&
           slice_is(node_text(document, "kind"), CREDSPEC_KIND);
}

static char *copy_text(struct slice text)
{
    return xstrndup(text.data ? text.data : "", text.length);
}

static void copy_allowed(struct credspec_resource *resource, const struct node *list)
{
    if (!list || list->type != NODE_ARRAY || list->count == 0)
        return;
    resource->allowed_run_as_user_names = xcalloc(list->count, sizeof(char *));
    node_for_each (item, list)
        resource->allowed_run_as_user_names[resource->allowed_count++] = copy_text(item->text);
}

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

    struct credspec_resource *resource = xcalloc(1, sizeof(*resource));
    resource->name = copy_text(name);
    const struct node *spec = node_member(object, "credspec");
    const struct node *domain = node_member(spec, "DomainJoinConfig");
    resource->account = copy_text(node_text(domain, "MachineAccountName"));
    resource->domain = copy_text(node_text(domain, "DnsName"));

    struct findings findings = {.arena = &arena};
    credspec_check_resource(object, "", &findings);
    const struct finding *error = findings_first_error(&findings);
    if (error) {
        resource->problem = xasprintf("%s [%s]", error->message, error->rule->code);
        return resource;
    }
    /* From here on every field is known to have its type. */
    struct buffer canonical = {0};
    credspec_canonical(&canonical, spec);
    resource->canonical_length = canonical.length;
    resource->canonical = buffer_steal(&canonical);
    struct slice user = node_text(object, "runAsUserName");
    if (slice_present(user))
        resource->run_as_user_name = copy_text(user);
    copy_allowed(resource, node_member(object, "allowedRunAsUserNames"));
    return resource;
}

void credspec_resource_free(struct credspec_resource *resource)
{
    if (!resource)
        return;
    for (size_t i = 0; i < resource->allowed_count; i++)
        free(resource->allowed_run_as_user_names[i]);
    free(resource->allowed_run_as_user_names);
    free(resource->run_as_user_name);
    free(resource->problem);
    free(resource->canonical);
    free(resource->account);
    free(resource->domain);
    free(resource->name);
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
