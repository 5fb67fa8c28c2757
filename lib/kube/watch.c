#include "lib/kube/watch.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/document/json_split.h"
#include "lib/kube/backoff.h"
#include "lib/kube/clock.h"
#include "lib/kube/list.h"
#include "lib/kube/watch_event.h"

enum {
    OBJECT_MAX = 4 * 1024 * 1024,
    EVENT_EXTRA = 1024,       /* bytes of an event beside its object */
    LIFETIME = 5 * 60 * 1000, /* milliseconds: client-go's minWatchTimeout */
    QUIET = 90 * 1000,        /* bookmarks come every 60 to 75 s */
    WAIT_LEAST = 200,
    WAIT_MOST = 30 * 1000,
    HURRY = 1000,
    HEAD_TIMEOUT = 30 * 1000,
    OVERTIME = 30 * 1000, /* for the server to end a watch when it said it would */
    PROVEN = 1000,        /* a watch that lasted this long was a success */
    BAD_REQUEST = 400,
    GONE = 410,
};

static const int64_t MILLISECOND = 1000000;

struct kube_watch {
    struct kube_client *client;
    struct kube_watch_settings settings;
    struct kube_list *list;
    struct kube_request *request;
    struct event *retry;
    struct json_split split;
    struct arena arena; /* for one event */
    struct backoff backoff;
    struct buffer version;
    bool must_list, is_lost;
    bool told_to_wait; /* by the server, until the next attempt */
    bool resumed;      /* the present watch goes on from where another was, not from a list */
    bool was_ended;    /* by an event of the server's, not by the connection */
    int64_t opened;    /* when the present watch's answer began; 0: it has not */
};

static void set_version(struct kube_watch *watch, struct slice version)
{
    buffer_clear(&watch->version);
    buffer_append(&watch->version, version.data, version.length);
}

static void synced(struct kube_watch *watch, bool listed)
{
    watch->is_lost = false;
    watch->settings.callbacks.synced(listed, watch->settings.context);
}

/* --- Trying again ----------------------------------------------------------------------------- */

static void try_in(struct kube_watch *watch, int64_t wait)
{
    const struct timeval time = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    (void)event_add(watch->retry, &time);
}

/* After an end that `error` (NULL: an orderly one) tells of: the next attempt. */
static void try_again(struct kube_watch *watch, const struct error *error, int64_t retry_after)
{
    int64_t wait = backoff_next(&watch->backoff, arc4random());
    watch->told_to_wait = wait < retry_after;
    if (watch->told_to_wait)
        wait = retry_after;
    try_in(watch, wait);
    if (!error)
        return;
    watch->is_lost = true;
    watch->settings.callbacks.lost(error, wait, watch->settings.context);
}

void kube_watch_hurry(struct kube_watch *watch)
{
    if (!watch->is_lost || watch->told_to_wait || !event_pending(watch->retry, EV_TIMEOUT, NULL))
        return;
    backoff_reset(&watch->backoff);
    try_in(watch, arc4random_uniform(HURRY));
}

/* --- Watching --------------------------------------------------------------------------------- */

static void on_opened(void *context)
{
    struct kube_watch *watch = context;
    watch->opened = kube_now();
    if (watch->is_lost)
        synced(watch, false);
}

static int on_event(struct slice json, void *context, struct error **err)
{
    static const enum kube_event events[] = {[WATCH_ADDED] = KUBE_ADDED,
                                             [WATCH_MODIFIED] = KUBE_MODIFIED,
                                             [WATCH_DELETED] = KUBE_DELETED};
    struct kube_watch *watch = context;
    struct watch_event event;
    arena_reset(&watch->arena);
    if (watch_event_read(json, &watch->arena, &event, err) < 0)
        return -1;
    if (event.type == WATCH_ERROR) {
        watch->must_list = event.expired;
        watch->was_ended = true;
        return watch_event_error(&event, &watch->arena, err);
    }
    if (event.type != WATCH_BOOKMARK)
        watch->settings.callbacks.object(events[event.type], event.object, watch->settings.context);
    set_version(watch, event.version);
    return 0;
}

static int on_data(struct slice piece, void *context, struct error **err)
{
    struct kube_watch *watch = context;
    if (json_split_feed(&watch->split, piece, err) == 0)
        return 0;
    /* After what nobody understands, it is not known what was meant. */
    if (!watch->was_ended)
        watch->must_list = true;
    return -1;
}

static bool has_worked(const struct kube_watch *watch)
{
    return watch->opened && kube_now() - watch->opened >= PROVEN * MILLISECOND;
}

/* Whether a watch that worked just stopped, as all do: no word of it until it cannot be opened
 * again. */
static bool is_interruption(const struct kube_watch *watch, const struct kube_answer *answer)
{
    return has_worked(watch) && !watch->must_list && !watch->was_ended &&
           (!answer->error || answer->error->code == ERROR_UNAVAILABLE);
}

