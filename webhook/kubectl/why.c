/* `kubectl gmsa why`: would this pod be admitted now, and if not, which rule refuses it? */
#include <stdlib.h>

#include "credspec/kubernetes.h"
#include "credspec/manifest.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "webhook/kubectl/commands.h"
#include "webhook/kubectl/grants.h"
#include "webhook/kubectl/judgement.h"
#include "webhook/kubectl/notes.h"
#include "webhook/kubectl/objects.h"

struct why_options {
    struct cluster_options cluster;
    struct grants_options grants;
    struct option_list files;
    const char *default_run_as_user_name;
    const char *output;
};

struct run {
    const struct why_options *options;
    struct cluster cluster;
    struct asker asker;
    struct grants grants;
    struct grant_keys *own_key;
    struct judge judge;
    struct arena arena; /* of one object */
    struct arena results;
    struct node *list; /* of what is told as a tree; NULL for text */
    size_t admitted, refused, unknown, failed;
};

/* --- One object ------------------------------------------------------------------------------- */

static void fail(struct run *run, const char *where, const char *message)
{
    cleanup_error struct error *error = NULL;
    (void)error_set(&error, ERROR_INPUT, "%s: %s", where, message);
    (void)program_fail(EXIT_USAGE, error);
    run->failed++;
}

static void tell(struct run *run, const struct judgement *judgement)
{
    cleanup_buffer struct buffer text = {0};
    if (!judgement->known)
        run->unknown++;
    else if (judgement->result.allowed)
        run->admitted++;
    else
        run->refused++;
    if (run->list) {
        node_append(run->list, node_copy(&run->results, judgement_node(judgement, &run->arena)));
        return;
    }
    judgement_write_text(&text, judgement, &run->arena);
    answer_text(&text);
}

static void judge(struct run *run, const struct admission_subject *subject, struct slice running)
{
    cleanup_error struct error *problem = NULL;
    struct judgement judgement;
    if (judge_pod_of(&run->judge, subject, running, &run->arena, &judgement, &problem) < 0)
        fail(run, subject->label, problem->message);
    else
        tell(run, &judgement);
}

/* --- Files ------------------------------------------------------------------------------------ */

static bool judge_object(const struct manifest *manifest, void *context)
{
    struct run *run = context;
    struct admission_subject subject;
    const struct document *document = manifest->document;
    if (manifest->kind == MANIFEST_BROKEN)
        fail(run, document->file, document_error_text(document));
    else if (admission_subject_of(manifest->object, slice_of(run->cluster.namespace), &run->arena,
                                  &subject))
        judge(run, &subject, (struct slice){0});
    arena_reset(&run->arena);
    return true;
}

static int judge_files(struct run *run, struct error **err)
{
    const struct option_list *files = &run->options->files;
    for (size_t i = 0; i < files->count; i++)
        manifest_visit(files->values[i], judge_object, run);
    if (run->admitted + run->refused + run->unknown + run->failed == 0)
        return error_set(err, ERROR_INPUT, "the files hold neither a pod nor a workload");
    return 0;
}

/* --- The cluster ------------------------------------------------------------------------------ */

static const struct type {
    struct kube_resource resource;
    const char *kind;
    const char *names[4]; /* besides the plural; ends with NULL */
} types[] = {
    {{"", "v1", "pods"}, "Pod", {"pod", "po"}},
    {{"apps", "v1", "deployments"}, "Deployment", {"deployment", "deploy"}},
    {{"apps", "v1", "statefulsets"}, "StatefulSet", {"statefulset", "sts"}},
    {{"apps", "v1", "daemonsets"}, "DaemonSet", {"daemonset", "ds"}},
    {{"apps", "v1", "replicasets"}, "ReplicaSet", {"replicaset", "rs"}},
    {{"batch", "v1", "jobs"}, "Job", {"job"}},
    {{"batch", "v1", "cronjobs"}, "CronJob", {"cronjob", "cj"}},
    {{"", "v1", "replicationcontrollers"},
     "ReplicationController",
     {"replicationcontroller", "rc"}},
};

static const struct type *find_type(struct slice word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (slice_is(word, types[i].resource.plural))
            return &types[i];
        for (const char *const *name = types[i].names; *name; name++)
            if (slice_is(word, *name))
                return &types[i];
    }
    return NULL;
}

