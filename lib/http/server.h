/* An HTTP/1.1 server, over TLS or plain, that knows nothing of what it serves.
 *
 * A listening socket, a few worker threads, each with an event loop (libevent) of its own. A
 * connection belongs to one worker all its life, so handlers and everything they touch need no
 * locks. Requests are read whole, head and body, before a handler sees them; an answer leaves in
 * one TLS record. A handler may answer at once or later (http_exchange_defer()).
 *
 * What a request may cost is bounded by struct http_limits. What the server refuses by itself:
 *
 *   400 malformed (RFC 9112 strictly: no bare LF, no folded fields, one meaning for the length)
 *   404 unknown path          408 the request did not arrive in time
 *   405 wrong method, with Allow      413 body too large
 *   415 wrong content type    417 an expectation other than 100-continue
 *   431 head too large        501 transfer coding unknown             505 not HTTP/1.x
 *   503 the memory for bodies is used up
 *
 * Life: http_server_create(), http_server_start(), ..., http_server_drain(), http_server_join(),
 * http_server_free(). The calls belong to one thread, usually main's.
 */
#ifndef GMSA_HTTP_SERVER_H
#define GMSA_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

struct certificate_store;
struct event_base;

/* --- Requests and answers ------------------------------------------------------------------- */

struct http_field {
    struct slice name; /* as the client wrote it */
    struct slice value;
};

enum { HTTP_FIELDS_MAX = 64 }; /* header fields of one request; more is answered with 431 */

/* A request as it arrived. Everything points into the server's memory and stays valid until the
 * answer: http_exchange_answer(), or the handler's return where it did not defer. */
struct http_request {
    struct slice method;
    struct slice path;  /* without the query, percent-encoding untouched */
    struct slice query; /* behind the `?`; absent where there is none */
    struct slice body; /* contiguous, chunks put together; empty, not absent, where there is none */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
};

/* The value of the first field of that name (ASCII case ignored); absent where there is none. */
struct slice http_request_field(const struct http_request *request, const char *name);

struct http_response {
    int status;               /* 200 when the handler is called */
    const char *content_type; /* static text; "application/json" when the handler is called */
    /* The body: append to it (buffer_append...() and everything that writes into a buffer) and do
     * nothing else. Bytes of the server's own stand before yours, so that head and body go out as
     * one piece without being copied. */
    struct buffer body;
};

/* One request and its answer. */
struct http_exchange {
    struct http_request request;
    struct http_response response;
    struct arena arena; /* for the handler; reset after the answer */
    void *worker;       /* what http_settings.worker_create() made for this worker, or NULL */
    /* When reading the request began, CLOCK_MONOTONIC in nanoseconds. */
    int64_t begun;
};

/* Adds a header field to the answer. Name and value are the program's own text; a value with
 * control characters is left out. */
void http_response_add_field(struct http_exchange *exchange, const char *name, const char *value);
/* Empties the body and sets status and type: for an error found half-way. */
void http_response_reset(struct http_exchange *exchange, int status, const char *content_type);

/* Fills exchange->response, or defers. Runs on the worker's thread and must not block. */
typedef void http_handler(struct http_exchange *exchange, void *context);

/* Called on the worker's thread when an answer that was deferred is no longer wanted: the client
 * has gone, or the server stops. The exchange is gone after it returns. */
typedef void http_cancelled(struct http_exchange *exchange, void *context);

/* In a handler: the answer comes later, from a callback on the same worker's event loop. The
 * request, the response and the arena stay as they are until then. `cancelled` may be NULL only
 * where the callback cannot outlive the exchange. Over TLS a client counts as gone when it ends
 * its side of the connection; over plain TCP it may half-close and still gets its answer. */
void http_exchange_defer(struct http_exchange *exchange, http_cancelled *cancelled, void *context);
/* Sends the answer to a deferred exchange, which is gone afterwards. Never from within the handler
 * itself. */
void http_exchange_answer(struct http_exchange *exchange);

/* --- Server --------------------------------------------------------------------------------- */

struct http_route {
    const char *path;   /* compared exactly; NULL ends the table */
    const char *method; /* "GET" (HEAD is answered too) or "POST" */
    const char
        *content_type; /* what a POST must bring, parameters and letter case ignored; or NULL */
    http_handler *handler;
    void *context;
};

