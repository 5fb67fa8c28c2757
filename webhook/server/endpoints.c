#include "webhook/server/endpoints.h"

#include <time.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "webhook/decision/reasons.h"

/* The API server gives up after its own time-out; an answer that comes later helps nobody. */
enum { TIMEOUT_DEFAULT = 10000, TIMEOUT_MAX = 30000, TIMEOUT_MARGIN = 200 }; /* milliseconds */

/* What each worker has of its own. */
struct endpoints_worker {
    struct instrument_cache *instruments;
    void *source;
};

/* One admission request under way. Lives in the exchange's arena. */
struct admission_call {
    struct endpoints *endpoints;
    struct http_exchange *exchange;
    enum endpoint endpoint;
    struct decision_settings settings;
    struct held_grant_keys *held_keys;
    struct review review;
    struct questions questions;
    struct requester requester;
    struct source_query query;
    bool deferred; /* the handler has returned */
    bool answered;
};

/* "?timeout=10s", as the API server puts it; what cannot be read counts as the default. */
static int64_t timeout_of(struct slice query)
{
    static const char name[] = "timeout=";
    if (!slice_starts_with(query, name))
        return TIMEOUT_DEFAULT - TIMEOUT_MARGIN;
    int64_t seconds = 0;
    size_t at = sizeof(name) - 1;
    for (; at < query.length && query.data[at] >= '0' && query.data[at] <= '9'; at++)
        if (seconds <= TIMEOUT_MAX / 1000)
            seconds = seconds * 10 + (query.data[at] - '0');
    if (at + 1 != query.length || query.data[at] != 's' || seconds == 0)
        return TIMEOUT_DEFAULT - TIMEOUT_MARGIN;
    return (seconds * 1000 > TIMEOUT_MAX ? TIMEOUT_MAX : seconds * 1000) - TIMEOUT_MARGIN;
}

static double milliseconds_since(int64_t begun)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec * 1000000000LL + now.tv_nsec - begun) / 1e6;
}

/* {"error": "..."}: for what is no AdmissionReview and so cannot be answered with one. */
static void answer_malformed(struct http_exchange *exchange, const struct error *error)
{
    http_response_reset(exchange, 400, "application/json");
    buffer_append_text(&exchange->response.body, "{\"error\":");
    json_write_string(&exchange->response.body, slice_of(error->message));
    buffer_append_text(&exchange->response.body, "}\n");
}

static struct slice joined_names(const struct verdict *verdict, struct arena *arena)
{
    if (verdict->spec_count == 0)
        return (struct slice){0};
    if (verdict->spec_count == 1)
        return verdict->spec_names[0];
    const char *joined = "";
    for (size_t i = 0; i < verdict->spec_count; i++)
        joined = arena_format(arena, "%s%s%.*s", joined, i ? "," : "",
                              SLICE_FORMAT(verdict->spec_names[i]));
    return slice_of(joined);
}

static void log_decision(const struct admission_call *call, const struct verdict *verdict)
{
    enum log_level level = verdict->concerned ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
    const struct review *review = &call->review;
    if (!log_enabled(level))
        return;
    log_at(level, verdict->allowed ? "allowed" : "refused",
           log_text("endpoint", endpoint_name(call->endpoint)), log_slice("uid", review->uid),
           log_text("operation", operation_name(review->operation)),
           log_slice("resource", review->resource), log_slice("subresource", review->subresource),
           log_slice("namespace", review->namespace), log_slice("name", review->name),
           log_slice("user", review->user),
           log_slice("serviceAccount", call->questions.service_account),
           log_slice("credentialSpecs", joined_names(verdict, &call->exchange->arena)),
           log_text("reason", verdict->reason), log_integer("code", verdict->code),
           log_real("ms", milliseconds_since(call->exchange->begun)));
}

static struct instrument_cache *instruments_of(const struct admission_call *call)
{
    return ((struct endpoints_worker *)call->exchange->worker)->instruments;
}

static void judge(struct admission_call *call, struct verdict *verdict)
{
    *verdict = (struct verdict){0};
    decision_verdict(&call->review, call->endpoint, &call->settings, &call->questions,
                     call->query.answers, &call->exchange->arena, verdict);
}

static void conclude(struct admission_call *call, const struct verdict *verdict)
{
    struct http_exchange *exchange = call->exchange;
    decision_write_response(&exchange->response.body, &call->review, verdict);
    instruments_decided(instruments_of(call), call->endpoint, call->review.operation,
                        verdict->allowed, verdict->reason);
    log_decision(call, verdict);
}

static void finish(struct admission_call *call)
{
    instruments_in_flight(instruments_of(call), call->endpoint, -1);
    held_grant_keys_drop(STEAL(call->held_keys));
}

/* Whether what a spec says made the refusal. Another replica, whose specs are newer than ours by a
 * moment, may have filled in what is right: before /validate refuses, it looks again. */
static bool may_be_outdated(const struct admission_call *call, const struct verdict *verdict)
{
    static const enum reason reasons[] = {REASON_SPEC_NOT_FOUND,    REASON_SPEC_INVALID,
                                          REASON_CONTENTS_DIFFER,   REASON_USER_NAME_NOT_ALLOWED,
                                          REASON_USER_NAME_MISSING, REASON_GRANT_DIFFERS};
    if (verdict->allowed || call->endpoint != ENDPOINT_VALIDATE || call->query.current)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
        if (verdict->reason == reason_word(reasons[i]))
            return true;
    return false;
}

static int64_t time_left(const struct admission_call *call)
{
    int64_t left = timeout_of(call->exchange->request.query) -
                   (int64_t)milliseconds_since(call->exchange->begun);
    return left > 0 ? left : 0;
}