/* "POD" or "TYPE/NAME". */
static int parse_operand(const char *operand, const struct type **type, const char **name,
                         struct error **err)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    const char *slash = strchr(operand, '/');
    cleanup_arena struct arena arena = {0};
    *type = slash ? find_type((struct slice){operand, (size_t)(slash - operand)}) : &types[0];
    *name = slash ? slash + 1 : operand;
    if (!*type)
        return error_set(err, ERROR_INPUT,
                         "%s: kubectl gmsa why knows pods and workloads: pod, deployment, "
                         "statefulset, daemonset, replicaset, job, cronjob, replicationcontroller",
                         quote(&arena, slice_of(operand)));
    if (kubernetes_check_subdomain(slice_of(*name), messages) > 0)
        return error_set(err, ERROR_INPUT, "%s is no name: %s", quote(&arena, slice_of(*name)),
                         messages[0]);
    return 0;
}

/* Who asks about a pod that was refused has no pod to ask about. */
static int explain_absence(const struct type *type, const char *name, const char *namespace,
                           struct error **err)
{
    if (!err || (*err)->code != ERROR_NOT_FOUND)
        return -1;
    return error_prefix(err, "there is no %s \"%s\" in namespace %s (-n names another)%s",
                        type->kind, name, namespace,
                        type != &types[0] ? ""
                                          : "; a pod that is refused is never stored: ask about "
                                            "its workload (deployment/NAME) or a file (-f)");
}

static int judge_existing(struct run *run, const char *operand, struct error **err)
{
    const struct type *type;
    const char *name;
    struct slice json;
    struct admission_subject subject;
    if (parse_operand(operand, &type, &name, err) < 0)
        return -1;
    if (cluster_get(&run->cluster, &type->resource, run->cluster.namespace, name, &run->arena,
                    &json, err) < 0)
        return explain_absence(type, name, run->cluster.namespace, err);
    cleanup_free char *version =
        xasprintf("%s%sv1", type->resource.group, *type->resource.group ? "/" : "");
    const struct node *object = object_read(&run->arena, json, version, type->kind, err);
    if (!object)
        return -1;
    if (!admission_subject_of(object, slice_of(run->cluster.namespace), &run->arena, &subject))
        return error_set(err, ERROR_PROTOCOL, "the API server's %s is none", type->kind);
    judge(run, &subject, type == &types[0] ? json : (struct slice){0});
    return 0;
}

/* --- The command ------------------------------------------------------------------------------ */

static int open_run(struct run *run, struct error **err)
{
    const struct why_options *options = run->options;
    const char *messages[KUBERNETES_MESSAGES_MAX];
    const char *user = options->default_run_as_user_name;
    if (user && kubernetes_check_run_as_user_name(slice_of(user), messages) > 0)
        return error_set(err, ERROR_INPUT, "--default-run-as-user-name: %s", messages[0]);
    if (cluster_open(&run->cluster, &options->cluster, CLUSTER_OWN_NAMESPACE, err) < 0)
        return -1;
    asker_init(&run->asker, &run->cluster);
    if (options->files.count == 0 &&
        grants_load(&run->grants, &run->cluster, &options->grants, err) < 0)
        return -1;
    run->own_key = grant_keys_make(err);
    if (!run->own_key)
        return -1;
    bool verifies = run->grants.keys && run->grants.cluster_name;
    run->judge = (struct judge){
        .asker = &run->asker,
        .settings.decision = {.default_run_as_user_name = slice_of(user),
                              .grant_keys = run->own_key,
                              .cluster_name = slice_of(
                                  run->grants.cluster_name ? run->grants.cluster_name : "")},
        .running = {.grant_keys = verifies ? run->grants.keys : NULL,
                    .cluster_name = slice_of(run->grants.cluster_name)},
        .grants_problem = verifies ? NULL : run->grants.problem,
    };
    if (strcmp(options->output, "text") != 0)
        run->list = node_create(&run->results, NODE_ARRAY);
    return 0;
}

