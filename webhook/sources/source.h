/* Where specs come from and who may use them: what the server asks, whoever answers.
 *
 * A folder of manifests answers at once, a cluster later. The caller need not know: it fills a
 * query, asks, and goes on in `answered`, which may be called before source_ask() returns. Every
 * query that was asked ends in exactly one of `answered` and source_cancel(); after `answered` the
 * caller gives back what the answers point into with source_finish(), when it has its verdict.
 *
 * A source may be asked by many threads at once. A query stays with its thread: `answered` is
 * called on the thread that asked, and that thread alone cancels and finishes it.
 */
#ifndef GMSA_WEBHOOK_SOURCES_SOURCE_H
#define GMSA_WEBHOOK_SOURCES_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "webhook/decision/decision.h"

struct source_query;
typedef void source_answered(struct source_query *query);

struct source_query {
    /* The caller's, unchanged until the end. */
    const struct questions *questions; /* count > 0 */
    struct arena *arena;               /* where the answers are put */
    int64_t timeout_milliseconds;      /* what is not known by then is answered as unavailable */
    source_answered *answered;
    void *context;
    /* The source's. */
    struct answer *answers; /* one for each spec name, from `answered` to source_finish() */
    void *held;             /* what the answers point into */
    void *pending;          /* what is under way */
};

/* For /metrics. */
struct source_statistics {
    size_t specs, broken_specs;
    uint64_t authorisation_cache_hits, authorisation_cache_misses;
};

struct source;
struct source_operations {
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
/* No query may be under way or unfinished. NULL is fine. */
static inline void source_free(struct source *source)
{
    if (source)
        source->operations->free(source);
}

#endif
