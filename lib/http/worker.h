/* Inside of the server: workers, and what they share. */
#ifndef GMSA_HTTP_WORKER_H
#define GMSA_HTTP_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/http/listener.h"
#include "lib/http/response.h"
#include "lib/http/server.h"

struct connection;
struct event;

/* Why a connection may be ended by the clock. Each list is in the order of its times, since all in
 * it have the same limit: the first is the next to end. */
enum list {
    LIST_HANDSHAKE, /* since it was accepted */
    LIST_REQUEST,   /* since the first byte of the request */
    LIST_WAITING,   /* since its handler deferred: no limit */
    LIST_ANSWER,    /* since the answer was ready */
    LIST_IDLE,      /* since the last answer */
    LIST_LINGER,    /* since the last answer was sent: the peer reads it and closes */
    LIST_COUNT,
};

struct connection_list {
    struct connection *first, *last;
};

enum counter {
    COUNTER_ACCEPTED,
    COUNTER_HANDSHAKES_FAILED,
    COUNTER_TIMED_OUT,
    COUNTER_EVICTED,
    COUNTER_IN_FLIGHT,
    COUNTER_COUNT,
};

/* An exchange and what the server keeps beside it. A worker has one at hand; one that waits for its
 * handler or its reader belongs to its connection meanwhile. */
struct exchange {
    struct http_exchange public; /* first: the public pointer is this one */
    struct connection *connection;
    struct exchange *next;
    const struct http_route *route;
    struct buffer input;  /* what was read, when one reading brought a whole request */
    struct buffer fields; /* more header fields for the answer */
    http_cancelled *cancelled;
    void *cancelled_context;
    bool deferred;
    bool counted; /* as in flight */
    bool no_body; /* the request was HEAD */
};

/* Connections that the accepting worker has dealt out and the owner has not seen yet. */
struct inbox {
    pthread_mutex_t lock;
    int *fds;
    size_t count, capacity;
    bool closed;
};

struct worker {
    struct http_server *server;
    unsigned index;
    struct event_base *base;
    struct event *wake, *tick, *reap;
    int wake_fd;
    pthread_t thread;
    bool started;
    void *context; /* the handlers' */
    struct inbox inbox;
    struct connection_list lists[LIST_COUNT];
    struct connection *dead;
    struct exchange *spare;
    size_t spare_count;
    struct http_date date;
    int64_t now; /* CLOCK_MONOTONIC, nanoseconds, of the present callback */
    bool draining;
    int64_t drain_begun;
    _Atomic uint64_t counters[COUNTER_COUNT]; /* written by this worker alone, read by anyone */
    _Atomic uint64_t connections; /* open, and in the inbox: the accepting worker counts them */
};

struct http_server {
    struct http_settings settings; /* limits filled in */
    char *address;
    struct listener listener; /* workers[0] alone uses it while threads run */
    atomic_bool paused;       /* no new connections for want of room */
    atomic_bool draining, stopping;
    _Atomic uint64_t body_memory;
    unsigned worker_count;
    struct worker *workers;
};

int worker_init(struct worker *worker, struct http_server *server, unsigned index,
                struct error **err);
void *worker_run(void *worker); /* for pthread_create() */
void worker_wake(struct worker *worker);
void worker_release(struct worker *worker);

/* Puts a socket into another worker's inbox; false when that worker ends. */
bool worker_post(struct worker *worker, int fd);
/* Begins with a socket, and makes room for it where needed. */
void worker_adopt(struct worker *worker, int fd);
void worker_look_at_clock(struct worker *worker);
/* Makes sure that deadlines are looked at. */
void worker_start_tick(struct worker *worker);

struct exchange *worker_take_exchange(struct worker *worker);
void worker_return_exchange(struct worker *worker, struct exchange *exchange);
/* Ready for the next request: nothing of the last one is left. */
void exchange_reset(struct exchange *exchange);

static inline void worker_count(struct worker *worker, enum counter counter, int64_t by)
{
    /* Only this thread writes, so that no locked instruction is needed. */
    uint64_t now = atomic_load_explicit(&worker->counters[counter], memory_order_relaxed);
    atomic_store_explicit(&worker->counters[counter], now + (uint64_t)by, memory_order_relaxed);
}

#endif
