/* `gmsa-webhook who-can`: who may use a credential spec. */
#include "webhook/commands/who_can.h"

#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/document/json_write.h"
#include "webhook/commands/commands.h"

struct who_can_options {
    struct option_list manifests;
    const char *output;
};

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
    cells[3] = arena_format(arena, "%s (%s)", rbac_binding_label(binding, arena),
                            origin_text(binding->origin, arena));
    cells[4] = arena_format(arena, "%s %.*s", binding->to_cluster_role ? "ClusterRole" : "Role",
                            SLICE_FORMAT(binding->role_name));
    if (permission->without_effect)
        cells[5] = arena_format(arena, "no effect: %s", permission->without_effect);
    else if (slice_present(permission->via_group))
        cells[5] = arena_format(arena, "through Group %.*s", SLICE_FORMAT(permission->via_group));
    else
        cells[5] = "";
    /* Names of users and groups may hold anything. */
    for (size_t i = 0; i < COLUMNS; i++) {
        cleanup_buffer struct buffer visible = {0};
        quote_append_visible(&visible, slice_of(cells[i]));
        cells[i] = arena_copy(arena, buffer_text(&visible), visible.length);
    }
}

static void write_row(struct buffer *out, const char *const cells[COLUMNS],
                      const size_t widths[COLUMNS])
{
    size_t last = COLUMNS - 1;
    while (last > 0 && cells[last][0] == '\0')
        last--;
    for (size_t i = 0; i < last; i++)
        buffer_append_format(out, "%-*s  ", (int)widths[i], cells[i]);
    buffer_append_format(out, "%s\n", cells[last]);
}

void who_can_write_table(struct buffer *out, const struct spec_permissions *specs, size_t count,
                         struct arena *arena)
{
    static const char *const titles[COLUMNS] = {"SPEC",    "SUBJECT", "NAMESPACE",
                                                "BINDING", "ROLE",    "NOTE"};
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += specs[i].permissions.count;
    if (total == 0)
        return;
    const char *(*rows)[COLUMNS] = arena_allocate_array(arena, total, sizeof(*rows));
    size_t widths[COLUMNS];
    for (size_t column = 0; column < COLUMNS; column++)
        widths[column] = strlen(titles[column]);
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < specs[i].permissions.count; k++, row++) {
            fill_row(rows[row], &specs[i], &specs[i].permissions.items[k], arena);
            for (size_t column = 0; column < COLUMNS; column++)
                if (strlen(rows[row][column]) > widths[column])
                    widths[column] = strlen(rows[row][column]);
        }
    }
    write_row(out, titles, widths);
    for (size_t i = 0; i < total; i++)
        write_row(out, rows[i], widths);
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static void set(struct arena *arena, struct node *object, const char *name, struct slice text)
{
    if (slice_present(text))
        node_set_member(arena, object, name, node_create_text(arena, text));
}

static void set_boolean(struct arena *arena, struct node *object, const char *name, bool value)
{
    struct node *node = node_create(arena, NODE_BOOLEAN);
    node->boolean = value;
    node_set_member(arena, object, name, node);
}

static struct node *binding_node(struct arena *arena, const struct rbac_binding *binding)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    bool cluster = binding->namespace.length == 0;
    set(arena, node, "kind", slice_of(cluster ? "ClusterRoleBinding" : "RoleBinding"));
    if (!cluster)
        set(arena, node, "namespace", binding->namespace);
    set(arena, node, "name", binding->name);
    set(arena, node, "role", binding->role_name);
    set(arena, node, "roleKind", slice_of(binding->to_cluster_role ? "ClusterRole" : "Role"));
    set(arena, node, "origin", slice_of(origin_text(binding->origin, arena)));
    return node;
}

static struct node *permission_node(struct arena *arena, const struct permission *permission)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    set(arena, node, "kind", slice_of(rbac_subject_kind_name(permission->subject.kind)));
    if (permission->subject.kind == RBAC_SERVICE_ACCOUNT)
        set(arena, node, "namespace", permission->subject.namespace);
    set(arena, node, "name", permission->subject.name);
    set(arena, node, "throughGroup", permission->via_group);
    if (permission->namespace.length > 0)
        set(arena, node, "inNamespace", permission->namespace);
    set_boolean(arena, node, "allNamespaces", permission->namespace.length == 0);
    set_boolean(arena, node, "effective", !permission->without_effect);
    set(arena, node, "withoutEffect", slice_of(permission->without_effect));
    node_set_member(arena, node, "binding", binding_node(arena, permission->binding));
    return node;
}

