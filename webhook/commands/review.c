/* `gmsa-webhook review`: the webhook's decision for manifests on disk. */
#include <unistd.h>

#include "credspec/kubernetes.h"
#include "credspec/manifest.h"
#include "lib/common/memory.h"
#include "lib/common/secure_buffer.h"
#include "webhook/admission/pod_template.h"
#include "webhook/admission/subject.h"
#include "webhook/commands/commands.h"
#include "webhook/report/review_output.h"

struct review_options {
    struct option_list manifests;
    const char *user;
    struct option_list groups;
    const char *namespace;
    const char *default_run_as_user_name;
    bool random_hostname;
    const char *grant_key;
    const char *cluster_name;
    const char *subresource;
    const char *old;
    const char *output;
};

/* One run of the command. */
struct run {
    const struct review_options *options;
    struct admission_settings settings;
    struct slice *groups;
    const struct node *old; /* the pod of --old, or NULL */
    struct review_printer printer;
    struct arena arena; /* of the object under review: memory does not grow with their number */
    size_t allowed, refused, failed;
};

/* --- One object ---------------------------------------------------------------------------------
 */

static const struct answer *answer(void *context, const struct questions *questions,
                                   struct arena *arena)
{
    return manifest_set_answer(context, questions, arena);
}

static void fail(struct run *run, const struct review_subject *subject, const char *message)
{
    review_print_error(&run->printer, subject->file, subject->label, message);
    run->failed++;
}

static void decide(struct run *run, const struct review_subject *subject, struct node *review)
{
    cleanup_error struct error *err = NULL;
    struct admission_result result;
    if (admission_run(&run->settings, review, &run->arena, &result, &err) < 0) {
        fail(run, subject, err->message);
        return;
    }
    review_print(&run->printer, subject, &result);
    if (result.allowed)
        run->allowed++;
    else
        run->refused++;
}

static struct admission_request request_for(const struct run *run, const struct node *pod,
                                            struct slice namespace)
{
    return (struct admission_request){
        .object = pod,
        .subresource = "",
        .namespace = namespace,
        .user = slice_of(run->options->user),
        .groups = run->groups,
        .group_count = run->options->groups.count,
        .number = run->allowed + run->refused + run->failed + 1,
    };
}

/* Makes the review an update of the pod of --old. False where that is another pod. */
static bool set_old(struct run *run, struct admission_request *request)
{
    if (!run->old)
        return true;
    if (!slice_equal(node_text(node_member(run->old, "metadata"), "name"),
                     node_text(node_member(request->object, "metadata"), "name")))
        return false;
    request->old_object = run->old;
    request->subresource = run->options->subresource ? run->options->subresource : "";
    return true;
}

static void review_subject(struct run *run, const char *file,
                           const struct admission_subject *judged)
{
    struct admission_request request = request_for(run, judged->pod, judged->namespace);
    const struct review_subject subject = {.file = file,
                                           .label = judged->label,
                                           .workload = judged->workload,
                                           .as_written = judged->pod};
    if (!judged->workload && !set_old(run, &request))
        fail(run, &subject, "--old holds another pod: the names differ");
    else
        decide(run, &subject, admission_review(&request, &run->arena));
}

/* A review as an API server sent it. About a pod it is taken as it stands, save that --user and
 * --group replace who sent it. */
static void review_recorded(struct run *run, const char *file, const struct node *recorded)
{
    const struct node *request = node_member(recorded, "request");
    const struct node *object = node_member(request, "object");
    struct slice namespace = node_text(request, "namespace");
    struct admission_subject judged;
    if (object &&
        admission_subject_of(object, slice_of(run->options->namespace), &run->arena, &judged) &&
        judged.workload) {
        if (namespace.length > 0) {
            judged.namespace = namespace;
            judged.pod =
                pod_template_make_pod(&run->arena, object, pod_template_find(object), namespace);
        }
        review_subject(run, file, &judged);
        return;
    }
    if (!slice_is(node_text(node_member(request, "resource"), "resource"), "pods"))
        return;
    struct node *review = node_copy(&run->arena, recorded);
    if (run->options->groups.count > 0 || strcmp(run->options->user, "") != 0) {
        const struct admission_request who = request_for(run, object, namespace);
        admission_set_user(review, &who, &run->arena);
    }
    const bool has_object = object && object->type == NODE_OBJECT;
    const struct review_subject subject = {
        .file = file,
        .label = admission_label(&run->arena,
                                 has_object ? object : node_member(request, "oldObject"), "pod"),
        .as_written = has_object ? object : NULL,
    };
    decide(run, &subject, review);
}

