/* Calls the Kubernetes API with lib/kube, for tests/integration/kube_client.sh.
 *
 *   kube_probe kubeconfig=FILE [NAME=VALUE...] VERB RESOURCE [NAMESPACE [NAME [JSON]]]
 *
 * RESOURCE is configmaps, namespaces or rolebindings; NAMESPACE and NAME may be "-" for none.
 *
 *   get, create, update, merge, patch, delete   one call: prints its body, or the error; exits 1
 *   list      prints the names, and how many
 *   flood     `count` calls of get at a time: prints how many came to what
 *   poll      get again and again: prints a line when another status comes than before
 *   watch     prints a line for everything that happens, until SIGTERM
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/document/json_scan.h"
#include "lib/kube/config.h"
#include "lib/kube/list.h"
#include "lib/kube/metadata.h"
#include "lib/kube/watch.h"

enum { RESULTS_MAX = 20, POLL_WAIT = 20 /* milliseconds */ };

static const struct kube_resource resources[] = {
    {"", "v1", "configmaps"},
    {"", "v1", "namespaces"},
    {"rbac.authorization.k8s.io", "v1", "rolebindings"},
};

struct result {
    char *text;
    size_t count;
};

struct program {
    const char *verb;
    struct kube_target target;
    struct slice body;
    struct kube_config_options config;
    struct kube_client_settings settings;
    struct token_bucket bucket;
    long timeout, page, quiet, count, limit, qps, burst, metadata, lifetime, object_limit,
        connect_timeout;

    struct event_base *base;
    struct kube_client *client;
    struct kube_watch *watch;
    struct event *timer;
    struct result results[RESULTS_MAX];
    size_t done, objects;
    int status, exit_code;
};

static void print_error(const struct error *error)
{
    (void)printf("error %s: %s\n", error_code_name(error->code), error->message);
}

static void stop(struct program *program)
{
    (void)event_base_loopbreak(program->base);
}

