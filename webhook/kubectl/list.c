/* `kubectl gmsa list`: the credential specs of a cluster, and who uses them. */
#include <stdlib.h>

#include "lib/common/quote.h"
#include "webhook/kubectl/commands.h"
#include "webhook/kubectl/inventory.h"
#include "webhook/kubectl/notes.h"
#include "webhook/report/nodes.h"
#include "webhook/report/table.h"

struct list_options {
    struct cluster_options cluster;
    const char *output;
};

/* --- Table ------------------------------------------------------------------------------------ */

enum { COLUMNS = 6, WIDE_COLUMNS = 9, USERS_SHOWN = 3 };

static const char *count_text(struct arena *arena, size_t count, const char *what)
{
    return arena_format(arena, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static const char *findings_text(const struct inventory_spec *spec, struct arena *arena)
{
    const struct findings *findings = &spec->findings;
    if (!spec->resource)
        return "does not exist";
    if (findings->errors == 0 && findings->warnings == 0)
        return "none";
    if (findings->errors == 0 || findings->warnings == 0)
        return findings->errors ? count_text(arena, findings->errors, "error")
                                : count_text(arena, findings->warnings, "warning");
    return arena_format(arena, "%s, %s", count_text(arena, findings->errors, "error"),
                        count_text(arena, findings->warnings, "warning"));
}

/* The first error, else the first warning. */
static const char *first_finding(const struct inventory_spec *spec, struct arena *arena)
{
    const struct finding *first = findings_first_error(&spec->findings);
    if (!first && spec->findings.count > 0)
        first = &spec->findings.items[0];
    return first ? arena_format(arena, "%s [%s]", first->message, first->rule->code) : "";
}

static const char *users_text(const struct inventory_spec *spec, bool all, struct arena *arena)
{
    cleanup_buffer struct buffer text = {0};
    size_t shown = 0, left = 0;
    for (const struct inventory_use *use = spec->uses; use; use = use->next) {
        if (!all && shown == USERS_SHOWN) {
            left++;
            continue;
        }
        buffer_append_format(&text, "%s%.*s/%.*s (%zu)", shown++ ? ", " : "",
                             SLICE_FORMAT(use->namespace), SLICE_FORMAT(use->service_account),
                             use->on_windows + use->on_linux);
    }
    if (left > 0)
        buffer_append_format(&text, ", %zu more", left);
    return arena_copy(arena, buffer_text(&text), text.length);
}

static const char *allowed_text(const struct credspec_resource *resource, struct arena *arena)
{
    cleanup_buffer struct buffer text = {0};
    for (size_t i = 0; resource && i < resource->allowed_count; i++)
        buffer_append_format(&text, "%s%s", i ? ", " : "", resource->allowed_run_as_user_names[i]);
    if (text.length == 0)
        return resource ? "(any)" : "";
    return arena_copy(arena, buffer_text(&text), text.length);
}

static void add_row(struct table *table, const struct inventory *inventory,
                    const struct inventory_spec *spec, bool wide)
{
    struct arena *arena = table->arena;
    const struct credspec_resource *resource = spec->resource;
    const char *pods = inventory->pods_problem ? "?" : arena_format(arena, "%zu", spec->pods);
    const char *user = resource && resource->run_as_user_name ? resource->run_as_user_name
                       : resource                             ? "(none)"
                                                              : "";
    const char *const cells[WIDE_COLUMNS] = {
        arena_copy(arena, spec->name.data, spec->name.length),
        resource ? resource->account : "",
        resource ? resource->domain : "",
        findings_text(spec, arena),
        pods,
        users_text(spec, wide, arena),
        user,
        allowed_text(resource, arena),
        first_finding(spec, arena),
    };
    table_add(table, cells);
}

static void write_table(const struct inventory *inventory, bool wide, struct arena *arena)
{
    static const char *const titles[WIDE_COLUMNS] = {
        "SPEC",    "ACCOUNT",     "DOMAIN",        "FINDINGS",     "PODS",
        "USED BY", "RUN AS USER", "ALLOWED USERS", "FIRST FINDING"};
    cleanup_table struct table table = {
        .arena = arena, .columns = wide ? WIDE_COLUMNS : COLUMNS, .titles = titles};
    cleanup_buffer struct buffer out = {0};
    for (size_t i = 0; i < inventory->count; i++)
        add_row(&table, inventory, &inventory->specs[i], wide);
    table_write(&table, &out);
    answer_text(&out);
}

/* --- Tree ------------------------------------------------------------------------------------- */

static void add_findings(struct arena *arena, struct node *object, const struct findings *findings)
{
    report_set_count(arena, object, "errors", findings->errors);
    report_set_count(arena, object, "warnings", findings->warnings);
    struct node *list = report_set_list(arena, object, "findings");
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        bool error = finding->rule->severity == SEVERITY_ERROR;
        struct node *item = report_add_object(arena, list);
        report_set_text(arena, item, "severity", slice_of(error ? "error" : "warning"));
        report_set_text(arena, item, "code", slice_of(finding->rule->code));
        report_set_text(arena, item, "pointer", slice_of(finding->pointer));
        report_set_text(arena, item, "message", slice_of(finding->message));
        report_set_text(arena, item, "hint", slice_of(finding->hint));
    }
}

static void add_resource(struct arena *arena, struct node *object,
                         const struct inventory_spec *spec)
{
    const struct credspec_resource *resource = spec->resource;
    report_set_boolean(arena, object, "valid", resource->canonical != NULL);
    report_set_text(arena, object, "account", slice_of(resource->account));
    report_set_text(arena, object, "domain", slice_of(resource->domain));
    report_set_text(arena, object, "runAsUserName", slice_of(resource->run_as_user_name));
    struct node *allowed = report_set_list(arena, object, "allowedRunAsUserNames");
    for (size_t i = 0; i < resource->allowed_count; i++)
        node_append(allowed,
                    node_create_text(arena, slice_of(resource->allowed_run_as_user_names[i])));
    add_findings(arena, object, &spec->findings);
}

static void add_uses(struct arena *arena, struct node *object, const struct inventory_spec *spec)
{
    report_set_count(arena, object, "pods", spec->pods);
    struct node *list = report_set_list(arena, object, "usedBy");
    for (const struct inventory_use *use = spec->uses; use; use = use->next) {
        struct node *item = report_add_object(arena, list);
        report_set_text(arena, item, "namespace", use->namespace);
        report_set_text(arena, item, "serviceAccount", use->service_account);
        report_set_count(arena, item, "windowsPods", use->on_windows);
        report_set_count(arena, item, "linuxPods", use->on_linux);
    }
}

static struct node *tree(const struct inventory *inventory, struct arena *arena)
{
    struct node *root = node_create(arena, NODE_OBJECT);
    report_set_boolean(arena, root, "podsKnown", inventory->pods_problem == NULL);
    struct node *list = report_set_list(arena, root, "specs");
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_spec *spec = &inventory->specs[i];
        struct node *object = report_add_object(arena, list);
        report_set_text(arena, object, "name", spec->name);
        report_set_boolean(arena, object, "exists", spec->resource != NULL);
        if (spec->resource)
            add_resource(arena, object, spec);
        if (!inventory->pods_problem)
            add_uses(arena, object, spec);
    }
    return root;
}

