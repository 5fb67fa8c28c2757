/* Clients and the queue of their calls. */
#include "lib/kube/client.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/kube/metadata.h"
#include "lib/kube/request.h"

enum {
    IN_FLIGHT = 16,
    CONNECT_TIMEOUT = 10 * 1000, /* milliseconds */
    TIMEOUT = 30 * 1000,
    ANSWER_MAX = 8 * 1024 * 1024,
};

static const int64_t MILLISECOND = 1000000;

static struct event *must(struct event *event)
{
    if (!event)
        abort(); /* for want of memory */
    return event;
}

/* --- Lists ------------------------------------------------------------------------------------ */

/* Whether it counts as one of those on their way: a stream on a connection of its own may last for
 * ever. */
static bool takes_place(const struct kube_request *request)
{
    return !request->stream || !request->callbacks.own_connection;
}

static void take_off(struct kube_request *request)
{
    struct request_list *list = &request->client->lists[request->state];
    *(request->previous ? &request->previous->next : &list->first) = request->next;
    *(request->next ? &request->next->previous : &list->last) = request->previous;
    if (request->state == REQUEST_RUNS && takes_place(request))
        request->client->running--;
}

static void put_last(struct kube_request *request, enum request_state state)
{
    struct request_list *list = &request->client->lists[state];
    request->state = state;
    request->next = NULL;
    request->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = request;
    list->last = request;
    if (state == REQUEST_RUNS && takes_place(request))
        request->client->running++;
}

void request_move(struct kube_request *request, enum request_state state)
{
    take_off(request);
    put_last(request, state);
}

