/* libcurl's transfers on a libevent loop: curl says which sockets and which time it waits for,
 * libevent says when they have come. */
#ifndef GMSA_KUBE_TRANSFERS_H
#define GMSA_KUBE_TRANSFERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/error.h"
#include "lib/kube/curl.h"

struct event;
struct event_base;

struct transfers {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    bool inside; /* curl is at work: no transfer may be added or removed now */
    /* A transfer has ended and is removed already. */
    void (*finished)(CURL *easy, CURLcode result, void *context);
    /* Called each time curl has done what it had to do, not inside. */
    void (*pause)(void *context);
    void *context;
};

/* `connections`: how many are kept open for later calls. The functions and `context` are set by the
 * caller before. */
int transfers_create(struct transfers *transfers, struct event_base *base, size_t connections,
                     struct error **err);
/* All transfers must have been removed. */
void transfers_release(struct transfers *transfers);

#endif
