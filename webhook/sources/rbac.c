#include "webhook/sources/rbac.h"

#include "lib/common/memory.h"

#define SERVICE_ACCOUNT_PREFIX "system:serviceaccount:"

void rbac_add_role(struct rbac *rbac, const struct rbac_role *role)
{
    if (rbac->role_count == rbac->role_capacity) {
        rbac->role_capacity = rbac->role_capacity ? rbac->role_capacity * 2 : 16;
        rbac->roles = xreallocarray(rbac->roles, rbac->role_capacity, sizeof(rbac->roles[0]));
    }
    rbac->roles[rbac->role_count++] = *role;
}

void rbac_add_binding(struct rbac *rbac, const struct rbac_binding *binding)
{
    if (rbac->binding_count == rbac->binding_capacity) {
        rbac->binding_capacity = rbac->binding_capacity ? rbac->binding_capacity * 2 : 16;
        rbac->bindings =
            xreallocarray(rbac->bindings, rbac->binding_capacity, sizeof(rbac->bindings[0]));
    }
    rbac->bindings[rbac->binding_count++] = *binding;
}

void rbac_release(struct rbac *rbac)
{
    free(rbac->roles);
    free(rbac->bindings);
    *rbac = (struct rbac){0};
}

static int compare_names(struct slice namespace, struct slice name, struct slice other_namespace,
                         struct slice other_name)
{
    int order = slice_compare(namespace, other_namespace);
    return order != 0 ? order : slice_compare(name, other_name);
}

static int compare_roles(const void *left, const void *right)
{
    const struct rbac_role *a = left;
    const struct rbac_role *b = right;
    return compare_names(a->namespace, a->name, b->namespace, b->name);
}

static int compare_bindings(const void *left, const void *right)
{
    const struct rbac_binding *a = left;
    const struct rbac_binding *b = right;
    return compare_names(a->namespace, a->name, b->namespace, b->name);
}

static const struct rbac_role *find_role(const struct rbac *rbac, struct slice namespace,
                                         struct slice name)
{
    const struct rbac_role wanted = {.namespace = namespace, .name = name};
    if (rbac->role_count == 0)
        return NULL;
    return bsearch(&wanted, rbac->roles, rbac->role_count, sizeof(rbac->roles[0]), compare_roles);
}

/* --- Aggregated ClusterRoles --------------------------------------------------------------------
 */

static bool texts_hold(struct rbac_texts texts, struct slice wanted)
{
    for (size_t i = 0; i < texts.count; i++)
        if (slice_equal(texts.items[i], wanted))
            return true;
    return false;
}

/* As k8s.io/apimachinery/pkg/labels: NotIn also holds where the label is missing. */
static bool requirement_holds(const struct rbac_requirement *requirement,
                              const struct rbac_role *role)
{
    const struct rbac_label *label = NULL;
    for (size_t i = 0; i < role->label_count; i++)
        if (slice_equal(role->labels[i].key, requirement->key))
            label = &role->labels[i];
    switch (requirement->operation) {
    case RBAC_IN:
        return label && texts_hold(requirement->values, label->value);
    case RBAC_NOT_IN:
        return !label || !texts_hold(requirement->values, label->value);
    case RBAC_EXISTS:
        return label != NULL;
    case RBAC_DOES_NOT_EXIST:
        return !label;
    }
    return false;
}

static bool role_selects(const struct rbac_role *aggregate, const struct rbac_role *role)
{
    for (size_t i = 0; i < aggregate->selector_count; i++) {
        const struct rbac_selector *selector = &aggregate->selectors[i];
        size_t held = 0;
        while (held < selector->count && requirement_holds(&selector->requirements[held], role))
            held++;
        if (held == selector->count)
            return true;
    }
    return false;
}

struct aggregation {
    const struct rbac *rbac;
    bool *seen; /* one for each role */
    struct rbac_rule *rules;
    size_t count, capacity;
};

static void aggregation_add_rules(struct aggregation *aggregation, const struct rbac_role *role)
{
    for (size_t i = 0; i < role->rule_count; i++) {
        if (aggregation->count == aggregation->capacity) {
            aggregation->capacity = aggregation->capacity ? aggregation->capacity * 2 : 16;
            aggregation->rules = xreallocarray(aggregation->rules, aggregation->capacity,
                                               sizeof(aggregation->rules[0]));
        }
        aggregation->rules[aggregation->count++] = role->rules[i];
    }
}

/* Follows aggregates of aggregates, as repeated runs of the controller do: breadth first, each role
 * once. Rules written into an aggregated role itself are lost: the controller overwrites them. */
