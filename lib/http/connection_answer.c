/* Answers: given at once or later, by a handler or by the server itself, sent whole or bit by bit.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/connection.h"

/* --- For handlers ----------------------------------------------------------------------------- */

static struct exchange *exchange_of(struct http_exchange *exchange)
{
    return (struct exchange *)exchange;
}

static bool is_field_text(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

void http_response_add_field(struct http_exchange *exchange, const char *name, const char *value)
{
    struct buffer *fields = &exchange_of(exchange)->fields;

    if (!is_field_text(value))
        return;
    buffer_append_text(fields, name);
    buffer_append_text(fields, ": ");
    buffer_append_text(fields, value);
    buffer_append_text(fields, "\r\n");
}

void http_response_reset(struct http_exchange *exchange, int status, const char *content_type)
{
    struct buffer *body = &exchange->response.body;

    exchange->response.status = status;
    exchange->response.content_type = content_type;
    body->length = HTTP_HEAD_ROOM;
    body->data[HTTP_HEAD_ROOM] = '\0';
    buffer_clear(&exchange_of(exchange)->fields);
}

void http_exchange_defer(struct http_exchange *public, http_cancelled *cancelled, void *context)
{
    struct exchange *exchange = exchange_of(public);

    exchange->deferred = true;
    exchange->cancelled = cancelled;
    exchange->cancelled_context = context;
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void observe(struct worker *worker, const struct exchange *exchange, int status)
{
    const struct http_settings *settings = &worker->server->settings;

    if (!settings->observer)
        return;
    worker_look_at_clock(worker);
    struct http_outcome outcome = {
        .route = exchange->route,
        .status = status,
        .nanoseconds = worker->now - exchange->public.begun,
    };
    settings->observer(&outcome, worker->context, settings->context);
}

void exchange_cancel(struct worker *worker, struct exchange *exchange)
{
    if (exchange->deferred && exchange->cancelled)
        exchange->cancelled(&exchange->public, exchange->cancelled_context);
    exchange->deferred = false;
    observe(worker, exchange, 499);
}

/* Sends what is left. 1: all is sent, 0: the peer must take some of it first, -1: it cannot be
 * sent.
 */
static int send_rest(struct connection *connection, const struct exchange *exchange)
{
    const struct buffer *body = &exchange->public.response.body;

    while (connection->sent < body->length) {
        long put = transport_write(&connection->transport, body->data + connection->sent,
                                   body->length - connection->sent);
        if (put == TRANSPORT_WANT_WRITE || put == TRANSPORT_WANT_READ)
            return 0;
        if (put <= 0)
            return -1;
        connection->sent += (size_t)put;
    }
    return 1;
}

/* After the last byte. Returns whether the connection can read another request. */
static bool finish(struct connection *connection, struct exchange *exchange)
{
    observe(connection->worker, exchange, exchange->public.response.status);
    exchange_reset(exchange);
    if (connection->last) {
        connection_linger(connection);
        return false;
    }
    connection->phase = PHASE_READING;
    connection_move(connection, LIST_IDLE, connection->worker->now);
    return true;
}

bool connection_send(struct connection *connection, struct exchange *exchange, bool last)
{
    struct worker *worker = connection->worker;
    struct http_response *response = &exchange->public.response;

    connection->last = last || worker->draining;
    struct http_answer answer = {
        .status = response->status,
        .content_type = response->content_type,
        .fields = exchange->fields.length ? exchange->fields.data : NULL,
        .close = connection->last,
        .no_body = exchange->no_body,
    };
    http_date_update(&worker->date, time(NULL));
    connection->sent = http_response_finish(&response->body, &answer, &worker->date);
    int sent = send_rest(connection, exchange);
    if (sent > 0)
        return finish(connection, exchange);
    if (sent < 0) {
        observe(worker, exchange, 499);
        exchange_reset(exchange);
        connection_close(connection);
        return false;
    }
    connection->exchange = exchange;
    connection->phase = PHASE_WRITING;
    connection_move(connection, LIST_ANSWER, worker->now);
    connection_watch(connection, EV_WRITE);
    return false;
}

void connection_continue_sending(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    int sent = send_rest(connection, exchange);

    if (sent == 0)
        return;
    if (sent < 0) {
        connection_close(connection);
        return;
    }
    connection->exchange = NULL;
    bool reading = finish(connection, exchange);
    worker_return_exchange(connection->worker, exchange);
    if (reading)
        connection_read_on(connection);
}

void http_exchange_answer(struct http_exchange *public)
{
    struct exchange *exchange = exchange_of(public);
    struct connection *connection = exchange->connection;
    struct worker *worker = connection->worker;

    worker_look_at_clock(worker);
    exchange->deferred = false;
    connection->exchange = NULL;
    bool reading = connection_send(connection, exchange, connection->last);
    if (connection->exchange != exchange)
        worker_return_exchange(worker, exchange);
    if (reading)
        connection_read_on(connection);
}

/* --- Refusing --------------------------------------------------------------------------------- */

/* The Allow field of a 405 (RFC 9110, 15.5.6): the methods of all routes with this path. */
static void add_allow(struct exchange *exchange, const struct http_route *routes)
{
    cleanup_buffer struct buffer methods = {0};

    for (const struct http_route *route = routes; route->path; route++) {
        if (!slice_is(exchange->public.request.path, route->path))
            continue;
        if (methods.length)
            buffer_append_text(&methods, ", ");
        buffer_append_text(&methods, route->method);
        if (strcmp(route->method, "GET") == 0)
            buffer_append_text(&methods, ", HEAD");
    }
    http_response_add_field(&exchange->public, "Allow", buffer_text(&methods));
}

bool connection_refuse(struct connection *connection, struct exchange *exchange,
                       const struct refusal *refusal)
{
    const struct http_settings *settings = &connection->worker->server->settings;
    const struct progress *progress = &connection->progress;

    http_response_reset(&exchange->public, refusal->status, "text/plain; charset=utf-8");
    buffer_append_text(&exchange->public.response.body, refusal->why);
    buffer_append_text(&exchange->public.response.body, "\n");
    if (refusal->status == 405)
        add_allow(exchange, settings->routes);
    exchange->route = progress->route;
    exchange->public.begun = progress->begun;
    exchange->no_body = progress->no_body;
    return connection_send(connection, exchange, true);
}
