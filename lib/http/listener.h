/* Inside of the server: the listening socket.
 *
 * The first worker accepts, and deals each connection to the worker that has the fewest: an API
 * server keeps a handful of connections for hours, which several sockets with SO_REUSEPORT would
 * spread by chance. */
#ifndef GMSA_HTTP_LISTENER_H
#define GMSA_HTTP_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/error.h"

struct worker;
struct event;

struct listener {
    int fd; /* -1: closed */
    struct event *event;
    bool watched;
    unsigned turn;  /* of the worker that gets the next connection */
    int64_t retry;  /* after accept() failed: when to try again, nanoseconds; or 0 */
    bool failing;   /* the same, until one succeeds: told once */
    int64_t closes; /* when draining: when to close, nanoseconds */
};

/* Binds "HOST:PORT"; *address gets what came of it, in a new text. */
int listener_open(struct listener *listener, const char *text, char **address, struct error **err);
int listener_start(struct worker *first, struct error **err);
/* The rest does nothing for other workers than the first. */
bool listener_is_open(const struct worker *worker);
/* The system stops answering connection attempts; what it has answered is still accepted until the
 * socket is closed a moment later (listener_tick()). */
void listener_drain(struct worker *worker);
void listener_tick(struct worker *worker);
bool listener_waits(const struct worker *worker); /* for a tick */
/* Accepts again after a pause, where there is room. */
void listener_resume(struct worker *worker);
void listener_close(struct worker *worker);

#endif