static struct kube_call call_of(const struct program *program, kube_done *done)
{
    static const char *const verbs[] = {
        [KUBE_GET] = "get",           [KUBE_CREATE] = "create",    [KUBE_UPDATE] = "update",
        [KUBE_PATCH_MERGE] = "merge", [KUBE_PATCH_JSON] = "patch", [KUBE_DELETE] = "delete"};
    struct kube_call call = {
        .target = program->target,
        .body = program->body,
        .timeout = program->timeout,
        .limit = (size_t)program->limit,
        .done = done,
        .context = (void *)program,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
        if (strcmp(program->verb, verbs[i]) == 0)
            call.verb = (enum kube_verb)i;
    return call;
}

/* --- One call --------------------------------------------------------------------------------- */

static void print_answer(const struct kube_answer *answer, void *context)
{
    struct program *program = context;
    if (answer->error)
        print_error(answer->error);
    else
        (void)printf("%.*s\n", SLICE_FORMAT(answer->body));
    if (slice_present(answer->reason))
        (void)printf("reason %.*s\n", SLICE_FORMAT(answer->reason));
    if (answer->retry_after >= 0)
        (void)printf("retry after %lld\n", (long long)answer->retry_after);
    program->exit_code = answer->error ? 1 : 0;
    stop(program);
}

/* --- A list ----------------------------------------------------------------------------------- */

static void print_name(const char *what, struct slice json)
{
    cleanup_arena struct arena arena = {0};
    struct kube_metadata metadata;
    bool has_data = memmem(json.data, json.length, "\"data\"", 6) != NULL;
    if (kube_metadata_read(json, &arena, &metadata, NULL) < 0)
        abort();
    (void)printf("%s %.*s%s\n", what, SLICE_FORMAT(metadata.name), has_data ? " with data" : "");
}

static void begin_objects(void *context)
{
    struct program *program = context;
    program->objects = 0;
    (void)printf("begun\n");
}

static void list_object(struct slice json, void *context)
{
    struct program *program = context;
    program->objects++;
    print_name("listed", json);
}

static void end_list(const struct kube_list_result *result, void *context)
{
    struct program *program = context;
    if (result->error)
        print_error(result->error);
    else
        (void)printf("%zu objects\n", program->objects);
    program->exit_code = result->error ? 1 : 0;
    stop(program);
}

static void start_list(struct program *program)
{
    const struct kube_list_settings settings = {
        .target = program->target,
        .metadata_only = program->metadata,
        .page = (unsigned)program->page,
        .object_limit = (size_t)program->object_limit,
        .timeout = program->timeout,
        .begun = begin_objects,
        .object = list_object,
        .done = end_list,
        .context = program,
    };
    (void)kube_list_start(program->client, &settings);
}

/* --- Many calls ------------------------------------------------------------------------------- */

static void count_answer(const struct kube_answer *answer, void *context)
{
    struct program *program = context;
    cleanup_free char *text =
        answer->error
            ? xasprintf("%s: %s", error_code_name(answer->error->code), answer->error->message)
            : xasprintf("%d", answer->status);
    struct result *result = program->results;
    while (result->text && strcmp(result->text, text) != 0 &&
           result < program->results + RESULTS_MAX - 1)
        result++;
    if (!result->text)
        result->text = STEAL(text);
    result->count++;
    if (++program->done < (size_t)program->count)
        return;
    for (result = program->results; result->text; result++)
        (void)printf("%zu times %s\n", result->count, result->text);
    stop(program);
}

static void start_flood(struct program *program)
{
    const struct kube_call call = call_of(program, count_answer);
    for (long i = 0; i < program->count; i++) {
        (void)kube_send(program->client, &call);
        /* And one that is not waited for. */
        kube_cancel(kube_send(program->client, &call));
    }
}

/* --- Again and again -------------------------------------------------------------------------- */

static void report_change(const struct kube_answer *answer, void *context)
{
    struct program *program = context;
    struct timeval wait = {.tv_usec = (suseconds_t)POLL_WAIT * 1000};
    if (answer->status != program->status) {
        (void)printf("status %d\n", answer->status);
        if (answer->error)
            print_error(answer->error);
    }
    program->status = answer->status;
    (void)event_add(program->timer, &wait);
}

static void poll_again(evutil_socket_t fd, short events, void *context)
{
    struct program *program = context;
    const struct kube_call call = call_of(program, report_change);
    (void)fd;
    (void)events;
    (void)kube_send(program->client, &call);
}

static void start_poll(struct program *program)
{
    program->status = -1;
    program->timer = event_new(program->base, -1, 0, poll_again, program);
    poll_again(-1, 0, program);
}

/* --- Watching --------------------------------------------------------------------------------- */

static void watch_object(enum kube_event event, struct slice json, void *context)
{
    static const char *const names[] = {[KUBE_LISTED] = "listed",
                                        [KUBE_ADDED] = "added",
                                        [KUBE_MODIFIED] = "modified",
                                        [KUBE_DELETED] = "deleted"};
    (void)context;
    print_name(names[event], json);
}

static void watch_synced(bool listed, void *context)
{
    (void)context;
    (void)printf("synced by %s\n", listed ? "a list" : "a watch");
}

static void watch_lost(const struct error *error, int64_t wait, void *context)
{
    (void)context;
    (void)wait;
    (void)printf("lost %s: %s\n", error_code_name(error->code), error->message);
}

static void start_watch(struct program *program)
{
    const struct kube_watch_settings settings = {
        .target = program->target,
        .metadata_only = program->metadata,
        .page = (unsigned)program->page,
        .object_limit = (size_t)program->object_limit,
        .quiet = program->quiet,
        .lifetime = program->lifetime,
        .wait_most = 1000,
        .callbacks = {begin_objects, watch_object, watch_synced, watch_lost},
        .context = program,
    };
    program->watch = kube_watch_create(program->client, &settings);
}

/* --- The program ------------------------------------------------------------------------------ */

static bool read_argument(struct program *program, const char *argument)
{
    const struct {
        const char *name;
        const char **text;
        long *number;
    } known[] = {
        {"kubeconfig", &program->config.kubeconfig, NULL},
        {"context", &program->config.context, NULL},
        {"timeout", NULL, &program->timeout},
        {"page", NULL, &program->page},
        {"quiet", NULL, &program->quiet},
        {"connect_timeout", NULL, &program->connect_timeout},
        {"lifetime", NULL, &program->lifetime},
        {"count", NULL, &program->count},
        {"limit", NULL, &program->limit},
        {"object_limit", NULL, &program->object_limit},
        {"qps", NULL, &program->qps},
        {"burst", NULL, &program->burst},
        {"metadata", NULL, &program->metadata},
    };
    const char *equals = strchr(argument, '=');
    for (size_t i = 0; equals && i < ARRAY_LENGTH(known); i++) {
        size_t length = strlen(known[i].name);
        if ((size_t)(equals - argument) != length || memcmp(argument, known[i].name, length) != 0)
            continue;
        if (known[i].text)
            *known[i].text = equals + 1;
        else
            *known[i].number = strtol(equals + 1, NULL, 10);
        return true;
    }
    return false;
}

static const char *operand(int argc, char **argv, int at)
{
    return at < argc && strcmp(argv[at], "-") != 0 ? argv[at] : NULL;
}

static bool read_arguments(struct program *program, int argc, char **argv)
{
    int at = 1;
    while (at < argc && read_argument(program, argv[at]))
        at++;
    if (argc - at < 2)
        return false;
    program->verb = argv[at];
    for (size_t i = 0; i < ARRAY_LENGTH(resources); i++)
        if (strcmp(argv[at + 1], resources[i].plural) == 0)
            program->target.resource = &resources[i];
    program->target.namespace = operand(argc, argv, at + 2);
    program->target.name = operand(argc, argv, at + 3);
    program->body = slice_of(operand(argc, argv, at + 4));
    return program->target.resource != NULL;
}

static void start(struct program *program)
{
    const struct kube_call call = call_of(program, print_answer);
    if (strcmp(program->verb, "list") == 0)
        start_list(program);
    else if (strcmp(program->verb, "flood") == 0)
        start_flood(program);
    else if (strcmp(program->verb, "poll") == 0)
        start_poll(program);
    else if (strcmp(program->verb, "watch") == 0)
        start_watch(program);
    else
        (void)kube_send(program->client, &call);
}

static void on_signal(evutil_socket_t number, short events, void *context)
{
    (void)number;
    (void)events;
    stop(context);
}

static int run(struct program *program)
{
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config = kube_config_load(&program->config, &error);
    program->base = event_base_new();
    struct event *term = evsignal_new(program->base, SIGTERM, on_signal, program);
    (void)event_add(term, NULL);
    program->settings.base = program->base;
    program->settings.config = config;
    program->settings.connect_timeout = program->connect_timeout;
    if (program->qps) {
        token_bucket_init(&program->bucket, (double)program->qps, (unsigned)program->burst);
        program->settings.bucket = &program->bucket;
    }
    if (config)
        program->client = kube_client_create(&program->settings, &error);
    if (program->client) {
        start(program);
        (void)event_base_dispatch(program->base);
    } else {
        print_error(error);
        program->exit_code = 1;
    }
    if (program->timer)
        event_free(program->timer);
    kube_watch_free(program->watch);
    kube_client_free(program->client);
    event_free(term);
    event_base_free(program->base);
    for (size_t i = 0; i < RESULTS_MAX; i++)
        free(program->results[i].text);
    return program->exit_code;
}

int main(int argc, char **argv)
{
    struct program program = {.count = 1};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    if (!read_arguments(&program, argc, argv)) {
        (void)fprintf(stderr, "kube_probe: see the head of kube_probe.c\n");
        return 2;
    }
    return run(&program);
}