void request_free(struct kube_request *request)
{
    take_off(request);
    if (request->easy) {
        (void)curl_multi_remove_handle(request->client->transfers.multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    kube_fields_release(request->fields);
    event_free(request->deadline);
    if (request->turn)
        event_free(request->turn);
    error_free(request->problem);
    if (request->secret && request->body.data)
        explicit_bzero(request->body.data, request->body.capacity);
    buffer_release(&request->body);
    buffer_release(&request->answer);
    free(request->path);
    free(request->accept);
    free(request);
}

/* --- The queue -------------------------------------------------------------------------------- */

static void drop_cancelled(struct kube_client *client)
{
    for (struct kube_request *request = client->lists[REQUEST_RUNS].first, *next; request;
         request = next) {
        next = request->next;
        if (request->cancelled)
            request_free(request);
    }
}

/* The first request that may go: those that only bring an error need no place. */
static struct kube_request *next_in_turn(const struct kube_client *client)
{
    bool full = client->running >= client->settings.in_flight;
    struct kube_request *request = client->lists[REQUEST_QUEUED].first;
    while (request && full && !request->problem && takes_place(request))
        request = request->next;
    return request;
}

static void run_queue(struct kube_client *client)
{
    struct kube_request *request;
    while ((request = next_in_turn(client))) {
        request_move(request, REQUEST_RUNS);
        if (request->problem || request_start(request, &request->problem) < 0)
            request_finish(request, CURLE_OK);
    }
}

static void on_kick(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    drop_cancelled(context);
    run_queue(context);
}

/* What may not happen inside curl, or within kube_send(), happens from the loop. */
static void kick(struct kube_client *client)
{
    event_active(client->kick, EV_TIMEOUT, 0);
}

static void on_finished(CURL *easy, CURLcode result, void *context)
{
    struct kube_request *request = NULL;
    (void)context;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&request);
    if (request->cancelled)
        request_free(request);
    else
        request_finish(request, result);
}

static void on_pause(void *context)
{
    run_queue(context);
}

/* --- Calls ------------------------------------------------------------------------------------ */

static void set_late(struct kube_request *request)
{
    static const char *const waits[] = {
        [REQUEST_WAITS] = "for the client's own limit of calls a second",
        [REQUEST_QUEUED] = "for one of the calls before it to end",
        [REQUEST_RUNS] = "for an answer",
    };
    const char *wait = waits[request->state];
    if (request->status)
        wait = "for the rest of the answer";
    (void)error_set(&request->problem, ERROR_UNAVAILABLE, "timed out waiting %s from %s", wait,
                    request->client->settings.config->host);
}

static void on_deadline(evutil_socket_t fd, short events, void *context)
{
    struct kube_request *request = context;
    struct kube_client *client = request->client;
    (void)fd;
    (void)events;
    if (request->cancelled)
        return;
    if (!request->problem)
        set_late(request);
    request_finish(request, CURLE_OPERATION_TIMEDOUT);
    run_queue(client);
}

static void on_turn(evutil_socket_t fd, short events, void *context)
{
    struct kube_request *request = context;
    struct kube_client *client = request->client;
    (void)fd;
    (void)events;
    request_move(request, REQUEST_QUEUED);
    run_queue(client);
}

/* Waits for the bucket; what would have to wait beyond its deadline fails at once. */
static enum request_state take_token(struct kube_request *request)
{
    struct kube_client *client = request->client;
    int64_t now = kube_now();
    if (request->problem || !client->settings.bucket)
        return REQUEST_QUEUED;
    int64_t wait = token_bucket_take(client->settings.bucket, now, request->until - now);
    if (wait < 0) {
        (void)error_set(&request->problem, ERROR_UNAVAILABLE,
                        "more calls are waiting than the client's own limit of calls a second "
                        "lets through in time");
        return REQUEST_QUEUED;
    }
    if (wait == 0)
        return REQUEST_QUEUED;
    struct timeval time = {.tv_sec = wait / (1000 * MILLISECOND),
                           .tv_usec = wait % (1000 * MILLISECOND) / 1000 + 1};
    request->turn = must(event_new(client->settings.base, -1, 0, on_turn, request));
    (void)event_add(request->turn, &time);
    return REQUEST_WAITS;
}

/* An update without it would undo what others have changed meanwhile. */
static int check_update(const struct kube_call *call, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    struct kube_metadata metadata;
    if (call->verb != KUBE_UPDATE)
        return 0;
    if (kube_metadata_read(call->body, &arena, &metadata, err) < 0)
        return -1;
    if (metadata.resource_version.length == 0)
        return error_set(err, ERROR_INTERNAL, "an update must carry metadata.resourceVersion");
    return 0;
}

static int make_path(const struct kube_call *call, struct buffer *path, struct error **err)
{
    if (kube_target_path(&call->target, path, err) < 0)
        return -1;
    for (size_t i = 0; i < call->parameter_count; i++)
        kube_path_add_query(path, call->parameters[i].name, call->parameters[i].value);
    return 0;
}

struct kube_request *kube_send(struct kube_client *client, const struct kube_call *call)
{
    cleanup_buffer struct buffer path = {0};
    struct kube_request *request = xcalloc(1, sizeof(*request));
    *request = (struct kube_request){
        .client = client,
        .stream = call->stream.data != NULL,
        .secret = call->secret,
        .verb = call->verb,
        .callbacks = call->stream,
        .done = call->done,
        .context = call->context,
        .limit = call->limit ? call->limit : ANSWER_MAX,
        .accept = call->accept ? xstrdup(call->accept) : NULL,
        .until = kube_now() + (call->timeout ? call->timeout : TIMEOUT) * MILLISECOND,
        .deadline = must(event_new(client->settings.base, -1, 0, on_deadline, request)),
    };
    buffer_append(&request->body, call->body.data, call->body.length);
    if (make_path(call, &path, &request->problem) == 0)
        (void)check_update(call, &request->problem);
    request->path = buffer_steal(&path);
    request_set_timer(request, 0);
    put_last(request, take_token(request));
    kick(client);
    return request;
}

void kube_cancel(struct kube_request *request)
{
    struct kube_client *client = request->client;
    if (request->cancelled)
        return;
    request->cancelled = true;
    if (request->state == REQUEST_WAITS)
        token_bucket_give_back(client->settings.bucket);
    if (client->transfers.inside && request->state == REQUEST_RUNS)
        kick(client);
    else
        request_free(request);
}

/* --- Life ------------------------------------------------------------------------------------- */

struct kube_client *kube_client_create(const struct kube_client_settings *settings,
                                       struct error **err)
{
    cleanup_kube_client struct kube_client *client = xcalloc(1, sizeof(*client));
    client->settings = *settings;
    if (!client->settings.in_flight)
        client->settings.in_flight = IN_FLIGHT;
    if (!client->settings.connect_timeout)
        client->settings.connect_timeout = CONNECT_TIMEOUT;
    client->credential.config = settings->config;
    client->transfers = (struct transfers){
        .finished = on_finished,
        .pause = on_pause,
        .context = client,
    };
    if (transfers_create(&client->transfers, settings->base, client->settings.in_flight, err) < 0)
        return NULL;
    kube_endpoint_init(&client->endpoint, settings->config);
    client->endpoint.connect_timeout = client->settings.connect_timeout;
    client->endpoint.user_agent =
        settings->user_agent ? settings->user_agent : "gmsa/" GMSA_VERSION;
    client->kick = must(event_new(settings->base, -1, 0, on_kick, client));
    return STEAL(client);
}

void kube_client_free(struct kube_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(client->lists); i++) {
        for (struct kube_request *request = client->lists[i].first, *next; request;
             request = next) {
            next = request->next;
            request_free(request);
        }
    }
    transfers_release(&client->transfers);
    kube_endpoint_release(&client->endpoint);
    kube_credential_release(&client->credential);
    if (client->kick)
        event_free(client->kick);
    free(client);
}

bool kube_client_is_up(const struct kube_client *client)
{
    return !client->down;
}

struct event_base *kube_client_base(const struct kube_client *client)
{
    return client->settings.base;
}
