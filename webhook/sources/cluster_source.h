/* The source of `serve` in a cluster: specs from a watch, permissions from the API server.
 *
 * One thread has the watches (cluster_watch.h); each thread that asks has a client of its own, with
 * which it asks who may use a spec (access_reviewer.h) and looks up what the watch does not know
 * (spec_lookup.h). They share the snapshots, the generation of RBAC and the bound on the rate of
 * calls, and no lock on the way of a request. */
#ifndef GMSA_WEBHOOK_SOURCES_CLUSTER_SOURCE_H
#define GMSA_WEBHOOK_SOURCES_CLUSTER_SOURCE_H

#include "lib/kube/client.h"
#include "webhook/sources/source.h"

struct cluster_source_settings {
    const struct kube_config *config; /* must outlive the source */
    double qps;                       /* calls a second, of all threads; 0: no limit */
    unsigned burst;
    int64_t authorisation_ttl; /* milliseconds that "allowed" is kept at most; 0: not at all */
    kube_observer *observer;   /* of every call, from several threads; or NULL */
    void *context;             /* the observer's */
};

/* Begins to watch. ERROR_INTERNAL. Freed with source_free(). */
struct source *cluster_source_create(const struct cluster_source_settings *settings,
                                     struct error **err);

#endif