static void aggregation_collect(struct aggregation *aggregation, size_t first)
{
    const struct rbac *rbac = aggregation->rbac;
    cleanup_free size_t *queue = xcalloc(rbac->role_count, sizeof(*queue));
    size_t length = 0;
    queue[length++] = first;
    aggregation->seen[first] = true;
    for (size_t at = 0; at < length; at++) {
        const struct rbac_role *aggregate = &rbac->roles[queue[at]];
        for (size_t i = 0; i < rbac->role_count; i++) {
            const struct rbac_role *role = &rbac->roles[i];
            if (aggregation->seen[i] || role->namespace.length > 0 ||
                !role_selects(aggregate, role))
                continue;
            aggregation->seen[i] = true;
            if (role->aggregated)
                queue[length++] = i;
            else
                aggregation_add_rules(aggregation, role);
        }
    }
}

static void aggregate_roles(struct rbac *rbac, struct arena *arena)
{
    for (size_t i = 0; i < rbac->role_count; i++) {
        struct rbac_role *role = &rbac->roles[i];
        if (!role->aggregated)
            continue;
        cleanup_free bool *seen = xcalloc(rbac->role_count, sizeof(*seen));
        struct aggregation aggregation = {.rbac = rbac, .seen = seen};
        aggregation_collect(&aggregation, i);
        struct rbac_rule *rules =
            arena_allocate_array(arena, aggregation.count, sizeof(struct rbac_rule));
        for (size_t k = 0; k < aggregation.count; k++)
            rules[k] = aggregation.rules[k];
        free(aggregation.rules);
        role->rules = rules;
        role->rule_count = aggregation.count;
    }
}

/* --- Resolving ----------------------------------------------------------------------------------
 */

static void add_built_in(struct rbac *rbac)
{
    static const struct slice any = {"*", 1};
    static const struct rbac_rule everything = {
        .api_groups = {&any, 1}, .resources = {&any, 1}, .verbs = {&any, 1}};
    static const struct rbac_label label = {{"kubernetes.io/bootstrapping", 27},
                                            {"rbac-defaults", 13}};
    static const struct rbac_subject masters = {
        .kind = RBAC_GROUP_OF_USERS, .namespace = {"", 0}, .name = {"system:masters", 14}};
    const struct slice name = slice_of("cluster-admin");
    const struct slice none = slice_of("");

    bool has_role = false;
    for (size_t i = 0; i < rbac->role_count; i++)
        has_role |= rbac->roles[i].namespace.length == 0 && slice_equal(rbac->roles[i].name, name);
    if (!has_role)
        rbac_add_role(rbac, &(struct rbac_role){.namespace = none,
                                                .name = name,
                                                .rules = &everything,
                                                .rule_count = 1,
                                                .labels = &label,
                                                .label_count = 1});
    bool has_binding = false;
    for (size_t i = 0; i < rbac->binding_count; i++)
        has_binding |=
            rbac->bindings[i].namespace.length == 0 && slice_equal(rbac->bindings[i].name, name);
    if (!has_binding)
        rbac_add_binding(rbac, &(struct rbac_binding){.namespace = none,
                                                      .name = name,
                                                      .to_cluster_role = true,
                                                      .role_name = name,
                                                      .subjects = &masters,
                                                      .subject_count = 1});
}

static void report_duplicates(const struct rbac *rbac, struct arena *arena,
                              struct problems *problems)
{
    for (size_t i = 1; i < rbac->role_count; i++) {
        const struct rbac_role *a = &rbac->roles[i - 1];
        const struct rbac_role *b = &rbac->roles[i];
        if (compare_roles(a, b) == 0)
            problems_add(problems, PROBLEM_ERROR, b->origin,
                         "%s \"%.*s\" is there twice: also at %s; remove one",
                         b->namespace.length ? "Role" : "ClusterRole", SLICE_FORMAT(b->name),
                         origin_text(a->origin, arena));
    }
    for (size_t i = 1; i < rbac->binding_count; i++) {
        const struct rbac_binding *a = &rbac->bindings[i - 1];
        const struct rbac_binding *b = &rbac->bindings[i];
        if (compare_bindings(a, b) == 0)
            problems_add(problems, PROBLEM_ERROR, b->origin,
                         "%s \"%.*s\" is there twice: also at %s; remove one",
                         b->namespace.length ? "RoleBinding" : "ClusterRoleBinding",
                         SLICE_FORMAT(b->name), origin_text(a->origin, arena));
    }
}

