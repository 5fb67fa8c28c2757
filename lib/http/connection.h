/* Inside of the server: one connection, from handshake to close. */
#ifndef GMSA_HTTP_CONNECTION_H
#define GMSA_HTTP_CONNECTION_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/http/chunked.h"
#include "lib/http/request.h"
#include "lib/http/transport.h"
#include "lib/http/worker.h"

enum phase {
    PHASE_HANDSHAKE,
    PHASE_READING,   /* a request is being read or awaited */
    PHASE_WAITING,   /* for a deferred answer */
    PHASE_WRITING,   /* the peer takes the answer slowly */
    PHASE_LINGERING, /* everything is said; the peer may still send, and must not get a reset before
                        it has read the answer */
    PHASE_CLOSED,    /* freed soon */
};

/* How far the present request has come. Offsets count from its first byte. */
struct progress {
    int64_t begun; /* 0: nothing of it is here */
    struct http_head_search search;
    bool head_known;
    struct http_head head;
    const struct http_route *route;
    struct http_chunks chunks;
    size_t chunks_at; /* what of the raw bytes has been read */
    size_t body_end;
    bool told_to_continue;
    bool no_body; /* it is HEAD */
};

struct connection {
    struct worker *worker;
    struct connection *next, *previous;
    enum list list;
    int64_t since; /* nanoseconds */
    struct http_transport transport;
    struct event event;
    short watched;
    enum phase phase;
    bool last;        /* the present answer ends the connection */
    bool used;        /* it has brought a request */
    unsigned handled; /* requests in this turn */
    /* What has been read and is not answered yet, unless it lies in an exchange; the present
     * request begins at `at`. */
    struct buffer input;
    size_t at;
    size_t accounted; /* bytes of `input` in http_server.body_memory */
    struct progress progress;
    struct exchange *exchange; /* waiting or being written */
    size_t sent;               /* of its response.body */
};

void connection_create(struct worker *worker, int fd);
/* Ends it at once; a deferred exchange is cancelled. */
void connection_close(struct connection *connection);
/* Ends it in good order: says goodbye, then waits for the peer. */
void connection_linger(struct connection *connection);
/* Its time is over. */
void connection_expire(struct connection *connection);
void connection_free(struct connection *connection);

/* --- Parts of it, each in a file of its own --- */

/* connection_request.c: the request at connection->at of `input`. */
enum step { STEP_INCOMPLETE, STEP_COMPLETE, STEP_REFUSED };
struct refusal {
    int status;
    const char *why;
};
enum step connection_step(struct connection *connection, struct buffer *input,
                          struct http_request *request, struct refusal *refusal);
/* The bytes the present request takes; known when it is complete. */
size_t progress_length(const struct progress *progress);

/* connection_answer.c. Turns a request away, or sends the answer that stands in the exchange. Both
 * return false where the connection cannot read another request now. */
bool connection_refuse(struct connection *connection, struct exchange *exchange,
                       const struct refusal *refusal);
bool connection_send(struct connection *connection, struct exchange *exchange, bool last);

void connection_continue_sending(struct connection *connection);
/* Nobody will answer this exchange. */
void exchange_cancel(struct worker *worker, struct exchange *exchange);

/* connection.c. The next request may be here already. */
void connection_read_on(struct connection *connection);
void connection_move(struct connection *connection, enum list list, int64_t since);
void connection_watch(struct connection *connection, short events);

#endif