static void on_ended(const struct kube_answer *answer, void *context)
{
    struct kube_watch *watch = context;
    cleanup_error struct error *ended = NULL;
    const struct error *error = answer->error;
    watch->request = NULL;
    if (answer->status == GONE || answer->status == BAD_REQUEST || answer->version_is_too_large)
        watch->must_list = true;
    /* It is there again, however long it was away: what it has forgotten is listed soon. Only a
     * watch that fails right after its list makes the next one wait longer. */
    if (watch->must_list && (watch->resumed || has_worked(watch)))
        backoff_reset(&watch->backoff);
    if (is_interruption(watch, answer)) {
        backoff_reset(&watch->backoff);
        try_again(watch, NULL, -1);
        return;
    }
    if (!error) {
        (void)error_set(&ended, ERROR_UNAVAILABLE, "watch %s: the server ended it at once",
                        watch->settings.target.resource->plural);
        error = ended;
    }
    try_again(watch, error, answer->retry_after);
}

static void open_watch(struct kube_watch *watch, bool resume)
{
    const struct kube_watch_settings *settings = &watch->settings;
    int64_t lifetime = settings->lifetime + arc4random_uniform((uint32_t)settings->lifetime);
    char seconds[24];
    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)(lifetime + 999) / 1000);
    const struct kube_parameter parameters[] = {
        {"watch", slice_of("1")},
        {"allowWatchBookmarks", slice_of("true")},
        {"resourceVersion", {buffer_text(&watch->version), watch->version.length}},
        {"timeoutSeconds", slice_of(seconds)},
        {"labelSelector", slice_of(settings->label_selector)},
        {"fieldSelector", slice_of(settings->field_selector)},
    };
    const struct kube_call call = {
        .verb = KUBE_GET,
        .target = settings->target,
        .parameters = parameters,
        .parameter_count = ARRAY_LENGTH(parameters),
        .accept = settings->metadata_only
                      ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
                      : NULL,
        .timeout = lifetime + OVERTIME,
        .stream = {on_opened, on_data,
                   .head = settings->quiet < HEAD_TIMEOUT ? settings->quiet : HEAD_TIMEOUT,
                   .own_connection = true,
                   .quiet =
                       settings->quiet + arc4random_uniform((uint32_t)(settings->quiet / 4 + 1))},
        .done = on_ended,
        .context = watch,
    };
    json_split_release(&watch->split);
    watch->split = (struct json_split){
        .settings = {NULL, settings->object_limit + EVENT_EXTRA, 0, on_event, watch}};
    watch->opened = 0;
    watch->resumed = resume;
    watch->was_ended = false;
    watch->request = kube_send(watch->client, &call);
}

/* --- Listing ---------------------------------------------------------------------------------- */

static void on_list_begun(void *context)
{
    struct kube_watch *watch = context;
    watch->settings.callbacks.begun(watch->settings.context);
}

static void on_listed(struct slice json, void *context)
{
    struct kube_watch *watch = context;
    watch->settings.callbacks.object(KUBE_LISTED, json, watch->settings.context);
}

static void on_list_done(const struct kube_list_result *result, void *context)
{
    struct kube_watch *watch = context;
    watch->list = NULL;
    if (result->error) {
        try_again(watch, result->error, result->retry_after);
        return;
    }
    set_version(watch, result->resource_version);
    watch->must_list = false;
    synced(watch, true);
    open_watch(watch, false);
}

static void start_list(struct kube_watch *watch)
{
    const struct kube_watch_settings *settings = &watch->settings;
    const struct kube_list_settings list = {
        .target = settings->target,
        .label_selector = settings->label_selector,
        .field_selector = settings->field_selector,
        .metadata_only = settings->metadata_only,
        .not_older_than = {watch->version.length ? watch->version.data : NULL,
                           watch->version.length},
        .page = settings->page,
        .object_limit = settings->object_limit,
        .begun = on_list_begun,
        .object = on_listed,
        .done = on_list_done,
        .context = watch,
    };
    watch->list = kube_list_start(watch->client, &list);
}

static void on_retry(evutil_socket_t fd, short events, void *context)
{
    struct kube_watch *watch = context;
    (void)fd;
    (void)events;
    if (watch->must_list)
        start_list(watch);
    else
        open_watch(watch, true);
}

/* --- Life ------------------------------------------------------------------------------------- */

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value ? value : otherwise;
}

struct kube_watch *kube_watch_create(struct kube_client *client,
                                     const struct kube_watch_settings *settings)
{
    struct kube_watch *watch = xcalloc(1, sizeof(*watch));
    watch->client = client;
    watch->settings = *settings;
    watch->settings.lifetime = or_default(settings->lifetime, LIFETIME);
    watch->settings.quiet = or_default(settings->quiet, QUIET);
    if (!settings->object_limit)
        watch->settings.object_limit = OBJECT_MAX;
    watch->backoff.least = or_default(settings->wait_least, WAIT_LEAST);
    watch->backoff.most = or_default(settings->wait_most, WAIT_MOST);
    watch->must_list = true;
    watch->retry = event_new(kube_client_base(client), -1, 0, on_retry, watch);
    if (!watch->retry)
        abort();
    start_list(watch);
    return watch;
}

void kube_watch_free(struct kube_watch *watch)
{
    if (!watch)
        return;
    if (watch->list)
        kube_list_cancel(watch->list);
    if (watch->request)
        kube_cancel(watch->request);
    event_free(watch->retry);
    json_split_release(&watch->split);
    arena_release(&watch->arena);
    buffer_release(&watch->version);
    free(watch);
}
