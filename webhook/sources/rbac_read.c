#include "webhook/sources/rbac_read.h"
#include "lib/common/memory.h"

/* What the readers share: where to copy to, and where the first fault is. */
struct reader {
    struct arena *arena;
    struct position *where;
    struct error **err;
};

static int fail(const struct reader *reader, const struct node *node, const char *message)
{
    *reader->where = node->position;
    return error_set(reader->err, ERROR_INPUT, "%s", message);
}

static int fail_at(const struct reader *reader, const struct node *node, const char *field,
                   const char *message)
{
    *reader->where = node->position;
    return error_set(reader->err, ERROR_INPUT, "%s: %s", field, message);
}

/* The list of that name; NULL where it is missing or null. -1 where it is no list. */
static int read_list(const struct reader *reader, const struct node *object, const char *name,
                     const struct node **list)
{
    *list = node_member(object, name);
    if (*list && (*list)->type == NODE_NULL)
        *list = NULL;
    if (*list && (*list)->type != NODE_ARRAY)
        return fail_at(reader, *list, name, "must be a list");
    return 0;
}

static int read_texts(const struct reader *reader, const struct node *object, const char *name,
                      struct rbac_texts *texts)
{
    const struct node *list;
    if (read_list(reader, object, name, &list) < 0)
        return -1;
    *texts = (struct rbac_texts){0};
    if (!list || list->count == 0)
        return 0;
    struct slice *items = arena_allocate_array(reader->arena, list->count, sizeof(*items));
    node_for_each (item, list) {
        if (item->type != NODE_STRING)
            return fail_at(reader, item, name, "must hold strings only");
        items[texts->count++] = arena_copy_slice(reader->arena, item->text);
    }
    texts->items = items;
    return 0;
}

/* A string member: "" where it is missing or null. */
static int read_text(const struct reader *reader, const struct node *object, const char *name,
                     struct slice *text)
{
    const struct node *node = node_member(object, name);
    *text = slice_of("");
    if (!node || node->type == NODE_NULL)
        return 0;
    if (node->type != NODE_STRING)
        return fail_at(reader, node, name, "must be a string");
    *text = arena_copy_slice(reader->arena, node->text);
    return 0;
}

/* --- Roles --------------------------------------------------------------------------------------
 */

static int read_rules(const struct reader *reader, const struct node *object,
                      struct rbac_role *role)
{
    const struct node *list;
    if (read_list(reader, object, "rules", &list) < 0)
        return -1;
    if (!list || list->count == 0)
        return 0;
    struct rbac_rule *rules = arena_allocate_array(reader->arena, list->count, sizeof(*rules));
    node_for_each (item, list) {
        if (item->type != NODE_OBJECT)
            return fail(reader, item, "a rule must be an object");
        struct rbac_rule *rule = &rules[role->rule_count++];
        if (read_texts(reader, item, "apiGroups", &rule->api_groups) < 0 ||
            read_texts(reader, item, "resources", &rule->resources) < 0 ||
            read_texts(reader, item, "verbs", &rule->verbs) < 0 ||
            read_texts(reader, item, "resourceNames", &rule->resource_names) < 0)
            return -1;
        if (rule->verbs.count == 0)
            return fail(reader, item, "verbs must contain at least one value");
    }
    role->rules = rules;
    return 0;
}

static int read_labels(const struct reader *reader, const struct node *object,
                       struct rbac_role *role)
{
    const struct node *labels = node_member(node_member(object, "metadata"), "labels");
    if (!labels || labels->type != NODE_OBJECT || labels->count == 0)
        return 0;
    struct rbac_label *items = arena_allocate_array(reader->arena, labels->count, sizeof(*items));
    node_for_each (label, labels) {
        if (label->type != NODE_STRING)
            return fail(reader, label, "a label's value must be a string: put it in quotes");
        items[role->label_count++] =
            (struct rbac_label){.key = arena_copy_slice(reader->arena, label->name),
                                .value = arena_copy_slice(reader->arena, label->text)};
    }
    role->labels = items;
    return 0;
}

static int read_operator(const struct reader *reader, const struct node *expression,
                         struct rbac_requirement *requirement)
{
    static const char *const names[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    struct slice word = node_text(expression, "operator");
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!slice_is(word, names[i]))
            continue;
        requirement->operation = (enum rbac_operator)i;
        bool wants_values =
            requirement->operation == RBAC_IN || requirement->operation == RBAC_NOT_IN;
        if (wants_values != (requirement->values.count > 0))
            return fail(reader, expression,
                        wants_values ? "values must be given for In and NotIn"
                                     : "values must be empty for Exists and DoesNotExist");
        return 0;
    }
    return fail(reader, expression, "operator must be In, NotIn, Exists or DoesNotExist");
}

