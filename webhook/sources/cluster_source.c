#include "webhook/sources/cluster_source.h"

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "webhook/sources/cluster_worker.h"

static const int64_t MILLISECOND = 1000000; /* nanoseconds */

static struct cluster_source *self_of(struct source *source)
{
    return (struct cluster_source *)source;
}

/* --- Threads that ask ------------------------------------------------------------------------- */

static struct kube_client_settings client_settings(struct cluster_source *self)
{
    return (struct kube_client_settings){
        .config = self->settings.config,
        .bucket = &self->bucket,
        .observer = self->settings.observer,
        .context = self->settings.context,
    };
}

static void *attach(struct source *source, struct event_base *base)
{
    struct cluster_source *self = self_of(source);
    cleanup_error struct error *error = NULL;
    struct cluster_worker *worker = xcalloc(1, sizeof(*worker));
    struct kube_client_settings settings = client_settings(self);
    worker->source = self;
    worker->base = base;
    settings.base = base;
    worker->client = kube_client_create(&settings, &error);
    if (worker->client) {
        worker->reviewer = access_reviewer_create(worker->client, cluster_watch_epoch(self->watch),
                                                  self->settings.authorisation_ttl * MILLISECOND);
        worker->lookups = spec_lookups_create(worker->client);
    } else {
        log_error("cannot call the API server", log_error_field(error));
    }
    pthread_mutex_lock(&self->lock);
    LIST_INSERT_HEAD(&self->workers, worker, link);
    pthread_mutex_unlock(&self->lock);
    return worker;
}

static void detach(struct source *source, void *context)
{
    struct cluster_source *self = self_of(source);
    struct cluster_worker *worker = context;
    pthread_mutex_lock(&self->lock);
    LIST_REMOVE(worker, link);
    pthread_mutex_unlock(&self->lock);
    access_reviewer_free(worker->reviewer);
    spec_lookups_free(worker->lookups);
    kube_client_free(worker->client);
    spec_view_release(&worker->view);
    free(worker);
}

/* --- The source ------------------------------------------------------------------------------- */

static bool ready(struct source *source)
{
    return cluster_watch_state(self_of(source)->watch).ready;
}

static void statistics(struct source *source, struct source_statistics *numbers)
{
    struct cluster_source *self = self_of(source);
    struct spec_view view = {0};
    const struct spec_snapshot *snapshot = spec_view_look(&view, cluster_watch_board(self->watch));
    *numbers = (struct source_statistics){
        .has_api = true,
        .api_up = cluster_watch_state(self->watch).api_up,
        .specs = snapshot ? spec_snapshot_count(snapshot) : 0,
        .broken_specs = snapshot ? spec_snapshot_broken(snapshot) : 0,
        .definition_lacks_fields = snapshot && !spec_snapshot_keeps_fields(snapshot),
    };
    spec_view_release(&view);
    struct cluster_worker *worker;
    pthread_mutex_lock(&self->lock);
    LIST_FOREACH(worker, &self->workers, link)
    {
        if (!worker->reviewer)
            continue;
        struct authorisation_statistics of_worker = access_reviewer_statistics(worker->reviewer);
        numbers->authorisation_cache_hits += of_worker.hits;
        numbers->authorisation_cache_misses += of_worker.misses;
    }
    pthread_mutex_unlock(&self->lock);
}

static void free_source(struct source *source)
{
    struct cluster_source *self = self_of(source);
    cluster_watch_free(self->watch);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static const struct source_operations operations = {
    .attach = attach,
    .detach = detach,
    .ask = cluster_query_ask,
    .cancel = cluster_query_cancel,
    .finish = cluster_query_finish,
    .ready = ready,
    .statistics = statistics,
    .free = free_source,
};

struct source *cluster_source_create(const struct cluster_source_settings *settings,
                                     struct error **err)
{
    struct cluster_source *self = xcalloc(1, sizeof(*self));
    self->source.operations = &operations;
    self->settings = *settings;
    token_bucket_init(&self->bucket, settings->qps, settings->burst);
    pthread_mutex_init(&self->lock, NULL);
    LIST_INIT(&self->workers);
    struct kube_client_settings pattern = client_settings(self);
    /* What the watches need does not wait behind what pods need. */
    pattern.bucket = NULL;
    self->watch = cluster_watch_create(&pattern, err);
    if (!self->watch) {
        free_source(&self->source);
        return NULL;
    }
    return &self->source;
}
