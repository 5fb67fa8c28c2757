#include "webhook/sources/permissions.h"

#include "lib/common/memory.h"

#define ACCOUNT_PREFIX "system:serviceaccount:"
#define ALL_ACCOUNTS   "system:serviceaccounts"
#define ACCOUNTS_OF    "system:serviceaccounts:"

struct collector {
    const struct manifest_set *set;
    struct arena *arena;
    struct permission *items;
    size_t count, capacity;
};

static void add(struct collector *collector, const struct permission *permission)
{
    if (collector->count == collector->capacity) {
        collector->capacity = collector->capacity ? collector->capacity * 2 : 16;
        collector->items =
            xreallocarray(collector->items, collector->capacity, sizeof(collector->items[0]));
    }
    collector->items[collector->count++] = *permission;
}

/* Pods are judged in their own namespace: a binding elsewhere never meets them. */
static const char *account_effect(struct slice account_namespace, struct slice binding_namespace)
{
    if (binding_namespace.length == 0 || slice_equal(account_namespace, binding_namespace))
        return NULL;
    return "its pods run in another namespace than the binding's";
}

/* "system:serviceaccount:NAMESPACE:NAME" as the account it is. */
static bool account_of_user(struct slice user, struct rbac_subject *account)
{
    if (!slice_starts_with(user, ACCOUNT_PREFIX))
        return false;
    struct slice rest = {user.data + strlen(ACCOUNT_PREFIX), user.length - strlen(ACCOUNT_PREFIX)};
    const char *colon = memchr(rest.data, ':', rest.length);
    if (!colon)
        return false;
    size_t length = (size_t)(colon - rest.data);
    *account = (struct rbac_subject){.kind = RBAC_SERVICE_ACCOUNT,
                                     .namespace = {rest.data, length},
                                     .name = {colon + 1, rest.length - length - 1}};
    return true;
}

static void add_members(struct collector *collector, const struct permission *group,
                        struct slice only_namespace)
{
    const struct manifest_set *set = collector->set;
    for (size_t i = 0; i < set->account_count; i++) {
        const struct manifest_account *account = &set->accounts[i];
        if (slice_present(only_namespace) && !slice_equal(account->namespace, only_namespace))
            continue;
        if (account_effect(account->namespace, group->namespace))
            continue;
        struct permission member = *group;
        member.via_group = group->subject.name;
        member.subject = (struct rbac_subject){
            .kind = RBAC_SERVICE_ACCOUNT, .namespace = account->namespace, .name = account->name};
        add(collector, &member);
    }
}

static void add_group(struct collector *collector, struct permission *permission)
{
    struct slice name = permission->subject.name;
    if (slice_is(name, ALL_ACCOUNTS)) {
        add_members(collector, permission, (struct slice){0});
    } else if (slice_starts_with(name, ACCOUNTS_OF)) {
        struct slice namespace = {name.data + strlen(ACCOUNTS_OF),
                                  name.length - strlen(ACCOUNTS_OF)};
        permission->without_effect = account_effect(namespace, permission->namespace);
        if (!permission->without_effect)
            add_members(collector, permission, namespace);
    } else if (slice_is(name, "system:authenticated")) {
        permission->without_effect =
            "the webhook asks for the service account without system:authenticated";
    } else {
        permission->without_effect = "no service account is in this group";
    }
    add(collector, permission);
}

static void add_subject(struct collector *collector, const struct rbac_binding *binding,
                        const struct rbac_subject *subject)
{
    struct permission permission = {
        .subject = *subject, .namespace = binding->namespace, .binding = binding};
    if (subject->kind == RBAC_GROUP_OF_USERS) {
        add_group(collector, &permission);
        return;
    }
    if (subject->kind == RBAC_SERVICE_ACCOUNT ||
        account_of_user(subject->name, &permission.subject))
        permission.without_effect =
            account_effect(permission.subject.namespace, binding->namespace);
    else
        permission.without_effect = "no pod runs as a user";
    add(collector, &permission);
}

static int rank(enum rbac_subject_kind kind)
{
    if (kind == RBAC_SERVICE_ACCOUNT)
        return 0;
    return kind == RBAC_GROUP_OF_USERS ? 1 : 2;
}

static int compare(const void *left, const void *right)
{
    const struct permission *a = left;
    const struct permission *b = right;
    int order = rank(a->subject.kind) - rank(b->subject.kind);
    if (order == 0)
        order = slice_compare(a->subject.namespace, b->subject.namespace);
    if (order == 0)
        order = slice_compare(a->subject.name, b->subject.name);
    if (order == 0)
        order = slice_compare(a->namespace, b->namespace);
    if (order == 0)
        order = slice_compare(a->binding->name, b->binding->name);
    if (order == 0) /* bound itself before by a group */
        order = slice_compare(a->via_group, b->via_group);
    return order;
}

struct permissions permissions_find(const struct manifest_set *set, struct slice spec_name,
                                    struct arena *arena)
{
    struct collector collector = {.set = set, .arena = arena};
    const struct rbac_question question =
        manifest_use_question(slice_of(""), slice_of(""), spec_name, arena);
    for (size_t i = 0; i < set->rbac.binding_count; i++) {
        const struct rbac_binding *binding = &set->rbac.bindings[i];
        if (!binding->role || !rbac_role_allows(binding->role, &question))
            continue;
        for (size_t k = 0; k < binding->subject_count; k++)
            add_subject(&collector, binding, &binding->subjects[k]);
    }
    struct permission *items = arena_allocate_array(arena, collector.count, sizeof(items[0]));
    for (size_t i = 0; i < collector.count; i++)
        items[i] = collector.items[i];
    free(collector.items);
    if (collector.count > 0)
        qsort(items, collector.count, sizeof(items[0]), compare);
    return (struct permissions){.items = items, .count = collector.count};
}

const char *rbac_subject_kind_name(enum rbac_subject_kind kind)
{
    static const char *const names[] = {
        [RBAC_USER] = "User",
        [RBAC_GROUP_OF_USERS] = "Group",
        [RBAC_SERVICE_ACCOUNT] = "ServiceAccount",
    };
    return names[kind];
}

const char *rbac_binding_label(const struct rbac_binding *binding, struct arena *arena)
{
    if (binding->namespace.length == 0)
        return arena_format(arena, "ClusterRoleBinding %.*s", SLICE_FORMAT(binding->name));
    return arena_format(arena, "RoleBinding %.*s/%.*s", SLICE_FORMAT(binding->namespace),
                        SLICE_FORMAT(binding->name));
}