static bool review_object(const struct manifest *manifest, void *context)
{
    struct run *run = context;
    const struct document *document = manifest->document;
    if (manifest->kind == MANIFEST_BROKEN) {
        const char *file = document->file;
        if (!document->unreadable && document->where.line > 0)
            file = arena_format(&run->arena, "%s:%u:%u", file, document->where.line,
                                document->where.column);
        review_print_error(&run->printer, file, NULL, document_error_text(document));
        run->failed++;
        arena_reset(&run->arena);
        return true;
    }
    const struct node *object = manifest->object;
    struct admission_subject judged;
    if (admission_subject_of(object, slice_of(run->options->namespace), &run->arena, &judged))
        review_subject(run, document->file, &judged);
    else if (slice_is(node_text(object, "kind"), "AdmissionReview"))
        review_recorded(run, document->file, object);
    arena_reset(&run->arena);
    return true;
}

/* --- The command --------------------------------------------------------------------------------
 */

struct old_pod {
    struct arena *arena;
    const struct node *pod;
    struct error **err;
    bool failed;
};

static bool find_old_pod(const struct manifest *manifest, void *context)
{
    struct old_pod *old = context;
    if (manifest->kind == MANIFEST_BROKEN) {
        error_set(old->err, ERROR_INPUT, "%s: %s", manifest->document->file,
                  document_error_text(manifest->document));
        old->failed = true;
        return false;
    }
    if (!slice_is(node_text(manifest->object, "kind"), "Pod"))
        return true;
    old->pod = node_copy(old->arena, manifest->object);
    return false;
}

static int read_old(const struct review_options *options, struct arena *arena,
                    const struct node **pod, struct error **err)
{
    struct old_pod old = {.arena = arena, .err = err};
    if (!options->old)
        return options->subresource
                   ? error_set(err, ERROR_INPUT,
                               "--subresource needs --old FILE: the pod as it runs")
                   : 0;
    manifest_visit(options->old, find_old_pod, &old);
    if (old.failed)
        return -1;
    if (!old.pod)
        return error_set(err, ERROR_INPUT, "%s holds no pod", options->old);
    *pod = old.pod;
    return 0;
}

static int check_options(const struct review_options *options, struct error **err)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (options->manifests.count == 0)
        return error_set(err, ERROR_INPUT,
                         "--manifests is missing: where credential specs and permissions stand");
    if (kubernetes_check_label(slice_of(options->namespace), messages) > 0)
        return error_set(err, ERROR_INPUT, "--namespace: %s", messages[0]);
    if (options->default_run_as_user_name &&
        kubernetes_check_run_as_user_name(slice_of(options->default_run_as_user_name), messages) >
            0)
        return error_set(err, ERROR_INPUT, "--default-run-as-user-name: %s", messages[0]);
    return 0;
}

static void choose_output(struct run *run)
{
    const char *output = run->options->output;
    if (!output)
        output = isatty(STDOUT_FILENO) ? "text" : "yaml";
    run->printer = (struct review_printer){
        .output = strcmp(output, "text") == 0   ? REVIEW_TEXT
                  : strcmp(output, "yaml") == 0 ? REVIEW_YAML
                                                : REVIEW_JSON,
        .colour = terminal_has_colour(stdout),
        .colour_errors = terminal_has_colour(stderr),
    };
}

static int review_all(struct run *run, const char *const *files, struct error **err)
{
    for (size_t i = 0; files[i]; i++)
        manifest_visit(files[i], review_object, run);
    size_t all = run->allowed + run->refused + run->failed;
    if (all == 0) {
        error_set(err, ERROR_INPUT,
                  "nothing to review: the files hold no pod, no workload and no AdmissionReview "
                  "about one");
        return program_fail(EXIT_USAGE, *err);
    }
    if (run->printer.output == REVIEW_TEXT && all > 1)
        printf("%zu allowed, %zu refused\n", run->allowed, run->refused);
    if (run->failed > 0)
        return EXIT_USAGE;
    return run->refused > 0 ? EXIT_NEGATIVE : EXIT_SUCCESS;
}

static int run_review(const struct command_row *command, const void *values,
                      const char *const *operands)
{
    (void)command;
    const struct review_options *options = values;
    cleanup_error struct error *err = NULL;
    cleanup_arena struct arena arena = {0};
    struct run run = {.options = options};
    if (check_options(options, &err) < 0 || read_old(options, &arena, &run.old, &err) < 0)
        return program_fail(EXIT_USAGE, err);
    if (options->grant_key)
        secure_process();
    struct grant_keys *keys = options->grant_key ? grant_keys_load(options->grant_key, &err) : NULL;
    if (options->grant_key && !keys)
        return program_fail(EXIT_USAGE, err);
    cleanup_manifest_set struct manifest_set *set =
        command_load_manifests(&options->manifests, slice_of(options->namespace), &err);
    if (!set) {
        grant_keys_free(keys);
        return program_fail(EXIT_USAGE, err);
    }
    run.settings = (struct admission_settings){
        .answer = answer,
        .context = set,
        .decision = {.default_run_as_user_name = slice_of(options->default_run_as_user_name),
                     .random_hostname = options->random_hostname,
                     .grant_keys = keys,
                     .cluster_name = slice_of(options->cluster_name)},
    };
    run.groups = arena_allocate_array(&arena, options->groups.count, sizeof(run.groups[0]));
    for (size_t i = 0; i < options->groups.count; i++)
        run.groups[i] = slice_of(options->groups.values[i]);
    choose_output(&run);
    int code = review_all(&run, operands, &err);
    arena_release(&run.arena);
    grant_keys_free(keys);
    return code;
}

