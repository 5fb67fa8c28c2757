/* The admission endpoints: a request's body in, the decision's answer out. */
#ifndef GMSA_WEBHOOK_SERVER_ENDPOINTS_H
#define GMSA_WEBHOOK_SERVER_ENDPOINTS_H

#include "lib/http/server.h"
#include "webhook/decision/decision.h"
#include "webhook/server/grant_store.h"
#include "webhook/server/instruments.h"
#include "webhook/server/requester_policy.h"
#include "webhook/sources/source.h"

/* What the endpoints work with; everything outlives the server. */
struct endpoints {
    const struct requester_policy *requesters; /* NULL: who sends a request does not matter */
    struct decision_settings settings;         /* grant_keys is filled in for each request */
    struct source *source;
    struct grant_store *grants; /* or NULL */
    struct instruments *instruments;
};

enum { ENDPOINT_ROUTES = 6 };

/* Fills the table of routes: /mutate, /validate, /validate-credspec, /warn, /info, /health, and the
 * NULL that ends it. The routes keep `endpoints`. */
void endpoints_routes(struct endpoints *endpoints, struct http_route routes[ENDPOINT_ROUTES + 1]);

/* For http_settings; the context is the struct endpoints. */
void *endpoints_worker_create(struct event_base *base, unsigned index, void *context);
void endpoints_worker_free(void *worker, void *context);
void endpoints_observe(const struct http_outcome *outcome, void *worker, void *context);

#endif
