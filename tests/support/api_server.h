/* An API server that says what a test wants: one answer after another, over plain HTTP on a
 * loopback port, on the test's own event loop. */
#ifndef GMSA_TESTS_SUPPORT_API_SERVER_H
#define GMSA_TESTS_SUPPORT_API_SERVER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/common/buffer.h"
#include "lib/kube/config.h"

struct api_answer {
    int status;              /* 0 ends the array */
    const char *body;        /* JSON, or NULL */
    bool open;               /* more could follow: the answer does not end */
    const char *retry_after; /* or NULL */
    int delay;               /* milliseconds until it comes; the caller waits for it */
};

struct api_server;

/* Each request takes the next answer; when one comes and none is left, the loop is ended. */
struct api_server *api_server_start(struct event_base *base, const struct api_answer *answers);
/* A config for it; owned by the server. */
const struct kube_config *api_server_config(const struct api_server *server);
/* The requests so far, one a line: "GET /path?query", and " Authorization: ..." where there is one.
 */
const char *api_server_requests(const struct api_server *server);
/* The Accept field of the latest request. */
const char *api_server_accept(const struct api_server *server);
void api_server_stop(struct api_server *server);

#endif
