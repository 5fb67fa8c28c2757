#include "webhook/report/who_can.h"

#include "webhook/report/nodes.h"
#include "webhook/report/table.h"

const char *who_can_subject_name(const struct rbac_subject *subject, struct arena *arena)
{
    if (subject->kind != RBAC_SERVICE_ACCOUNT)
        return arena_copy(arena, subject->name.data, subject->name.length);
    return arena_format(arena, "%.*s/%.*s", SLICE_FORMAT(subject->namespace),
                        SLICE_FORMAT(subject->name));
}

/* --- Table --------------------------------------------------------------------------------------
 */

enum { COLUMNS = 6 };

static void fill_row(const char *cells[COLUMNS], const struct spec_permissions *spec,
                     const struct permission *permission, struct arena *arena)
{
    const struct rbac_binding *binding = permission->binding;
    cells[0] = arena_copy(arena, spec->name.data, spec->name.length);
    cells[1] = arena_format(arena, "%s %s", rbac_subject_kind_name(permission->subject.kind),
                            who_can_subject_name(&permission->subject, arena));
    cells[2] = permission->namespace.length == 0
                   ? "(all)"
                   : arena_copy(arena, permission->namespace.data, permission->namespace.length);
    cells[3] = rbac_binding_label(binding, arena);
    if (!origin_is_cluster(binding->origin))
        cells[3] = arena_format(arena, "%s (%s)", cells[3], origin_text(binding->origin, arena));
    cells[4] = arena_format(arena, "%s %.*s", binding->to_cluster_role ? "ClusterRole" : "Role",
                            SLICE_FORMAT(binding->role_name));
    if (permission->without_effect)
        cells[5] = arena_format(arena, "no effect: %s", permission->without_effect);
    else if (slice_present(permission->via_group))
        cells[5] = arena_format(arena, "through Group %.*s", SLICE_FORMAT(permission->via_group));
    else
        cells[5] = "";
}

void who_can_write_table(struct buffer *out, const struct spec_permissions *specs, size_t count,
                         struct arena *arena)
{
    static const char *const titles[COLUMNS] = {"SPEC",    "SUBJECT", "NAMESPACE",
                                                "BINDING", "ROLE",    "NOTE"};
    cleanup_table struct table table = {.arena = arena, .columns = COLUMNS, .titles = titles};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < specs[i].permissions.count; k++) {
            const char *cells[COLUMNS];
            fill_row(cells, &specs[i], &specs[i].permissions.items[k], arena);
            table_add(&table, cells);
        }
    }
    table_write(&table, out);
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static struct node *binding_node(struct arena *arena, const struct rbac_binding *binding)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    bool cluster = binding->namespace.length == 0;
    report_set_text(arena, node, "kind", slice_of(cluster ? "ClusterRoleBinding" : "RoleBinding"));
    if (!cluster)
        report_set_text(arena, node, "namespace", binding->namespace);
    report_set_text(arena, node, "name", binding->name);
    report_set_text(arena, node, "role", binding->role_name);
    report_set_text(arena, node, "roleKind",
                    slice_of(binding->to_cluster_role ? "ClusterRole" : "Role"));
    if (!origin_is_cluster(binding->origin))
        report_set_text(arena, node, "origin", slice_of(origin_text(binding->origin, arena)));
    return node;
}

static struct node *permission_node(struct arena *arena, const struct permission *permission)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    report_set_text(arena, node, "kind",
                    slice_of(rbac_subject_kind_name(permission->subject.kind)));
    if (permission->subject.kind == RBAC_SERVICE_ACCOUNT)
        report_set_text(arena, node, "namespace", permission->subject.namespace);
    report_set_text(arena, node, "name", permission->subject.name);
    report_set_text(arena, node, "throughGroup", permission->via_group);
    if (permission->namespace.length > 0)
        report_set_text(arena, node, "inNamespace", permission->namespace);
    report_set_boolean(arena, node, "allNamespaces", permission->namespace.length == 0);
    report_set_boolean(arena, node, "effective", !permission->without_effect);
    report_set_text(arena, node, "withoutEffect", slice_of(permission->without_effect));
    node_set_member(arena, node, "binding", binding_node(arena, permission->binding));
    return node;
}

static struct node *spec_node(struct arena *arena, const struct spec_permissions *spec)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    report_set_text(arena, node, "name", spec->name);
    if (!spec->unknown)
        report_set_boolean(arena, node, "exists", spec->spec != NULL);
    if (spec->spec) {
        const struct credspec_resource *resource = spec->spec->resource;
        report_set_boolean(arena, node, "valid", resource->canonical != NULL);
        report_set_text(arena, node, "account", slice_of(resource->account));
        report_set_text(arena, node, "domain", slice_of(resource->domain));
    }
    struct node *subjects = node_create(arena, NODE_ARRAY);
    for (size_t i = 0; i < spec->permissions.count; i++)
        node_append(subjects, permission_node(arena, &spec->permissions.items[i]));
    node_set_member(arena, node, "subjects", subjects);
    return node;
}

struct node *who_can_node(const struct spec_permissions *specs, size_t count, struct arena *arena)
{
    struct node *root = node_create(arena, NODE_OBJECT);
    struct node *list = node_create(arena, NODE_ARRAY);
    for (size_t i = 0; i < count; i++)
        node_append(list, spec_node(arena, &specs[i]));
    node_set_member(arena, root, "specs", list);
    return root;
}

struct spec_permissions *who_can_find(const struct manifest_set *set, const char *name,
                                      struct arena *arena, size_t *count)
{
    *count = name ? 1 : set->spec_count;
    struct spec_permissions *specs = arena_allocate_array(arena, *count, sizeof(specs[0]));
    for (size_t i = 0; i < *count; i++) {
        specs[i].name = slice_of(name ? name : set->specs[i].resource->name);
        specs[i].spec = manifest_set_spec(set, specs[i].name);
        specs[i].permissions = permissions_find(set, specs[i].name, arena);
    }
    return specs;
}

bool who_can_anybody(const struct spec_permissions *specs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < specs[i].permissions.count; k++)
            if (!specs[i].permissions.items[k].without_effect)
                return true;
    return false;
}
