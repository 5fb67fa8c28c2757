/* A connection's life: handshake, requests one after another, and a close that loses no answer.
 *
 * The usual request costs two system calls and no allocation: it is read whole into the input of
 * the exchange the worker has at hand, handled there, and its answer is written from there. Only
 * what comes in pieces is kept in a buffer of the connection's own. */
#include "lib/http/connection.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/common/memory.h"
#include "lib/http/certificate.h"

enum {
    READS_AT_ONCE = 16,     /* then other connections have their turn */
    REQUESTS_AT_ONCE = 32,  /* the same, for a client that does not wait for answers */
    LEAST_ROOM = 16 * 1024, /* a TLS record */
};

/* --- Lists and events ------------------------------------------------------------------------- */

static void list_remove(struct connection *connection)
{
    struct connection_list *list = &connection->worker->lists[connection->list];

    *(connection->previous ? &connection->previous->next : &list->first) = connection->next;
    *(connection->next ? &connection->next->previous : &list->last) = connection->previous;
}

static void list_append(struct connection *connection)
{
    struct connection_list *list = &connection->worker->lists[connection->list];

    connection->next = NULL;
    connection->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = connection;
    list->last = connection;
}

void connection_move(struct connection *connection, enum list list, int64_t since)
{
    list_remove(connection);
    connection->list = list;
    connection->since = since;
    list_append(connection);
}

static void on_event(evutil_socket_t fd, short events, void *context);

void connection_watch(struct connection *connection, short events)
{
    if (connection->watched == events)
        return;
    if (connection->watched)
        (void)event_del(&connection->event);
    connection->watched = events;
    (void)event_assign(&connection->event, connection->worker->base, connection->transport.fd,
                       (short)(events | EV_PERSIST), on_event, connection);
    if (events)
        (void)event_add(&connection->event, NULL);
}

/* Reading also tells when the peer ends its side, which matters while a handler is waited for. */
static void watch_reading(struct connection *connection)
{
    connection_watch(connection, EV_READ | EV_CLOSED);
}

