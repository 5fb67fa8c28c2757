/* The rules on the object around a credential spec. */
#include <stdlib.h>

#include "credspec/fields.h"
#include "credspec/kubernetes.h"
#include "credspec/resource.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"

/* `metadata` is the API server's to judge, `status` nobody's; credspec_check() judges `credspec`.
 */
static const struct form resource_form = {
    CREDSPEC_KIND,
    (const struct field[]){
        {.name = "apiVersion", .type = NODE_STRING, .required = true},
        {.name = "kind", .type = NODE_STRING, .required = true},
        {.name = "metadata", .type = NODE_OBJECT, .required = true},
        {.name = "credspec", .type = NODE_OBJECT, .required = true, .own_type_rule = true},
        {.name = "runAsUserName", .type = NODE_STRING},
        {.name = "allowedRunAsUserNames", .type = NODE_ARRAY},
        {.name = "status", .type = NODE_OBJECT, .own_type_rule = true},
        {0},
    },
};

static void check_version(struct findings *findings, const struct location *object)
{
    struct location version = location_member(object, "apiVersion");
    struct slice text = location_text(&version);
    const char *hint = "write apiVersion: " CREDSPEC_API_VERSION;
    if (!slice_present(text) || slice_is(text, CREDSPEC_API_VERSION))
        return;
    if (slice_is(text, CREDSPEC_GROUP "/v1alpha1"))
        report(findings, RULE_API_VERSION_OLD, &version, hint, "apiVersion %s is deprecated",
               quoted(findings, text));
    else
        report(findings, RULE_API_VERSION, &version, hint,
               "apiVersion %s is not that of a credential spec", quoted(findings, text));
}

static void check_kind(struct findings *findings, const struct location *object)
{
    struct location kind = location_member(object, "kind");
    struct slice text = location_text(&kind);
    if (slice_present(text) && !slice_is(text, CREDSPEC_KIND))
        report(findings, RULE_KIND, &kind, "write kind: " CREDSPEC_KIND,
               "kind %s is not that of a credential spec", quoted(findings, text));
}

/* What Kubernetes says of a value, in one line. */
static void report_messages(struct findings *findings, enum rule_number rule,
                            const struct location *location, const char *title,
                            const char *const *messages, size_t count)
{
    cleanup_buffer struct buffer joined = {0};
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&joined, "%s%s", i ? "; " : "", messages[i]);
    report(findings, rule, location, NULL, "%s %s: %s", title,
           quoted(findings, location->node->text), buffer_text(&joined));
}

static void check_name(struct findings *findings, const struct location *object)
{
    struct location metadata = location_member(object, "metadata");
    if (!metadata.node || metadata.node->type != NODE_OBJECT)
        return;
    struct location name = location_member(&metadata, "name");
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (!name.node) {
        report(findings, RULE_FIELD_MISSING, &name,
               "write the name by which pods shall call this spec", "metadata lacks \"name\"");
    } else if (name.node->type != NODE_STRING) {
        report(findings, RULE_FIELD_TYPE, &name, "put the value in double quotes",
               "metadata.name must be a string, not %s", node_type_name(name.node));
    } else {
        size_t count = kubernetes_check_subdomain(name.node->text, messages);
        if (count > 0)
            report_messages(findings, RULE_RESOURCE_NAME, &name, "metadata.name", messages, count);
    }
}

/* Whether there is no "credspec", but a "spec", or the spec's fields at the top. One finding then
 * stands for all these fields. */
static bool is_credspec_elsewhere(struct findings *findings, const struct location *object)
{
    if (fields_member_ignoring_case(object->node, "credspec"))
        return false;
    size_t index = 0;
    node_for_each (node, object->node) {
        struct location member = location_child(object, node, index++);
        if (slice_is(node->name, "spec")) {
            report_name(findings, RULE_CREDSPEC_FIELD, &member, "rename \"spec\" to \"credspec\"",
                        "%s has \"credspec\" where other kinds have \"spec\"", CREDSPEC_KIND);
            return true;
        }
        for (const struct field *field = spec_form.fields; field->name; field++) {
            if (!slice_equal_ignoring_case(node->name, slice_of(field->name)))
                continue;
            report_name(findings, RULE_CREDSPEC_FIELD, &member,
                        "nest CmsPlugins, DomainJoinConfig and ActiveDirectoryConfig under "
                        "\"credspec\"",
                        "the credential spec's fields belong under \"credspec\"");
            return true;
        }
    }
    return false;
}

