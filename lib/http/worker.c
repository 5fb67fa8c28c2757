/* A worker: its event loop, the exchanges it keeps at hand, and its connections' deadlines. */
#include "lib/http/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/http/connection.h"

enum {
    INPUT_SIZE = 32 * 1024,  /* an UPDATE of a large pod still comes in one piece */
    OUTPUT_KEPT = 64 * 1024, /* larger ones are freed after use */
    SPARE_EXCHANGES = 8,
};

static const int64_t MILLISECOND = 1000000;
static const int64_t STALLED = 1000; /* milliseconds; see http_limits.connections */

/* --- Exchanges -------------------------------------------------------------------------------- */

void exchange_reset(struct exchange *exchange)
{
    struct buffer *body = &exchange->public.response.body;

    if (exchange->counted)
        worker_count(exchange->connection->worker, COUNTER_IN_FLIGHT, -1);
    exchange->counted = exchange->deferred = exchange->no_body = false;
    exchange->connection = NULL;
    exchange->route = NULL;
    exchange->cancelled = NULL;
    exchange->cancelled_context = NULL;
    if (exchange->public.arena.blocks)
        arena_reset(&exchange->public.arena);
    buffer_clear(&exchange->fields);
    if (body->capacity > OUTPUT_KEPT)
        buffer_release(body);
    if (!body->data)
        buffer_reserve(body, (size_t)2 * HTTP_HEAD_ROOM);
    body->length = HTTP_HEAD_ROOM;
}

struct exchange *worker_take_exchange(struct worker *worker)
{
    struct exchange *exchange = worker->spare;

    if (exchange) {
        worker->spare = exchange->next;
        worker->spare_count--;
        return exchange;
    }
    exchange = xcalloc(1, sizeof(*exchange));
    exchange->public.worker = worker->context;
    buffer_reserve(&exchange->input, INPUT_SIZE - 1);
    exchange_reset(exchange);
    return exchange;
}

static void exchange_free(struct exchange *exchange)
{
    arena_release(&exchange->public.arena);
    buffer_release(&exchange->public.response.body);
    buffer_release(&exchange->input);
    buffer_release(&exchange->fields);
    free(exchange);
}

void worker_return_exchange(struct worker *worker, struct exchange *exchange)
{
    if (worker->spare_count >= SPARE_EXCHANGES) {
        exchange_free(exchange);
        return;
    }
    exchange->next = worker->spare;
    worker->spare = exchange;
    worker->spare_count++;
}

/* --- Room ------------------------------------------------------------------------------------- */

static uint64_t connections_of(const struct worker *worker)
{
    return atomic_load_explicit(&worker->connections, memory_order_relaxed);
}

static bool evict(struct worker *worker, struct connection *connection)
{
    worker_count(worker, COUNTER_EVICTED, 1);
    connection_close(connection);
    return true;
}

/* A new connection is given a moment to ask something. */
static bool is_unused(const struct worker *worker, const struct connection *idle)
{
    return (idle->used || worker->now - idle->since > STALLED * MILLISECOND) &&
           idle->input.length == 0 && !transport_unread(&idle->transport);
}

/* Closes the connection that is missed least. False where all are in use. */
static bool make_room(struct worker *worker)
{
    static const enum list stalled[] = {LIST_HANDSHAKE, LIST_REQUEST};

    if (worker->lists[LIST_LINGER].first)
        return evict(worker, worker->lists[LIST_LINGER].first);
    for (struct connection *idle = worker->lists[LIST_IDLE].first; idle; idle = idle->next)
        if (is_unused(worker, idle))
            return evict(worker, idle);
    for (size_t i = 0; i < ARRAY_LENGTH(stalled); i++) {
        struct connection *oldest = worker->lists[stalled[i]].first;
        if (oldest && worker->now - oldest->since > STALLED * MILLISECOND)
            return evict(worker, oldest);
    }
    return false;
}

static void keep_to_share(struct worker *worker)
{
    const struct http_server *server = worker->server;
    size_t share = server->settings.limits.connections / server->worker_count;

    while (connections_of(worker) > (share ? share : 1) && make_room(worker))
        ;
}