static struct node *spec_node(struct arena *arena, const struct spec_permissions *spec)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    set(arena, node, "name", spec->name);
    set_boolean(arena, node, "exists", spec->spec != NULL);
    if (spec->spec) {
        const struct credspec_resource *resource = spec->spec->resource;
        set_boolean(arena, node, "valid", resource->canonical != NULL);
        set(arena, node, "account", slice_of(resource->account));
        set(arena, node, "domain", slice_of(resource->domain));
    }
    struct node *subjects = node_create(arena, NODE_ARRAY);
    for (size_t i = 0; i < spec->permissions.count; i++)
        node_append(subjects, permission_node(arena, &spec->permissions.items[i]));
    node_set_member(arena, node, "subjects", subjects);
    return node;
}

void who_can_write_json(struct buffer *out, const struct spec_permissions *specs, size_t count,
                        struct arena *arena)
{
    struct node *root = node_create(arena, NODE_OBJECT);
    struct node *list = node_create(arena, NODE_ARRAY);
    for (size_t i = 0; i < count; i++)
        node_append(list, spec_node(arena, &specs[i]));
    node_set_member(arena, root, "specs", list);
    json_write_pretty(out, root);
    if (out->length > 0 && out->data[out->length - 1] != '\n')
        buffer_append_byte(out, '\n');
}

/* --- The command --------------------------------------------------------------------------------
 */

/* The spec that was asked for, or all of them. */
static struct spec_permissions *find(const struct manifest_set *manifests, const char *name,
                                     struct arena *arena, size_t *count)
{
    *count = name ? 1 : manifests->spec_count;
    struct spec_permissions *specs = arena_allocate_array(arena, *count, sizeof(specs[0]));
    for (size_t i = 0; i < *count; i++) {
        specs[i].name = slice_of(name ? name : manifests->specs[i].resource->name);
        specs[i].spec = manifest_set_spec(manifests, specs[i].name);
        specs[i].permissions = permissions_find(manifests, specs[i].name, arena);
    }
    return specs;
}

static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    const struct who_can_options *options = values;
    cleanup_error struct error *err = NULL;
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer out = {0};
    if (options->manifests.count == 0) {
        error_set(&err, ERROR_INPUT,
                  "--manifests is missing: where credential specs and permissions stand");
        return program_fail(EXIT_USAGE, err);
    }
    cleanup_manifest_set struct manifest_set *manifests =
        command_load_manifests(&options->manifests, slice_of("default"), &err);
    if (!manifests)
        return program_fail(EXIT_USAGE, err);

    size_t count;
    const struct spec_permissions *specs = find(manifests, operands[0], &arena, &count);
    if (operands[0] && !specs[0].spec)
        (void)fprintf(stderr, "warning: the manifests hold no credential spec %s\n",
                      quote(&arena, specs[0].name));
    if (strcmp(options->output, "json") == 0)
        who_can_write_json(&out, specs, count, &arena);
    else if (strcmp(options->output, "html") == 0)
        who_can_write_html(&out, specs, count, &arena);
    else
        who_can_write_table(&out, specs, count, &arena);
    if (out.length > 0)
        (void)fwrite(out.data, 1, out.length, stdout);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < specs[i].permissions.count; k++)
            if (!specs[i].permissions.items[k].without_effect)
                return EXIT_SUCCESS;
    return EXIT_NEGATIVE;
}

static const char *const outputs[] = {"table", "json", "html", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_LIST,
     .letter = 'm',
     .name = "manifests",
     .argument = "PATH",
     .offset = offsetof(struct who_can_options, manifests),
     .help = "file or folder with GMSACredentialSpecs, ServiceAccounts and RBAC objects; may be "
             "given several times"},
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct who_can_options, output),
     .choices = outputs,
     .fallback = "table",
     .help = "table, json, or html: one page with the matrix of specs and subjects"},
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"gmsa-webhook who-can web --manifests cluster/", "who may use the spec \"web\"?"},
    {"gmsa-webhook who-can -m cluster/ --output html > gmsa.html", "all specs on one page"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 at least one permission gives pods a gMSA",
    "1 no pod gets one",
    "2 wrong call, or something could not be read",
    NULL,
};

const struct command_row who_can_command = {
    .name = "who-can",
    .operands = "[SPEC]",
    .least = 0,
    .most = 1,
    .summary = "list who may use a credential spec, and why",
    .description =
        "Lists the service accounts, groups and users that hold the RBAC verb `use` on a "
        "credential spec, each with the binding that grants it; without SPEC, on every spec of "
        "the manifests. Groups of service accounts are listed with the accounts that the "
        "manifests hold.\n"
        "\n"
        "The webhook asks for the pod's service account with the groups system:serviceaccounts "
        "and system:serviceaccounts:NAMESPACE, in the pod's namespace. A permission that can "
        "never be met this way, as that of a user, is listed as one without effect.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct who_can_options),
    .run = run,
};