/* Zero means the default. Times are milliseconds. */
struct http_limits {
    size_t head;        /* request line and fields together; default 16 KiB */
    size_t body;        /* one body; default 8 MiB */
    size_t all_bodies;  /* bodies being read or handled at one time; default 256 MiB */
    size_t connections; /* open at a time, shared out among the workers; default 1024. When a
                           worker's share is full, the one that has been idle for longest since its
                           last request goes, then one that is stalled for over a second before a
                           request of its is complete; where there is neither, new ones wait in the
                           system's queue. At most three quarters of RLIMIT_NOFILE */
    int64_t handshake;  /* TLS handshake; default 10 s */
    int64_t request;    /* from the first byte of a request to its last; the same again for taking
                           the answer; default 10 s */
    int64_t idle;       /* without any request; default 120 s */
    int64_t linger;     /* for a client to read the last answer and close its side; default 2 s */
    int64_t quiet;      /* when draining: see http_server_drain(); default 1 s */
    int64_t drain;      /* when draining: everything that is left is cut; default 20 s */
};

/* What became of a request, for metrics and access logs. `route` is NULL where none was found;
 * status is 499 where the client went away before its deferred answer. Runs on the worker's
 * thread, after the answer was handed to the system. */
struct http_outcome {
    const struct http_route *route;
    int status;
    int64_t nanoseconds; /* since exchange->begun */
};
typedef void http_observer(const struct http_outcome *outcome, void *worker, void *context);

struct http_settings {
    const char *listen; /* "[::]:8443" (IPv4 too), "127.0.0.1:0", ":8080" (like [::]) */
    unsigned workers;   /* threads; 0 means one */
    const struct http_route *routes;        /* must outlive the server */
    struct certificate_store *certificates; /* lib/http/certificate.h; NULL: plain HTTP */
    struct http_limits limits;
    /* A worker's own state for its handlers, made before its thread starts and freed after it
     * ends. `base` is the worker's event loop, for deferred answers. All may be NULL. */
    void *(*worker_create)(struct event_base *base, unsigned index, void *context);
    void (*worker_free)(void *worker, void *context);
    http_observer *observer;
    void *context; /* of worker_create, worker_free and observer */
};

struct http_server;

/* Binds the address. ERROR_INPUT for an address that cannot be read, ERROR_UNAVAILABLE for one
 * that is taken, ERROR_DENIED for a port that needs privileges. */
struct http_server *http_server_create(const struct http_settings *settings, struct error **err);
/* "[::]:8443" with the port the system chose; lives as long as the server. */
const char *http_server_address(const struct http_server *server);
/* Starts the threads (all signals blocked in them). */
int http_server_start(struct http_server *server, struct error **err);
/* Begins the end, and returns at once:
 *  - the system stops answering new connections; those it had answered already are still served;
 *  - the next answer on each connection carries `Connection: close` and ends it;
 *  - a connection is closed without a request once nothing came for limits.quiet: a client which
 *    uses it often is told by an answer and never loses a request to the race between its request
 *    and our closing;
 *  - after limits.drain what is left is cut. */
void http_server_drain(struct http_server *server);
/* Waits until the workers have ended. */
void http_server_join(struct http_server *server);
/* Ends what still runs at once (without draining) and frees. NULL is fine. */
void http_server_free(struct http_server *server);

/* Sums over all workers, for metrics; cheap, from any thread. */
struct http_statistics {
    uint64_t accepted;
    uint64_t handshakes_failed;
    uint64_t timed_out;   /* handshake, request or taking the answer */
    uint64_t evicted;     /* closed to make room */
    uint64_t connections; /* open now */
    uint64_t in_flight;   /* requests whose handler has begun and whose answer is not sent */
    uint64_t body_memory; /* bytes of bodies held now */
};
void http_server_statistics(const struct http_server *server, struct http_statistics *statistics);

static inline void http_server_free_at(struct http_server **server)
{
    http_server_free(*server);
}
#define cleanup_http_server __attribute__((cleanup(http_server_free_at)))

#endif