void worker_adopt(struct worker *worker, int fd)
{
    connection_create(worker, fd);
    keep_to_share(worker);
    worker_start_tick(worker);
}

/* --- Messages from other threads -------------------------------------------------------------- */

void worker_wake(struct worker *worker)
{
    uint64_t one = 1;

    while (write(worker->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

bool worker_post(struct worker *worker, int fd)
{
    struct inbox *inbox = &worker->inbox;

    pthread_mutex_lock(&inbox->lock);
    bool open = !inbox->closed;
    if (open) {
        if (inbox->count == inbox->capacity) {
            inbox->capacity = inbox->capacity ? 2 * inbox->capacity : 16;
            inbox->fds = xreallocarray(inbox->fds, inbox->capacity, sizeof(*inbox->fds));
        }
        inbox->fds[inbox->count++] = fd;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (open)
        worker_wake(worker);
    return open;
}

/* Takes everything out; with `close_it` nothing can be put in any more. */
static void empty_inbox(struct worker *worker, bool close_it)
{
    struct inbox *inbox = &worker->inbox;

    pthread_mutex_lock(&inbox->lock);
    int *fds = STEAL(inbox->fds);
    size_t count = inbox->count;
    inbox->count = inbox->capacity = 0;
    inbox->closed = close_it;
    pthread_mutex_unlock(&inbox->lock);
    for (size_t i = 0; i < count; i++)
        worker_adopt(worker, fds[i]);
    free(fds);
}

static void close_all(struct worker *worker)
{
    for (int list = 0; list < LIST_COUNT; list++)
        while (worker->lists[list].first)
            connection_close(worker->lists[list].first);
}

/* Ends the loop once nothing is left to do. */
static void end_if_drained(struct worker *worker)
{
    if (!worker->draining || listener_is_open(worker))
        return;
    empty_inbox(worker, false);
    if (connections_of(worker) > 0)
        return;
    empty_inbox(worker, true);
    if (connections_of(worker) == 0)
        (void)event_base_loopbreak(worker->base);
}

static void on_wake(evutil_socket_t fd, short events, void *context)
{
    struct worker *worker = context;
    uint64_t count;

    (void)events;
    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
    worker_look_at_clock(worker);
    empty_inbox(worker, false);
    if (atomic_load(&worker->server->stopping)) {
        listener_close(worker);
        empty_inbox(worker, true);
        close_all(worker);
        (void)event_base_loopbreak(worker->base);
        return;
    }
    if (atomic_load(&worker->server->draining) && !worker->draining) {
        worker->draining = true;
        worker->drain_begun = worker->now;
        listener_drain(worker);
        worker_start_tick(worker);
    }
    listener_resume(worker);
}

/* --- Deadlines -------------------------------------------------------------------------------- */

void worker_look_at_clock(struct worker *worker)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    worker->now = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Milliseconds a connection may stay in a list; 0 means no limit. */
static int64_t limit_of(const struct worker *worker, enum list list)
{
    const struct http_limits *limits = &worker->server->settings.limits;

    switch (list) {
    case LIST_HANDSHAKE:
        return limits->handshake;
    case LIST_REQUEST:
    case LIST_ANSWER:
        return limits->request;
    case LIST_IDLE:
        return worker->draining && limits->quiet < limits->idle ? limits->quiet : limits->idle;
    case LIST_LINGER:
        return limits->linger;
    default:
        return 0;
    }
}

static void expire(struct worker *worker, enum list list)
{
    int64_t limit = limit_of(worker, list) * MILLISECOND;
    struct connection *connection;

    while (limit > 0 && (connection = worker->lists[list].first)) {
        int64_t since = connection->since;
        if (list == LIST_IDLE && worker->draining && since < worker->drain_begun)
            since = worker->drain_begun;
        if (worker->now - since < limit)
            return;
        connection_expire(connection);
    }
}

/* Often enough that no limit is overstepped by much. */
void worker_start_tick(struct worker *worker)
{
    const struct http_limits *limits = &worker->server->settings.limits;
    const int64_t all[] = {limits->handshake, limits->request, limits->idle,
                           limits->linger,    limits->quiet,   limits->drain};
    int64_t interval = 2000;

    if (event_pending(worker->tick, EV_TIMEOUT, NULL))
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        if (all[i] < interval)
            interval = all[i];
    interval = interval / 8 > 2 ? interval / 8 : 2;
    struct timeval time = {.tv_usec = (suseconds_t)(interval * 1000)};
    (void)event_add(worker->tick, &time);
}

static void on_tick(evutil_socket_t fd, short events, void *context)
{
    struct worker *worker = context;

    (void)fd;
    (void)events;
    worker_look_at_clock(worker);
    for (int list = 0; list < LIST_COUNT; list++)
        expire(worker, (enum list)list);
    if (atomic_load_explicit(&worker->server->paused, memory_order_relaxed))
        keep_to_share(worker);
    listener_tick(worker);
    if (worker->draining &&
        worker->now - worker->drain_begun > worker->server->settings.limits.drain * MILLISECOND)
        close_all(worker);
    end_if_drained(worker);
    if (connections_of(worker) > 0 || worker->draining || listener_waits(worker))
        worker_start_tick(worker);
}

static void on_reap(evutil_socket_t fd, short events, void *context)
{
    struct worker *worker = context;

    (void)fd;
    (void)events;
    while (worker->dead) {
        struct connection *connection = worker->dead;
        worker->dead = connection->next;
        connection_free(connection);
    }
    if (atomic_load_explicit(&worker->server->paused, memory_order_relaxed))
        worker_wake(&worker->server->workers[0]);
    end_if_drained(worker);
}

/* --- Life ------------------------------------------------------------------------------------- */

int worker_init(struct worker *worker, struct http_server *server, unsigned index,
                struct error **err)
{
    worker->server = server;
    worker->index = index;
    (void)pthread_mutex_init(&worker->inbox.lock, NULL);
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct event_config *config = event_config_new();
    if (config) { /* each loop belongs to one thread */
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        /* Connections that have more to do than one turn allows queue again. Without this libevent
         * would serve only them, and look at neither the clock nor other sockets. */
        static const struct timeval interval = {0, 1000};
        (void)event_config_set_max_dispatch_interval(config, &interval, -1, 0);
        worker->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (worker->wake_fd < 0 || !worker->base)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make an event loop");
    worker->wake = event_new(worker->base, worker->wake_fd, EV_READ | EV_PERSIST, on_wake, worker);
    worker->tick = event_new(worker->base, -1, 0, on_tick, worker);
    worker->reap = event_new(worker->base, -1, 0, on_reap, worker);
    if (!worker->wake || !worker->tick || !worker->reap || event_add(worker->wake, NULL) < 0)
        return error_set(err, ERROR_INTERNAL, "cannot make an event loop");
    worker_look_at_clock(worker);
    const struct http_settings *settings = &server->settings;
    if (settings->worker_create)
        worker->context = settings->worker_create(worker->base, index, settings->context);
    return 0;
}

void *worker_run(void *context)
{
    struct worker *worker = context;

    (void)event_base_dispatch(worker->base);
    return NULL;
}

void worker_release(struct worker *worker)
{
    const struct http_settings *settings = &worker->server->settings;

    if (worker->base) {
        empty_inbox(worker, true);
        close_all(worker);
    }
    while (worker->dead) {
        struct connection *connection = worker->dead;
        worker->dead = connection->next;
        connection_free(connection);
    }
    while (worker->spare) {
        struct exchange *exchange = worker->spare;
        worker->spare = exchange->next;
        exchange_free(exchange);
    }
    if (settings->worker_free && worker->context)
        settings->worker_free(worker->context, settings->context);
    if (worker->wake)
        event_free(worker->wake);
    if (worker->tick)
        event_free(worker->tick);
    if (worker->reap)
        event_free(worker->reap);
    if (worker->base)
        event_base_free(worker->base);
    if (worker->wake_fd >= 0)
        (void)close(worker->wake_fd);
    (void)pthread_mutex_destroy(&worker->inbox.lock);
}