void connection_read_on(struct connection *connection)
{
    watch_reading(connection);
    connection_move(connection, LIST_IDLE, connection->worker->now);
    if (connection->input.length > 0 || transport_pending(&connection->transport))
        event_active(&connection->event, EV_READ, 0);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

void connection_create(struct worker *worker, int fd)
{
    struct connection *connection = xcalloc(1, sizeof(*connection));
    struct certificate_store *certificates = worker->server->settings.certificates;
    SSL_CTX *context = certificates ? certificate_store_context(certificates) : NULL;

    connection->worker = worker;
    connection->phase = certificates ? PHASE_HANDSHAKE : PHASE_READING;
    connection->list = certificates ? LIST_HANDSHAKE : LIST_IDLE;
    connection->since = worker->now;
    list_append(connection);
    int opened = transport_open(&connection->transport, fd, context);
    /* As long as there is no certificate nobody is served, least of all in the clear. */
    bool closed = opened < 0 || (certificates && !context);
    transport_context_free(context);
    if (closed) {
        connection_close(connection);
        return;
    }
    watch_reading(connection);
}

/* Adjusts what is counted as held for bodies to what the buffer holds. */
static void account(struct connection *connection)
{
    size_t now = connection->input.capacity;

    if (now == connection->accounted)
        return;
    atomic_fetch_add_explicit(&connection->worker->server->body_memory,
                              (uint64_t)now - (uint64_t)connection->accounted,
                              memory_order_relaxed);
    connection->accounted = now;
}

static void release_input(struct connection *connection)
{
    buffer_release(&connection->input);
    connection->at = 0;
    account(connection);
}

void connection_close(struct connection *connection)
{
    struct worker *worker = connection->worker;
    struct exchange *exchange = connection->exchange;

    if (connection->phase == PHASE_CLOSED)
        return;
    if (event_initialized(&connection->event))
        (void)event_del(&connection->event);
    connection->watched = 0;
    if (exchange) {
        connection->exchange = NULL;
        exchange_cancel(worker, exchange);
        exchange_reset(exchange);
        worker_return_exchange(worker, exchange);
    }
    connection->phase = PHASE_CLOSED;
    list_remove(connection);
    release_input(connection);
    transport_close(&connection->transport);
    /* Callers further up may still look at it: freed when they have returned. */
    connection->next = worker->dead;
    worker->dead = connection;
    event_active(worker->reap, EV_TIMEOUT, 0);
    atomic_fetch_sub_explicit(&worker->connections, 1, memory_order_relaxed);
}

void connection_linger(struct connection *connection)
{
    transport_finish(&connection->transport);
    release_input(connection);
    connection->phase = PHASE_LINGERING;
    connection_move(connection, LIST_LINGER, connection->worker->now);
    connection_watch(connection, EV_READ);
}

static void refuse_outside(struct connection *connection, int status, const char *why)
{
    struct worker *worker = connection->worker;
    struct exchange *exchange = worker_take_exchange(worker);

    (void)connection_refuse(connection, exchange, &(struct refusal){status, why});
    if (connection->exchange != exchange)
        worker_return_exchange(worker, exchange);
}

void connection_expire(struct connection *connection)
{
    struct worker *worker = connection->worker;

    switch (connection->list) {
    case LIST_REQUEST:
        worker_count(worker, COUNTER_TIMED_OUT, 1);
        refuse_outside(connection, 408, "the request took too long to arrive");
        return;
    case LIST_HANDSHAKE:
    case LIST_ANSWER:
        worker_count(worker, COUNTER_TIMED_OUT, 1);
        break;
    case LIST_IDLE:
        /* A request that has just arrived comes first: its event is on the way. */
        if (transport_unread(&connection->transport)) {
            connection_move(connection, LIST_IDLE, worker->now);
            return;
        }
        connection_linger(connection);
        return;
    default:
        break;
    }
    connection_close(connection);
}

/* --- Requests --------------------------------------------------------------------------------- */

/* Keeps what has not been used up, for when more has come; frees what nobody needs. */
static void keep_rest(struct connection *connection, struct buffer *input)
{
    size_t rest = input->length - connection->at;

    if (input != &connection->input) {
        buffer_append(&connection->input, input->data + connection->at, rest);
        connection->at = 0;
    } else if (rest == 0) {
        release_input(connection);
    } else if (connection->at > 0) {
        memmove(input->data, input->data + connection->at, rest);
        input->length = rest;
        connection->at = 0;
    }
    account(connection);
}

/* Calls the handler for a complete request. Returns whether the next one can be read now. */
static bool handle(struct connection *connection, struct exchange *exchange)
{
    struct worker *worker = connection->worker;
    const struct progress *progress = &connection->progress;
    const struct http_route *route = progress->route;
    bool last = !progress->head.keep_alive;

    http_response_reset(&exchange->public, 200, "application/json");
    exchange->connection = connection;
    exchange->route = route;
    exchange->public.begun = progress->begun;
    exchange->no_body = progress->no_body;
    exchange->counted = true;
    connection->handled++;
    connection->used = true;
    worker_count(worker, COUNTER_IN_FLIGHT, 1);
    connection->at += progress_length(progress);
    connection->progress = (struct progress){0};
    route->handler(&exchange->public, route->context);
    if (!exchange->deferred)
        return connection_send(connection, exchange, last);
    connection->exchange = exchange;
    connection->last = last;
    connection->phase = PHASE_WAITING;
    connection_move(connection, LIST_WAITING, worker->now);
    return false;
}

/* A client that asked whether it may send the body (RFC 9110, 10.1.1) is told so once. */
static void tell_to_continue(struct connection *connection)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct progress *progress = &connection->progress;

    if (!progress->head_known || !progress->head.expects_continue || progress->told_to_continue)
        return;
    progress->told_to_continue = true;
    if (transport_write(&connection->transport, text, sizeof(text) - 1) != sizeof(text) - 1)
        connection_close(connection);
}

/* Works through what stands in `input` (the connection's own, or the exchange's). Returns whether
 * reading may go on. */
static bool process(struct connection *connection, struct exchange *exchange, struct buffer *input)
{
    bool reading = true;
    struct refusal refusal;

    while (reading && connection->at < input->length && connection->handled < REQUESTS_AT_ONCE) {
        if (connection->progress.begun == 0)
            connection->progress.begun = connection->worker->now;
        enum step step = connection_step(connection, input, &exchange->public.request, &refusal);
        if (step == STEP_INCOMPLETE) {
            tell_to_continue(connection);
            reading = connection->phase == PHASE_READING;
            break;
        }
        reading = step == STEP_COMPLETE ? handle(connection, exchange)
                                        : connection_refuse(connection, exchange, &refusal);
    }
    /* A deferred request's bytes stay where they are until its answer. */
    if (connection->phase == PHASE_CLOSED || connection->phase == PHASE_LINGERING)
        return false;
    if (connection->phase != PHASE_WAITING || input != &connection->input)
        keep_rest(connection, input);
    return reading;
}

/* Where the next bytes go: behind what is here already, or into the exchange. NULL when the server
 * has no memory left for bodies. */
static struct buffer *input_room(struct connection *connection, struct exchange *exchange)
{
    struct buffer *input = &connection->input;
    struct http_server *server = connection->worker->server;
    const struct progress *progress = &connection->progress;

