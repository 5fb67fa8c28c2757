/* `kubectl gmsa audit`: running pods that would not be admitted today. */
#include <stdlib.h>

#include "webhook/kubectl/audit_pods.h"
#include "webhook/kubectl/commands.h"
#include "webhook/kubectl/notes.h"
#include "webhook/report/nodes.h"
#include "webhook/report/table.h"

struct audit_options {
    struct cluster_options cluster;
    struct grants_options grants;
    const char *output;
};

static const char *text_of(struct slice slice, struct arena *arena)
{
    return arena_copy(arena, slice.data, slice.length);
}

static void write_table(const struct audit *audit, struct arena *arena)
{
    enum { COLUMNS = 5 };
    static const char *const titles[COLUMNS] = {"NAMESPACE", "POD", "SERVICE ACCOUNT", "FINDING",
                                                "MESSAGE"};
    cleanup_table struct table table = {.arena = arena, .columns = COLUMNS, .titles = titles};
    cleanup_buffer struct buffer out = {0};
    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_finding *finding = &audit->findings[i];
        const char *const cells[COLUMNS] = {
            text_of(finding->namespace, arena), text_of(finding->pod, arena),
            text_of(finding->service_account, arena), finding->reason, finding->message};
        table_add(&table, cells);
    }
    table_write(&table, &out);
    answer_text(&out);
}

static struct node *tree(const struct audit *audit, struct arena *arena)
{
    struct node *root = node_create(arena, NODE_OBJECT);
    report_set_count(arena, root, "pods", audit->pods);
    report_set_count(arena, root, "podsWithIdentity", audit->concerned);
    report_set_boolean(arena, root, "complete", audit->problem_count == 0);
    struct node *problems = report_set_list(arena, root, "problems");
    for (size_t i = 0; i < audit->problem_count; i++)
        node_append(problems, node_create_text(arena, slice_of(audit->problems[i])));
    struct node *list = report_set_list(arena, root, "findings");
    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_finding *finding = &audit->findings[i];
        struct node *item = report_add_object(arena, list);
        report_set_text(arena, item, "namespace", finding->namespace);
        report_set_text(arena, item, "pod", finding->pod);
        report_set_text(arena, item, "serviceAccount", finding->service_account);
        report_set_text(arena, item, "reason", slice_of(finding->reason));
        report_set_text(arena, item, "message", slice_of(finding->message));
    }
    return root;
}

static void tell(const struct audit *audit, const char *namespace, const char *output,
                 struct arena *arena)
{
    if (strcmp(output, "table") == 0)
        write_table(audit, arena);
    else
        answer_tree(tree(audit, arena), output);
    for (size_t i = 0; i < audit->problem_count; i++)
        note("%s", audit->problems[i]);
    (void)fflush(stdout);
    (void)fprintf(stderr, "%zu finding%s in %zu pod%s of %s%s, %zu with a gMSA\n", audit->count,
                  audit->count == 1 ? "" : "s", audit->pods, audit->pods == 1 ? "" : "s",
                  namespace ? "namespace " : "", namespace ? namespace : "all namespaces",
                  audit->concerned);
}

static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    (void)operands;
    const struct audit_options *options = values;
    cleanup_error struct error *err = NULL;
    cleanup_cluster struct cluster cluster = {0};
    cleanup_grants struct grants grants = {0};
    cleanup_audit struct audit audit = {0};
    cleanup_arena struct arena arena = {0};
    if (cluster_open(&cluster, &options->cluster, CLUSTER_OWN_NAMESPACE, &err) < 0 ||
        grants_load(&grants, &cluster, &options->grants, &err) < 0 ||
        audit_pods(&audit, &cluster, &grants, &err) < 0 ||
        (audit.pods == 0 && cluster_check_namespace(&cluster, &err) < 0))
        return program_fail(EXIT_USAGE, err);
    tell(&audit, cluster.namespace, options->output, &arena);
    if (audit.problem_count > 0)
        return EXIT_USAGE;
    return audit.count > 0 ? EXIT_NEGATIVE : EXIT_SUCCESS;
}

static const char *const outputs[] = {"table", "json", "yaml", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct audit_options, output),
     .choices = outputs,
     .fallback = "table",
     .help = "table for people, json and yaml for programs"},
    GRANTS_ROWS(struct audit_options),
    CLUSTER_NAMESPACE_ROW(struct audit_options,
                          "pods of this namespace (default: that of the context)"),
    CLUSTER_ALL_NAMESPACES_ROW(struct audit_options),
    CLUSTER_ROWS(struct audit_options),
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"kubectl gmsa audit -A", "which pods run with what they would not get today?"},
    {"kubectl gmsa audit -n shop -o json | jq -r '.findings[].pod' | sort -u",
     "the names of such pods"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 nothing was found",
    "1 there are findings",
    "2 wrong call, or not everything could be found out: the findings are not complete",
    NULL,
};

const struct command_row kubectl_audit_command = {
    .name = "audit",
    .summary = "find running pods that would not be admitted today",
    .description =
        "Judges every pod that has not ended as it stands, by the webhook's own rules, and lists "
        "all that speaks against it: contents that are not those of the spec (any more), or of "
        "none; a spec that does not exist or is not valid; a service account that may not `use` "
        "it (any more); an effective runAsUserName that the spec does not allow; the grant of a "
        "Linux pod that does not verify or says something else. Such pods go on running: they "
        "were created before a spec, a permission or the webhook changed, or past the webhook.\n"
        "\n"
        "Permissions are computed from the cluster's Roles and bindings, once for each service "
        "account and spec; before one is found missing the API server is asked, whose other "
        "authorisers may know better. Grants are verified with the public keys in the ConfigMap "
        "gmsa-grants.\n"
        "\n"
        "Needs the permission to list pods and gmsacredentialspecs.windows.k8s.io, and to list "
        "roles, rolebindings, clusterroles and clusterrolebindings, or to create "
        "localsubjectaccessreviews.authorization.k8s.io.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct audit_options),
    .run = run,
};
