/* A call under way: the client's and its requests' own business. */
#ifndef GMSA_KUBE_REQUEST_H
#define GMSA_KUBE_REQUEST_H

#include "lib/common/buffer.h"
#include "lib/kube/client.h"
#include "lib/kube/clock.h"
#include "lib/kube/credential.h"
#include "lib/kube/curl.h"
#include "lib/kube/easy.h"
#include "lib/kube/transfers.h"

struct event;

enum request_state {
    REQUEST_WAITS,  /* for a token of the bucket */
    REQUEST_QUEUED, /* for its turn */
    REQUEST_RUNS,
};

struct kube_request {
    struct kube_client *client;
    struct kube_request *previous, *next; /* of the client's list for its state */
    enum request_state state;
    bool stream, cancelled, secret;

    enum kube_verb verb;
    struct kube_stream callbacks;
    kube_done *done;
    void *context;
    size_t limit;
    char *path, *accept;
    struct buffer body;
    struct error *problem; /* what ended it, or keeps it from being started */

    int64_t until; /* the deadline, and what the timer is set to meanwhile; CLOCK_MONOTONIC ns */
    struct event *deadline, *turn;

    CURL *easy;
    struct curl_slist *fields;
    char detail[CURL_ERROR_SIZE];
    size_t head_length;
    int status; /* 0 until the head has arrived */
    struct buffer answer;
};

struct request_list {
    struct kube_request *first, *last;
};

struct kube_client {
    struct kube_client_settings settings;
    struct kube_endpoint endpoint;
    struct kube_credential credential;
    struct transfers transfers;
    struct event *kick; /* starts what is queued, from the loop */
    struct request_list lists[REQUEST_RUNS + 1];
    size_t running; /* of those that count, see takes_place() */
    bool suspect;   /* kept connections may be dead: open new ones */
    bool down;
};

/* client.c */
void request_move(struct kube_request *request, enum request_state state);
/* Takes it off its list, removes its transfer and frees it. Not inside curl. */
void request_free(struct kube_request *request);

/* request.c */
/* Makes the transfer of a request whose turn it is. */
int request_start(struct kube_request *request, struct error **err);
/* Sets the timer: to the deadline, or to `wait` milliseconds where that is earlier and not 0. */
void request_set_timer(struct kube_request *request, int64_t wait);
/* Tells what came of it: of the transfer that has ended with `result`, or of request->problem. The
 * request is freed. */
void request_finish(struct kube_request *request, CURLcode result);
/* "GET /api/v1/pods" for messages: without the query, which may be long. */
void request_prefix(const struct kube_request *request, struct error **err);
const char *request_method(enum kube_verb verb);

#endif