/* --- The command ------------------------------------------------------------------------------ */

static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    (void)operands;
    const struct list_options *options = values;
    cleanup_error struct error *err = NULL;
    cleanup_cluster struct cluster cluster = {0};
    cleanup_inventory struct inventory inventory = {0};
    cleanup_arena struct arena arena = {0};
    if (cluster_open(&cluster, &options->cluster, CLUSTER_EVERYTHING, &err) < 0 ||
        cluster_check_namespace(&cluster, &err) < 0 ||
        inventory_load(&inventory, &cluster, &err) < 0)
        return program_fail(EXIT_USAGE, err);
    bool wide = strcmp(options->output, "wide") == 0;
    if (wide || strcmp(options->output, "table") == 0)
        write_table(&inventory, wide, &arena);
    else
        answer_tree(tree(&inventory, &arena), options->output);
    if (inventory.pods_problem)
        note("who uses them is not known: %s", inventory.pods_problem);
    if (inventory.count == 0)
        note("the cluster has no credential spec");
    return EXIT_SUCCESS;
}

static const char *const outputs[] = {"table", "wide", "json", "yaml", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct list_options, output),
     .choices = outputs,
     .fallback = "table",
     .help = "wide: with user names and the first finding"},
    CLUSTER_NAMESPACE_ROW(struct list_options, "count the pods of this namespace alone"),
    CLUSTER_ALL_NAMESPACES_ROW(struct list_options),
    CLUSTER_ROWS(struct list_options),
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"kubectl gmsa list", "which specs are there, what is wrong with them, who uses them?"},
    {"kubectl gmsa list -o json | jq '.specs[] | select(.errors > 0)'", "those with errors"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 the list is printed",
    "2 wrong call, or the specs could not be read",
    NULL,
};

const struct command_row kubectl_list_command = {
    .name = "list",
    .summary = "list credential specs, what is wrong with them, and who uses them",
    .description =
        "Lists the cluster's credential specs with their account and domain, what `credspec lint` "
        "has to say about each, and the service accounts whose pods name it now; of all "
        "namespaces, unless one is given. A spec that pods name and that does not exist is listed "
        "too.\n"
        "\n"
        "Needs the permission to list gmsacredentialspecs.windows.k8s.io and pods. Without the "
        "latter the list says that uses are not known.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct list_options),
    .run = run,
};
