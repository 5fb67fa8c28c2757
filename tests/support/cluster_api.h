/* The API server of a small cluster, as far as the webhook asks it: lists and watches that never
 * change, credential specs by name, access reviews. Over plain HTTP on the test's own event loop.
 */
#ifndef GMSA_TESTS_SUPPORT_CLUSTER_API_H
#define GMSA_TESTS_SUPPORT_CLUSTER_API_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/common/buffer.h"
#include "lib/kube/config.h"

struct cluster_api {
    /* What it says; may change at any time. */
    const char *listed_specs; /* JSON: the items of the list */
    bool lists_denied;        /* 403 to every list and watch */
    int spec_status;          /* of a look-up; 200 with spec_body */
    const char *spec_body;
    int review_status; /* 201 with the status object review_answer */
    const char *review_answer;
    const char *denied_user; /* a review that contains it is answered "no"; or NULL */
    bool hold;               /* look-ups and reviews get no answer */
    /* What it was asked. */
    int lookups, reviews, denials;
    struct buffer latest_review;
    /* Its own. */
    struct evhttp_request *watches[16]; /* open ones */
    size_t watch_count;
    struct evhttp *http;
    struct kube_config *config;
};

/* Fills what is zero: no specs, nothing is found, everybody may. */
void cluster_api_start(struct cluster_api *api, struct event_base *base);
/* Ends all watches, as a server does that is shut down. */
void cluster_api_end_watches(struct cluster_api *api);
void cluster_api_stop(struct cluster_api *api);

#endif