static void close_run(struct run *run)
{
    grant_keys_free(run->own_key);
    grants_release(&run->grants);
    asker_release(&run->asker);
    cluster_close(&run->cluster);
    arena_release(&run->arena);
    arena_release(&run->results);
}
#define cleanup_run __attribute__((cleanup(close_run)))

static void finish(struct run *run)
{
    size_t all = run->admitted + run->refused + run->unknown;
    if (run->list) {
        struct node *root = node_create(&run->results, NODE_OBJECT);
        node_set_member(&run->results, root, "objects", run->list);
        answer_tree(root, run->options->output);
    } else if (all > 1) {
        printf("%zu admitted, %zu refused, %zu not known\n", run->admitted, run->refused,
               run->unknown);
    }
}

static int run_why(const struct command_row *command, const void *values,
                   const char *const *operands)
{
    (void)command;
    cleanup_error struct error *err = NULL;
    cleanup_run struct run run = {.options = values};
    bool from_files = run.options->files.count > 0;
    if (from_files == (operands[0] != NULL)) {
        (void)error_set(&err, ERROR_INPUT,
                        from_files ? "give either a pod of the cluster or -f FILE"
                                   : "which pod? give its name, TYPE/NAME of a workload, or -f "
                                     "FILE");
        return program_fail(EXIT_USAGE, err);
    }
    if (open_run(&run, &err) < 0 ||
        (from_files ? judge_files(&run, &err) : judge_existing(&run, operands[0], &err)) < 0)
        return program_fail(EXIT_USAGE, err);
    finish(&run);
    if (run.unknown + run.failed > 0)
        return EXIT_USAGE;
    return run.refused > 0 ? EXIT_NEGATIVE : EXIT_SUCCESS;
}

static const char *const outputs[] = {"text", "json", "yaml", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_LIST,
     .letter = 'f',
     .name = "filename",
     .argument = "FILE",
     .offset = offsetof(struct why_options, files),
     .help = "file or folder with pods and workloads that are not in the cluster, or - for "
             "standard input; may be given several times"},
    {.type = OPTION_TEXT,
     .name = "default-run-as-user-name",
     .argument = "USER",
     .offset = offsetof(struct why_options, default_run_as_user_name),
     .help = "as the webhook is configured: user name for places whose spec has no default of its "
             "own"},
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct why_options, output),
     .choices = outputs,
     .fallback = "text",
     .help = "text for people, json and yaml for programs"},
    GRANTS_ROWS(struct why_options),
    CLUSTER_NAMESPACE_ROW(struct why_options,
                          "namespace of the pod, and of objects in files that name none"),
    CLUSTER_ROWS(struct why_options),
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"kubectl gmsa why web-7c9d5 -n shop", "would this pod be admitted if it were created now?"},
    {"kubectl gmsa why deployment/web -n shop", "why does this Deployment have no pods?"},
    {"kubectl gmsa why -f deploy/", "would what these files make be admitted?"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 everything would be admitted",
    "1 something would be refused",
    "2 wrong call, or it could not be found out",
    NULL,
};

const struct command_row kubectl_why_command = {
    .name = "why",
    .operands = "[POD | TYPE/NAME]",
    .least = 0,
    .most = 1,
    .summary = "tell whether a pod would be admitted now, and which rule refuses it",
    .description =
        "Takes a pod through the three steps of a cluster: the webhook's mutation, the API "
        "server's own rules for the fields concerned, the webhook's validation; with the webhook's "
        "own code, and with specs and permissions out of the cluster. Of a workload its pods are "
        "judged.\n"
        "\n"
        "A pod of the cluster is judged as if it were created now from its own spec: without the "
        "contents and the grant that the webhook wrote into it. What of the running pod is "
        "different from that is told as well.\n"
        "\n"
        "Whether its service account may `use` a spec is asked of the API server, with the "
        "LocalSubjectAccessReview that the webhook sends. Who may not create one gets the answer "
        "of the cluster's Roles and bindings instead; the answer says which it is.\n"
        "\n"
        "Needs the permission to get the pod and its specs, and to create "
        "localsubjectaccessreviews.authorization.k8s.io in its namespace or to list roles, "
        "rolebindings, clusterroles and clusterrolebindings.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct why_options),
    .run = run_why,
};