static int read_selector(const struct reader *reader, const struct node *node,
                         struct rbac_selector *selector)
{
    if (node->type != NODE_OBJECT)
        return fail(reader, node, "a clusterRoleSelector must be an object");
    const struct node *labels = node_member(node, "matchLabels");
    const struct node *expressions;
    if (read_list(reader, node, "matchExpressions", &expressions) < 0)
        return -1;
    if (labels && labels->type != NODE_OBJECT && labels->type != NODE_NULL)
        return fail(reader, labels, "matchLabels must be an object");
    size_t room = (labels ? labels->count : 0) + (expressions ? expressions->count : 0);
    struct rbac_requirement *items = arena_allocate_array(reader->arena, room, sizeof(*items));
    if (labels) {
        node_for_each (label, labels) {
            if (label->type != NODE_STRING)
                return fail(reader, label, "a label's value must be a string: put it in quotes");
            struct slice *value = arena_allocate(reader->arena, sizeof(*value));
            *value = arena_copy_slice(reader->arena, label->text);
            items[selector->count++] =
                (struct rbac_requirement){.key = arena_copy_slice(reader->arena, label->name),
                                          .operation = RBAC_IN,
                                          .values = {value, 1}};
        }
    }
    if (expressions) {
        node_for_each (expression, expressions) {
            struct rbac_requirement *requirement = &items[selector->count++];
            if (read_text(reader, expression, "key", &requirement->key) < 0 ||
                read_texts(reader, expression, "values", &requirement->values) < 0 ||
                read_operator(reader, expression, requirement) < 0)
                return -1;
            if (requirement->key.length == 0)
                return fail(reader, expression, "key must be given");
        }
    }
    selector->requirements = items;
    return 0;
}

static int read_aggregation(const struct reader *reader, const struct node *object,
                            struct rbac_role *role)
{
    const struct node *aggregation = node_member(object, "aggregationRule");
    if (!aggregation || aggregation->type == NODE_NULL)
        return 0;
    const struct node *list;
    if (read_list(reader, aggregation, "clusterRoleSelectors", &list) < 0)
        return -1;
    if (!list || list->count == 0)
        return fail(reader, aggregation, "at least one clusterRoleSelector required");
    struct rbac_selector *selectors =
        arena_allocate_array(reader->arena, list->count, sizeof(*selectors));
    node_for_each (item, list) {
        if (read_selector(reader, item, &selectors[role->selector_count++]) < 0)
            return -1;
    }
    role->selectors = selectors;
    role->aggregated = true;
    return 0;
}

/* --- Bindings -----------------------------------------------------------------------------------
 */

static int read_role_reference(const struct reader *reader, const struct node *object,
                               struct rbac_binding *binding)
{
    const struct node *reference = node_member(object, "roleRef");
    struct slice kind;
    struct slice group;
    if (!reference || reference->type != NODE_OBJECT)
        return fail(reader, reference ? reference : object, "roleRef must be given");
    if (read_text(reader, reference, "kind", &kind) < 0 ||
        read_text(reader, reference, "apiGroup", &group) < 0 ||
        read_text(reader, reference, "name", &binding->role_name) < 0)
        return -1;
    if (group.length > 0 && !slice_is(group, RBAC_GROUP))
        return fail(reader, reference, "roleRef.apiGroup must be " RBAC_GROUP);
    binding->to_cluster_role = slice_is(kind, "ClusterRole");
    if (!binding->to_cluster_role && binding->namespace.length == 0)
        return fail(reader, reference, "roleRef.kind must be ClusterRole in a ClusterRoleBinding");
    if (!binding->to_cluster_role && !slice_is(kind, "Role"))
        return fail(reader, reference, "roleRef.kind must be Role or ClusterRole");
    if (binding->role_name.length == 0)
        return fail(reader, reference, "roleRef.name must be given");
    return 0;
}

