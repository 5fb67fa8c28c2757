/* The parts of a cluster source that its files share. */
#ifndef GMSA_WEBHOOK_SOURCES_CLUSTER_WORKER_H
#define GMSA_WEBHOOK_SOURCES_CLUSTER_WORKER_H

#include <pthread.h>

#include "webhook/sources/access_reviewer.h"
#include "webhook/sources/cluster_source.h"
#include "webhook/sources/cluster_watch.h"
#include "webhook/sources/spec_lookup.h"

struct cluster_source {
    struct source source;
    struct cluster_source_settings settings;
    struct token_bucket bucket;
    struct cluster_watch *watch;
    pthread_mutex_t lock; /* of the list of workers */
    LIST_HEAD(, cluster_worker) workers;
};

/* What one thread has of its own. */
struct cluster_worker {
    LIST_ENTRY(cluster_worker) link;
    struct cluster_source *source;
    struct event_base *base;
    struct kube_client *client; /* NULL where it could not be made: nothing can be found out */
    struct access_reviewer *reviewer;
    struct spec_lookups *lookups;
    struct spec_view view;
};

/* cluster_query.c: the operations of the same names. */
void cluster_query_ask(struct source *source, struct source_query *query);
void cluster_query_cancel(struct source *source, struct source_query *query);
void cluster_query_finish(struct source *source, struct source_query *query);

#endif
