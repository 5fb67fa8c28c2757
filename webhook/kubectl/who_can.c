/* `kubectl gmsa who-can`: who may use a credential spec of a cluster. */
#include <stdlib.h>

#include "credspec/kubernetes.h"
#include "lib/common/quote.h"
#include "webhook/kubectl/commands.h"
#include "webhook/kubectl/model.h"
#include "webhook/kubectl/notes.h"
#include "webhook/report/who_can.h"

struct who_can_options {
    struct cluster_options cluster;
    const char *output;
};

static int check_name(const char *name, struct error **err)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    cleanup_arena struct arena arena = {0};
    if (name && kubernetes_check_subdomain(slice_of(name), messages) > 0)
        return error_set(err, ERROR_INPUT, "%s is no name of a credential spec: %s",
                         quote(&arena, slice_of(name)), messages[0]);
    return 0;
}

/* Without a name all specs must be known; with one it is a help to know it. */
static struct manifest_set *load(struct cluster *cluster, const char *name, bool *unknown,
                                 struct error **err)
{
    cleanup_error struct error *problem = NULL;
    struct manifest_set *set = model_load(cluster, MODEL_SPECS | MODEL_PERMISSIONS | MODEL_ACCOUNTS,
                                          cluster->namespace, name ? &problem : err);
    if (set || !name)
        return set;
    if (problem->code != ERROR_DENIED) {
        (void)error_move(err, problem);
        problem = NULL;
        return NULL;
    }
    set = model_load(cluster, MODEL_PERMISSIONS | MODEL_ACCOUNTS, cluster->namespace, err);
    *unknown = true;
    if (set)
        note("whether the spec exists is not known: %s", problem->message);
    return set;
}

static void write(const struct spec_permissions *specs, size_t count, const char *output,
                  struct arena *arena)
{
    cleanup_buffer struct buffer out = {0};
    if (strcmp(output, "table") == 0)
        who_can_write_table(&out, specs, count, arena);
    else if (strcmp(output, "html") == 0)
        who_can_write_html(&out, specs, count, arena);
    else
        answer_tree(who_can_node(specs, count, arena), output);
    answer_text(&out);
}

static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    const struct who_can_options *options = values;
    const char *name = operands[0];
    cleanup_error struct error *err = NULL;
    cleanup_cluster struct cluster cluster = {0};
    cleanup_arena struct arena arena = {0};
    if (check_name(name, &err) < 0 ||
        cluster_open(&cluster, &options->cluster, CLUSTER_EVERYTHING, &err) < 0)
        return program_fail(EXIT_USAGE, err);
    bool unknown = false;
    cleanup_manifest_set struct manifest_set *set = load(&cluster, name, &unknown, &err);
    if (!set)
        return program_fail(EXIT_USAGE, err);
    size_t count;
    struct spec_permissions *specs = who_can_find(set, name, &arena, &count);
    if (unknown)
        specs[0].unknown = true;
    write(specs, count, options->output, &arena);
    if (name && !specs[0].spec && !unknown)
        note("the cluster has no credential spec \"%s\"", name);
    return who_can_anybody(specs, count) ? EXIT_SUCCESS : EXIT_NEGATIVE;
}

static const char *const outputs[] = {"table", "json", "yaml", "html", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct who_can_options, output),
     .choices = outputs,
     .fallback = "table",
     .help = "html: one page with the matrix of specs and subjects"},
    CLUSTER_NAMESPACE_ROW(struct who_can_options, "what counts for pods of this namespace alone"),
    CLUSTER_ALL_NAMESPACES_ROW(struct who_can_options),
    CLUSTER_ROWS(struct who_can_options),
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"kubectl gmsa who-can web", "who may use the spec \"web\", and by which binding?"},
    {"kubectl gmsa who-can -n shop", "which specs may pods of the namespace shop use?"},
    {"kubectl gmsa who-can -o html > gmsa.html", "all specs on one page"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 at least one permission gives pods a gMSA",
    "1 no pod gets one",
    "2 wrong call, or something could not be read",
    NULL,
};

const struct command_row kubectl_who_can_command = {
    .name = "who-can",
    .operands = "[SPEC]",
    .least = 0,
    .most = 1,
    .summary = "list who may use a credential spec, and why",
    .description =
        "Lists the service accounts, groups and users that hold the RBAC verb `use` on a "
        "credential spec, each with the binding that grants it; without SPEC, on every spec. It is "
        "computed from the Roles, ClusterRoles and bindings of the cluster, as the API server's "
        "RBAC authoriser does. What other authorisers permit is not listed; `kubectl gmsa why` "
        "asks them too.\n"
        "\n"
        "The webhook asks for the pod's service account with the groups system:serviceaccounts "
        "and system:serviceaccounts:NAMESPACE, in the pod's namespace. A permission that can "
        "never be met this way, as that of a user, is listed as one without effect.\n"
        "\n"
        "Needs the permission to list roles, rolebindings, clusterroles and clusterrolebindings of "
        "rbac.authorization.k8s.io, and gmsacredentialspecs.windows.k8s.io for more than one "
        "spec.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct who_can_options),
    .run = run,
};