static int read_subject(const struct reader *reader, const struct node *node,
                        const struct rbac_binding *binding, struct rbac_subject *subject)
{
    struct slice kind;
    struct slice group;
    if (node->type != NODE_OBJECT)
        return fail(reader, node, "a subject must be an object");
    if (read_text(reader, node, "kind", &kind) < 0 ||
        read_text(reader, node, "apiGroup", &group) < 0 ||
        read_text(reader, node, "namespace", &subject->namespace) < 0 ||
        read_text(reader, node, "name", &subject->name) < 0)
        return -1;
    if (subject->name.length == 0)
        return fail(reader, node, "a subject must have a name");
    if (slice_is(kind, "ServiceAccount")) {
        subject->kind = RBAC_SERVICE_ACCOUNT;
        if (group.length > 0)
            return fail(reader, node, "the apiGroup of a ServiceAccount subject must be empty");
        /* A RoleBinding's own namespace counts; a ClusterRoleBinding has none. */
        if (subject->namespace.length == 0)
            subject->namespace = binding->namespace;
        if (subject->namespace.length == 0)
            return fail(reader, node,
                        "a ServiceAccount subject of a ClusterRoleBinding must have a namespace");
        return 0;
    }
    if (!slice_is(kind, "User") && !slice_is(kind, "Group"))
        return fail(reader, node, "the kind of a subject must be ServiceAccount, User or Group");
    subject->kind = slice_is(kind, "User") ? RBAC_USER : RBAC_GROUP_OF_USERS;
    if (group.length > 0 && !slice_is(group, RBAC_GROUP))
        return fail(reader, node, "the apiGroup of a User or Group must be " RBAC_GROUP);
    return 0;
}

static int read_subjects(const struct reader *reader, const struct node *object,
                         struct rbac_binding *binding)
{
    const struct node *list;
    if (read_list(reader, object, "subjects", &list) < 0)
        return -1;
    if (!list || list->count == 0)
        return 0;
    struct rbac_subject *subjects =
        arena_allocate_array(reader->arena, list->count, sizeof(*subjects));
    node_for_each (item, list) {
        if (read_subject(reader, item, binding, &subjects[binding->subject_count++]) < 0)
            return -1;
    }
    binding->subjects = subjects;
    return 0;
}

/* --- Objects ------------------------------------------------------------------------------------
 */

enum object_kind { NOT_RBAC, ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING };

static enum object_kind object_kind(const struct node *object)
{
    struct slice kind = node_text(object, "kind");
    if (!slice_starts_with(node_text(object, "apiVersion"), RBAC_GROUP "/"))
        return NOT_RBAC;
    if (slice_is(kind, "Role"))
        return ROLE;
    if (slice_is(kind, "ClusterRole"))
        return CLUSTER_ROLE;
    if (slice_is(kind, "RoleBinding"))
        return ROLE_BINDING;
    return slice_is(kind, "ClusterRoleBinding") ? CLUSTER_ROLE_BINDING : NOT_RBAC;
}

bool rbac_is_object(const struct node *object)
{
    return object_kind(object) != NOT_RBAC;
}

int rbac_read(struct rbac *rbac, const struct node *object, struct slice default_namespace,
              const char *file, struct arena *arena, struct position *where, struct error **err)
{
    const struct reader reader = {.arena = arena, .where = where, .err = err};
    const enum object_kind kind = object_kind(object);
    const struct origin origin = {.file = file, .position = object->position};
    const struct node *metadata = node_member(object, "metadata");
    struct slice name;
    struct slice namespace;
    if (!metadata)
        return fail(&reader, object, "metadata.name must be given");
    if (read_text(&reader, metadata, "name", &name) < 0 ||
        read_text(&reader, metadata, "namespace", &namespace) < 0)
        return -1;
    if (name.length == 0)
        return fail(&reader, metadata, "metadata.name must be given");
    if (kind == CLUSTER_ROLE || kind == CLUSTER_ROLE_BINDING)
    namespace = slice_of("");
    else if (namespace.length == 0) namespace = arena_copy_slice(arena, default_namespace);

    if (kind == ROLE || kind == CLUSTER_ROLE) {
        struct rbac_role role = {.namespace = namespace, .name = name, .origin = origin};
        if (read_rules(&reader, object, &role) < 0 || read_labels(&reader, object, &role) < 0 ||
            (kind == CLUSTER_ROLE && read_aggregation(&reader, object, &role) < 0))
            return -1;
        rbac_add_role(rbac, &role);
        return 0;
    }
    struct rbac_binding binding = {.namespace = namespace, .name = name, .origin = origin};
    if (read_role_reference(&reader, object, &binding) < 0 ||
        read_subjects(&reader, object, &binding) < 0)
        return -1;
    rbac_add_binding(rbac, &binding);
    return 0;
}