static void answered(struct source_query *query)
{
    struct admission_call *call = query->context;
    struct source *source = call->endpoints->source;
    struct verdict verdict;
    judge(call, &verdict);
    if (may_be_outdated(call, &verdict)) {
        source_finish(source, query);
        query->fresh = true;
        query->timeout_milliseconds = time_left(call);
        source_ask(source, query);
        return;
    }
    call->answered = true;
    conclude(call, &verdict);
    source_finish(source, query);
    finish(call);
    if (call->deferred)
        http_exchange_answer(call->exchange);
}

static void cancelled(struct http_exchange *exchange, void *context)
{
    (void)exchange;
    struct admission_call *call = context;
    source_cancel(call->endpoints->source, &call->query);
    finish(call);
}

static void ask(struct admission_call *call)
{
    const struct endpoints_worker *worker = call->exchange->worker;
    const struct requester_policy *requesters = call->endpoints->requesters;
    call->query = (struct source_query){
        .questions = &call->questions,
        .worker = worker->source,
        .arena = &call->exchange->arena,
        .timeout_milliseconds = time_left(call),
        .requester =
            requesters && requester_must_be_permitted(requesters, &call->review, &call->requester)
                ? &call->requester
                : NULL,
        .answered = answered,
        .context = call,
    };
    source_ask(call->endpoints->source, &call->query);
    if (call->answered)
        return;
    call->deferred = true;
    http_exchange_defer(call->exchange, cancelled, call);
}

static void handle(struct http_exchange *exchange, struct endpoints *endpoints,
                   enum endpoint endpoint)
{
    struct admission_call *call = arena_allocate(&exchange->arena, sizeof(*call));
    cleanup_error struct error *error = NULL;

    call->endpoints = endpoints;
    call->exchange = exchange;
    call->endpoint = endpoint;
    struct slice body = exchange->request.body;
    if (review_read(&exchange->arena, body.data, body.length, &call->review, &error) < 0) {
        answer_malformed(exchange, error);
        return;
    }
    instruments_in_flight(instruments_of(call), endpoint, 1);
    call->settings = endpoints->settings;
    call->held_keys = grant_store_hold(endpoints->grants, &call->settings.grant_keys);
    decision_ask(&call->review, endpoint, &call->settings, &exchange->arena, &call->questions);
    if (call->questions.count > 0) {
        ask(call);
        return;
    }
    struct verdict verdict;
    judge(call, &verdict);
    conclude(call, &verdict);
    finish(call);
}

static void handle_mutate(struct http_exchange *exchange, void *context)
{
    handle(exchange, context, ENDPOINT_MUTATE);
}

static void handle_validate(struct http_exchange *exchange, void *context)
{
    handle(exchange, context, ENDPOINT_VALIDATE);
}

static void handle_validate_credspec(struct http_exchange *exchange, void *context)
{
    handle(exchange, context, ENDPOINT_VALIDATE_CREDSPEC);
}

static void handle_warn(struct http_exchange *exchange, void *context)
{
    handle(exchange, context, ENDPOINT_WARN);
}

static void handle_info(struct http_exchange *exchange, void *context)
{
    (void)context;
    buffer_append_text(&exchange->response.body,
                       "{\"name\":\"gmsa-webhook\",\"version\":\"" GMSA_VERSION "\"}\n");
}

/* The peer's probe: no content. Unlike the peer's it says the truth. */
static void handle_health(struct http_exchange *exchange, void *context)
{
    const struct endpoints *endpoints = context;
    exchange->response.status = source_ready(endpoints->source) ? 204 : 503;
}

void endpoints_routes(struct endpoints *endpoints, struct http_route routes[ENDPOINT_ROUTES + 1])
{
    static const char json[] = "application/json";
    const struct http_route table[ENDPOINT_ROUTES + 1] = {
        /* The admission endpoints stand in the order of enum endpoint. */
        {"/mutate", "POST", json, handle_mutate, endpoints},
        {"/validate", "POST", json, handle_validate, endpoints},
        {"/validate-credspec", "POST", json, handle_validate_credspec, endpoints},
        {"/warn", "POST", json, handle_warn, endpoints},
        {"/info", "GET", NULL, handle_info, endpoints},
        {"/health", "GET", NULL, handle_health, endpoints},
        {0},
    };
    memcpy(routes, table, sizeof(table));
}

void *endpoints_worker_create(struct event_base *base, unsigned index, void *context)
{
    const struct endpoints *endpoints = context;
    struct endpoints_worker *worker = xcalloc(1, sizeof(*worker));
    (void)index;
    worker->instruments = instrument_cache_create(endpoints->instruments);
    worker->source = source_attach(endpoints->source, base);
    return worker;
}

void endpoints_worker_free(void *worker, void *context)
{
    const struct endpoints *endpoints = context;
    struct endpoints_worker *self = worker;
    source_detach(endpoints->source, self->source);
    instrument_cache_free(self->instruments);
    free(self);
}

/* Which admission endpoint a route leads to; false for the others. */
static bool route_endpoint(const struct http_route *route, enum endpoint *endpoint)
{
    static http_handler *const handlers[] = {handle_mutate, handle_validate,
                                             handle_validate_credspec, handle_warn};
    for (size_t i = 0; route && i < ARRAY_LENGTH(handlers); i++) {
        if (route->handler == handlers[i]) {
            *endpoint = (enum endpoint)i;
            return true;
        }
    }
    return false;
}

void endpoints_observe(const struct http_outcome *outcome, void *worker, void *context)
{
    (void)context;
    enum endpoint endpoint;
    if (route_endpoint(outcome->route, &endpoint))
        instruments_answered(((struct endpoints_worker *)worker)->instruments, endpoint,
                             outcome->status, (double)outcome->nanoseconds / 1e9);
}