    if (input->length == 0) {
        exchange->input.length = 0;
        return &exchange->input;
    }
    size_t room = input->length > LEAST_ROOM ? input->length / 2 : LEAST_ROOM;
    if (progress->head_known && progress->head.framing == HTTP_LENGTH) {
        size_t all = progress_length(progress);
        if (all > input->length && all - input->length < room)
            room = all - input->length;
    }
    if (input->capacity - input->length < 2) {
        buffer_reserve(input, room);
        account(connection);
    }
    return atomic_load_explicit(&server->body_memory, memory_order_relaxed) >
                   server->settings.limits.all_bodies
               ? NULL
               : input;
}

/* One reading and what follows from it. Returns whether to go on. */
static bool read_once(struct connection *connection, struct exchange *exchange)
{
    struct buffer *input = input_room(connection, exchange);

    if (!input) {
        return connection_refuse(
            connection, exchange,
            &(struct refusal){503, "too many large requests at a time; try again"});
    }
    long got = transport_read(&connection->transport, input->data + input->length,
                              input->capacity - 1 - input->length);
    if (got == TRANSPORT_WANT_READ || got == TRANSPORT_WANT_WRITE)
        return false;
    if (got == 0 && connection->input.length == 0) {
        connection_linger(connection);
        return false;
    }
    if (got <= 0) {
        connection_close(connection);
        return false;
    }
    input->length += (size_t)got;
    input->data[input->length] = '\0';
    bool reading = process(connection, exchange, input);
    return reading && (connection->input.length > 0 || transport_pending(&connection->transport));
}

/* A request begins with its first byte, even where that is part of a TLS record whose rest is still
 * to come. */
static void choose_deadline(struct connection *connection)
{
    struct progress *progress = &connection->progress;
    bool begun = connection->input.length > 0 || transport_pending(&connection->transport);

    if (!begun)
        progress->begun = 0;
    else if (progress->begun == 0)
        progress->begun = connection->worker->now;
    if (!begun && connection->list != LIST_IDLE)
        connection_move(connection, LIST_IDLE, connection->worker->now);
    if (begun && (connection->list != LIST_REQUEST || connection->since != progress->begun))
        connection_move(connection, LIST_REQUEST, progress->begun);
}

static void read_requests(struct connection *connection)
{
    struct worker *worker = connection->worker;
    struct exchange *exchange = worker_take_exchange(worker);
    bool more = true;

    connection->handled = 0;
    /* What came behind a request whose answer took its time, or for which the last turn ended. */
    if (connection->input.length > 0)
        more = process(connection, exchange, &connection->input);
    for (int round = 0; more && round < READS_AT_ONCE && connection->handled < REQUESTS_AT_ONCE;
         round++)
        more = read_once(connection, exchange);
    if (connection->exchange != exchange)
        worker_return_exchange(worker, exchange);
    if (connection->phase != PHASE_READING)
        return;
    choose_deadline(connection);
    if (more)
        event_active(&connection->event, EV_READ, 0);
}

/* --- Events ----------------------------------------------------------------------------------- */

static void shake_hands(struct connection *connection)
{
    static const char hint[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 39\r\nConnection: close\r\n\r\n"
                               "This port speaks HTTPS: use https://...";
    bool plain_http = false;
    int result = transport_handshake(&connection->transport, &plain_http);

    if (result == TRANSPORT_WANT_READ) {
        watch_reading(connection);
        return;
    }
    if (result == TRANSPORT_WANT_WRITE) {
        connection_watch(connection, EV_WRITE);
        return;
    }
    if (result < 0) {
        worker_count(connection->worker, COUNTER_HANDSHAKES_FAILED, 1);
        if (plain_http)
            (void)send(connection->transport.fd, hint, sizeof(hint) - 1, MSG_NOSIGNAL);
        connection_linger(connection); /* so that the alert arrives */
        return;
    }
    connection->phase = PHASE_READING;
    connection_read_on(connection);
}

/* Something happened while the handler's answer is waited for. */
static void look_at_peer(struct connection *connection, short events)
{
    switch (transport_peer(&connection->transport, (events & EV_CLOSED) != 0)) {
    case PEER_THERE:
        break;
    case PEER_TALKS: /* its next request: read when this one is answered */
    case PEER_HALF_CLOSED:
        connection_watch(connection, 0);
        break;
    case PEER_GONE:
        connection_close(connection);
        break;
    }
}

static void on_event(evutil_socket_t fd, short events, void *context)
{
    struct connection *connection = context;

    (void)fd;
    worker_look_at_clock(connection->worker);
    switch (connection->phase) {
    case PHASE_HANDSHAKE:
        shake_hands(connection);
        break;
    case PHASE_READING:
        read_requests(connection);
        break;
    case PHASE_WAITING:
        look_at_peer(connection, events);
        break;
    case PHASE_WRITING:
        connection_continue_sending(connection);
        break;
    case PHASE_LINGERING:
        if (!transport_discard(&connection->transport))
            connection_close(connection);
        break;
    case PHASE_CLOSED:
        break;
    }
}

void connection_free(struct connection *connection)
{
    free(connection);
}