static const char *const subresources[] = {"ephemeralcontainers", NULL};
static const char *const outputs[] = {"text", "yaml", "json", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_LIST,
     .letter = 'm',
     .name = "manifests",
     .argument = "PATH",
     .offset = offsetof(struct review_options, manifests),
     .heading = "Where specs and permissions come from",
     .help = "file or folder with GMSACredentialSpecs, ServiceAccounts and RBAC objects; may be "
             "given several times"},
    {.type = OPTION_TEXT,
     .letter = 'n',
     .name = "namespace",
     .argument = "NAME",
     .offset = offsetof(struct review_options, namespace),
     .fallback = "default",
     .help = "namespace of objects that name none"},
    {.type = OPTION_TEXT,
     .name = "default-run-as-user-name",
     .argument = "USER",
     .offset = offsetof(struct review_options, default_run_as_user_name),
     .heading = "As the webhook is configured",
     .help = "user name for places whose spec has no default of its own"},
    {.type = OPTION_FLAG,
     .name = "random-hostname",
     .offset = offsetof(struct review_options, random_hostname),
     .help = "give pods with a gMSA a random hostname of 15 characters"},
    {.type = OPTION_TEXT,
     .name = "linux-grant-key",
     .argument = "PATH",
     .offset = offsetof(struct review_options, grant_key),
     .help = "key or folder of keys that sign grants; without it Linux pods with a gMSA are "
             "refused"},
    {.type = OPTION_TEXT,
     .name = "cluster-name",
     .argument = "NAME",
     .offset = offsetof(struct review_options, cluster_name),
     .fallback = "standalone",
     .help = "name of the cluster in grants"},
    {.type = OPTION_TEXT,
     .name = "user",
     .argument = "NAME",
     .offset = offsetof(struct review_options, user),
     .fallback = "",
     .heading = "The request",
     .help = "who sends the objects; the decision is about the pod's service account, not this "
             "user"},
    {.type = OPTION_LIST,
     .name = "group",
     .argument = "NAME",
     .offset = offsetof(struct review_options, groups),
     .help = "a group of that user; may be given several times"},
    {.type = OPTION_TEXT,
     .name = "old",
     .argument = "FILE",
     .offset = offsetof(struct review_options, old),
     .help = "the pod as it is: the review becomes that of an update"},
    {.type = OPTION_CHOICE,
     .name = "subresource",
     .argument = "NAME",
     .offset = offsetof(struct review_options, subresource),
     .choices = subresources,
     .help = "what is updated, as `kubectl debug` does with ephemeralcontainers"},
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct review_options, output),
     .choices = outputs,
     .heading = "Output",
     .help = "text: what changes; yaml, json: the objects as they would be stored (default: text "
             "on a terminal, else yaml)"},
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"gmsa-webhook review --manifests cluster/ deploy/*.yaml",
     "would these pods be admitted, and what would be stored?"},
    {"helm template web | gmsa-webhook review -m cluster/ -o text -", "check what a chart makes"},
    {"gmsa-webhook review -m cluster/ --subresource ephemeralcontainers --old pod.yaml new.yaml",
     "check an ephemeral container"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 everything is allowed",
    "1 something is refused: code and reason are on standard error",
    "2 wrong call, or something could not be read",
    NULL,
};

const struct command_row review_command = {
    .name = "review",
    .operands = "FILE|-...",
    .least = 1,
    .most = -1,
    .summary = "take the webhook's decision for manifests on disk",
    .description =
        "Takes pods through the three steps of a cluster: the webhook's mutation, the API "
        "server's own rules for the fields concerned, the webhook's validation. What is printed "
        "is what would be stored.\n"
        "\n"
        "A FILE holds pods, workloads (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, "
        "CronJob, PodTemplate, ReplicationController) or recorded AdmissionReviews, several to a "
        "file too; a folder means its *.yaml, *.yml and *.json files. Objects of other kinds are "
        "passed over. Of a workload its pods are judged; it is itself never changed.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct review_options),
    .run = run_review,
};