void rbac_resolve(struct rbac *rbac, struct arena *arena, struct problems *problems)
{
    if (!rbac->live)
        add_built_in(rbac);
    if (rbac->role_count > 0)
        qsort(rbac->roles, rbac->role_count, sizeof(rbac->roles[0]), compare_roles);
    if (rbac->binding_count > 0)
        qsort(rbac->bindings, rbac->binding_count, sizeof(rbac->bindings[0]), compare_bindings);
    report_duplicates(rbac, arena, problems);
    if (!rbac->live)
        aggregate_roles(rbac, arena);
    for (size_t i = 0; i < rbac->binding_count; i++) {
        struct rbac_binding *binding = &rbac->bindings[i];
        struct slice namespace = binding->to_cluster_role ? slice_of("") : binding->namespace;
        binding->role = find_role(rbac, namespace, binding->role_name);
        if (!binding->role && !rbac->live)
            problems_add(problems, PROBLEM_WARNING, binding->origin,
                         "%s \"%.*s\" refers to the %s \"%.*s\", which is not among the manifests: "
                         "it grants nothing here; add the role to judge as the cluster would",
                         binding->namespace.length ? "RoleBinding" : "ClusterRoleBinding",
                         SLICE_FORMAT(binding->name),
                         binding->to_cluster_role ? "ClusterRole" : "Role",
                         SLICE_FORMAT(binding->role_name));
    }
}

/* --- Deciding -----------------------------------------------------------------------------------
 */

static bool texts_match(struct rbac_texts texts, struct slice wanted)
{
    for (size_t i = 0; i < texts.count; i++)
        if (slice_is(texts.items[i], "*") || slice_equal(texts.items[i], wanted))
            return true;
    return false;
}

static bool rule_covers(const struct rbac_rule *rule, const struct rbac_question *question)
{
    return texts_match(rule->verbs, question->verb) &&
           texts_match(rule->api_groups, question->api_group) &&
           texts_match(rule->resources, question->resource);
}

bool rbac_role_allows(const struct rbac_role *role, const struct rbac_question *question)
{
    for (size_t i = 0; i < role->rule_count; i++) {
        const struct rbac_rule *rule = &role->rules[i];
        /* `*` means nothing special among resourceNames. */
        if (rule_covers(rule, question) &&
            (rule->resource_names.count == 0 || texts_hold(rule->resource_names, question->name)))
            return true;
    }
    return false;
}

bool rbac_role_allows_some(const struct rbac_role *role, const struct rbac_question *question)
{
    for (size_t i = 0; i < role->rule_count; i++)
        if (rule_covers(&role->rules[i], question))
            return true;
    return false;
}

/* Whether `user` is system:serviceaccount:NAMESPACE:NAME. */
static bool is_service_account(struct slice user, struct slice namespace, struct slice name)
{
    const size_t prefix = sizeof(SERVICE_ACCOUNT_PREFIX) - 1;
    if (!slice_starts_with(user, SERVICE_ACCOUNT_PREFIX) ||
        user.length != prefix + namespace.length + 1 + name.length)
        return false;
    const char *at = user.data + prefix;
    return memcmp(at, namespace.data, namespace.length) == 0 && at[namespace.length] == ':' &&
           memcmp(at + namespace.length + 1, name.data, name.length) == 0;
}

bool rbac_subject_applies(const struct rbac_subject *subject, const struct rbac_question *question)
{
    switch (subject->kind) {
    case RBAC_USER:
        return slice_equal(subject->name, question->user);
    case RBAC_GROUP_OF_USERS:
        for (size_t i = 0; i < question->group_count; i++)
            if (slice_equal(subject->name, question->groups[i]))
                return true;
        return false;
    case RBAC_SERVICE_ACCOUNT:
        return is_service_account(question->user, subject->namespace, subject->name);
    }
    return false;
}

static bool binding_grants(const struct rbac_binding *binding, const struct rbac_question *question)
{
    if (!binding->role)
        return false;
    for (size_t i = 0; i < binding->subject_count; i++)
        if (rbac_subject_applies(&binding->subjects[i], question))
            return rbac_role_allows(binding->role, question);
    return false;
}

/* The first binding of a namespace ("" for ClusterRoleBindings), or where it would stand. */
static size_t first_binding(const struct rbac *rbac, struct slice namespace)
{
    size_t low = 0;
    size_t high = rbac->binding_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(rbac->bindings[middle].namespace, namespace) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct rbac_binding *find_grant_in(const struct rbac *rbac, struct slice namespace,
                                                const struct rbac_question *question)
{
    for (size_t i = first_binding(rbac, namespace);
         i < rbac->binding_count && slice_compare(rbac->bindings[i].namespace, namespace) == 0; i++)
        if (binding_grants(&rbac->bindings[i], question))
            return &rbac->bindings[i];
    return NULL;
}

const struct rbac_binding *rbac_find_grant(const struct rbac *rbac,
                                           const struct rbac_question *question)
{
    const struct rbac_binding *grant = find_grant_in(rbac, slice_of(""), question);
    if (!grant && question->namespace.length > 0)
        grant = find_grant_in(rbac, question->namespace, question);
    return grant;
}