/* Whether another rule has not yet reported on this text. */
static bool is_user_name(const struct node *node)
{
    return node && node->type == NODE_STRING && node->text.length > 0 &&
           node->text.data[0] != ' ' && node->text.data[node->text.length - 1] != ' ';
}

/* Checks one name, whatever its domain part: that of a local account has several forms. Returns
 * whether it is a valid one. */
static bool check_user(struct findings *findings, const struct location *location)
{
    if (!is_user_name(location->node))
        return false;
    struct slice name = location->node->text;
    const char *messages[KUBERNETES_MESSAGES_MAX];
    size_t count = kubernetes_check_run_as_user_name(name, messages);
    if (count > 0) {
        report_messages(findings, RULE_RUN_AS_USER, location, "user name", messages, count);
        return false;
    }
    const char *backslash = memchr(name.data, '\\', name.length);
    if (backslash)
        name = (struct slice){backslash + 1, (size_t)(name.data + name.length - backslash - 1)};
    if (run_as_user_name_equal(name, slice_of("ContainerUser")))
        report(findings, RULE_RUN_AS_USER_LOCAL, location,
               "use \"NT AUTHORITY\\NETWORK SERVICE\", with the backslash doubled inside quotes",
               "ContainerUser is a local account, which does not have the gMSA's identity");
    return true;
}

static int compare_names(const void *left, const void *right)
{
    const struct location *a = left;
    const struct location *b = right;
    int order = slice_compare_ignoring_case(a->node->text, b->node->text);
    if (order == 0)
        order = (a->index > b->index) - (a->index < b->index);
    return order;
}

static void check_allowed(struct findings *findings, const struct location *object)
{
    struct location list = location_member(object, "allowedRunAsUserNames");
    if (!list.node || list.node->type != NODE_ARRAY || list.node->count == 0)
        return; /* an empty list allows every name, as none does */
    struct location *names =
        arena_allocate_array(findings->arena, list.node->count, sizeof(*names));
    size_t count = 0;
    size_t index = 0;
    node_for_each (node, list.node) {
        struct location item = location_child(&list, node, index++);
        if (check_user(findings, &item))
            names[count++] = item;
    }
    /* Sorted, so that a long list takes no long time. */
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++)
        if (run_as_user_name_equal(names[i].node->text, names[i - 1].node->text))
            report(findings, RULE_RUN_AS_USER_TWICE, &names[i], "remove it",
                   "user name %s is listed twice", quoted(findings, names[i].node->text));

    struct location name = location_member(object, "runAsUserName");
    if (!is_user_name(name.node))
        return;
    for (size_t i = 0; i < count; i++)
        if (run_as_user_name_equal(name.node->text, names[i].node->text))
            return;
    report(findings, RULE_RUN_AS_USER_DEFAULT, &name, "add it to the list",
           "runAsUserName %s is none of allowedRunAsUserNames", quoted(findings, name.node->text));
}

void credspec_check_resource(const struct node *object, const char *pointer,
                             struct findings *findings)
{
    struct location top = location_top(pointer, object);
    if (object->type != NODE_OBJECT) {
        report(findings, RULE_FIELD_TYPE, &top, NULL, "a %s must be an object, not %s",
               CREDSPEC_KIND, node_type_name(object));
        return;
    }
    check_version(findings, &top);
    check_kind(findings, &top);
    check_name(findings, &top);
    if (!is_credspec_elsewhere(findings, &top))
        fields_check(findings, &top, &resource_form, NULL);
    struct location user = location_member(&top, "runAsUserName");
    (void)check_user(findings, &user);
    check_allowed(findings, &top);
    struct location spec = location_member(&top, "credspec");
    if (spec.node) {
        cleanup_buffer struct buffer spec_pointer = {0};
        location_pointer(&spec, &spec_pointer);
        credspec_check(spec.node, buffer_text(&spec_pointer), findings);
    }
    findings_sort(findings);
}
