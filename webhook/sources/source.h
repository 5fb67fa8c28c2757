/* Where specs come from and who may use them: what the server asks, whoever answers.
 *
 * A folder of manifests answers at once, a cluster later. The caller need not know: it fills a
 * query, asks, and goes on in `answered`, which may be called before source_ask() returns. Every
 * query that was asked ends in exactly one of `answered` and source_cancel(); after `answered` the
 * caller gives back what the answers point into with source_finish(), when it has its verdict.
 *
 * A source may be asked by many threads at once, each of which attaches to it first. A query stays
 * with its thread: `answered` is called on the thread that asked, from its event loop, and that
 * thread alone cancels and finishes it.
 */
#ifndef GMSA_WEBHOOK_SOURCES_SOURCE_H
#define GMSA_WEBHOOK_SOURCES_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "webhook/decision/decision.h"

struct event_base;
struct requester;
struct source_query;
typedef void source_answered(struct source_query *query);

struct source_query {
    /* The caller's, unchanged until the end. */
    const struct questions *questions; /* count > 0 */
    void *worker;                      /* what source_attach() returned to this thread */
    struct arena *arena;               /* where the answers are put */
    int64_t timeout_milliseconds;      /* what is not known by then is answered as unavailable */
    /* Who must be permitted to use the specs too, beside the service account; or NULL. */
    const struct requester *requester;
    /* Everything was authorised a moment ago: look all specs up once more where what was answered
     * may be out of date, and authorise nothing. */
    bool fresh;
    source_answered *answered;
    void *context;
    /* The source's. */
    struct answer *answers; /* one for each spec name, from `answered` to source_finish() */
    bool current;  /* the answers are as new as they can be: asking for fresh ones is no use */
    void *held;    /* what the answers point into */
    void *pending; /* what is under way */
};

/* For /metrics. */
struct source_statistics {
    size_t specs, broken_specs;
    bool stale; /* the last load failed: what is in use is older than what there is */
    uint64_t authorisation_cache_hits, authorisation_cache_misses;
    /* Where specs come from a cluster. */
    bool has_api, api_up;
    bool definition_lacks_fields; /* the cluster's definition drops allow-lists: spec_snapshot.h */
};

struct source;
struct source_operations {
    /* Both or none: where a thread needs nothing of its own. */
    void *(*attach)(struct source *source, struct event_base *base);
    void (*detach)(struct source *source, void *worker);
    void (*ask)(struct source *source, struct source_query *query);
    void (*cancel)(struct source *source, struct source_query *query);
    void (*finish)(struct source *source, struct source_query *query);
    bool (*ready)(struct source *source);
    void (*statistics)(struct source *source, struct source_statistics *statistics);
    void (*free)(struct source *source);
};

/* The first member of every source's own struct. */
struct source {
    const struct source_operations *operations;
};

/* Before a thread's first question, and after its last is finished or cancelled; `base` is the loop
 * of the thread, which need not run yet or any more. May return NULL. */
static inline void *source_attach(struct source *source, struct event_base *base)
{
    return source->operations->attach ? source->operations->attach(source, base) : NULL;
}
static inline void source_detach(struct source *source, void *worker)
{
    if (source->operations->detach)
        source->operations->detach(source, worker);
}
static inline void source_ask(struct source *source, struct source_query *query)
{
    source->operations->ask(source, query);
}
/* Forgets a query that was not answered yet: `answered` will not be called. */
static inline void source_cancel(struct source *source, struct source_query *query)
{
    source->operations->cancel(source, query);
}
/* After `answered`: the answers are no longer needed. */
static inline void source_finish(struct source *source, struct source_query *query)
{
    source->operations->finish(source, query);
}
/* Whether it can answer at all: part of /readyz. */
static inline bool source_ready(struct source *source)
{
    return source->operations->ready(source);
}
static inline void source_statistics(struct source *source, struct source_statistics *statistics)
{
    source->operations->statistics(source, statistics);
}
/* No query may be under way or unfinished, no thread attached. NULL is fine. */
static inline void source_free(struct source *source)
{
    if (source)
        source->operations->free(source);
}

#endif
