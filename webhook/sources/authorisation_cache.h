/* Answers "allowed" that need not be asked for again, and questions that are being asked.
 *
 * The API server's authoriser learns of a change to RBAC by a watch of its own, and may lag behind
 * ours by some milliseconds: a question asked right after we saw a binding deleted is still
 * answered "allowed" now and then. Hence the rules:
 *
 *   - every RBAC event, and every relist that may show another state (rbac_census.h), raises the
 *     generation; what was stored before counts no longer;
 *   - an answer is stored only if its question was asked in the generation that still is the
 *     present one, and if at that time no event had come for AUTHORISATION_QUIET;
 *   - a question joins one that is being asked only if that was asked in the present generation;
 *   - while a watch is out of sync nothing is stored and nobody joins; what is stored stays valid
 *     to its age, since a generation that nobody raises proves nothing;
 *   - refusals are never stored;
 *   - a refusal asked for while the API server was away, or just after, counts as "unavailable":
 * one that has only just started refuses what it has not yet read the binding of;
 *   - nothing is used beyond the maximum age, which alone bounds authorisers other than RBAC.
 *
 * A cache belongs to one thread. The epoch is shared: written by the thread that has the watches,
 * read by all. Times are CLOCK_MONOTONIC nanoseconds, given by the caller.
 */
#ifndef GMSA_WEBHOOK_SOURCES_AUTHORISATION_CACHE_H
#define GMSA_WEBHOOK_SOURCES_AUTHORISATION_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/common/slice.h"
#include "webhook/decision/decision.h"

#define AUTHORISATION_QUIET (5 * INT64_C(1000000000))

enum {
    AUTHORISATION_KEY_MAX = 1024, /* bytes; what has a longer key is asked each time */
};

/* --- What the watches have seen ------------------------------------------------------------- */

/* A zeroed epoch is one whose watches are not in sync. */
struct rbac_epoch {
    _Atomic uint64_t generation;
    _Atomic int64_t last_event;
    _Atomic int64_t doubted_until; /* refusals asked for before prove nothing */
    atomic_bool in_sync;
};

/* Something about RBAC changed, or may have. One thread at a time. */
void rbac_epoch_event(struct rbac_epoch *epoch, int64_t now);
/* Whether every watch is in sync now. */
void rbac_epoch_set_in_sync(struct rbac_epoch *epoch, bool in_sync);
/* The API server does not answer any more; it does again. */
void rbac_epoch_lost(struct rbac_epoch *epoch);
void rbac_epoch_back(struct rbac_epoch *epoch, int64_t now);

/* --- Cache ---------------------------------------------------------------------------------- */

struct authorisation_cache;
struct authorisation_question; /* one that is being asked */
struct authorisation_waiter;

/* `detail` says why it is unavailable, or is NULL; valid until it returns. The waiter has left. */
typedef void authorisation_answered(struct authorisation_waiter *waiter, enum authorisation answer,
                                    const char *detail);

/* Who waits for an answer: the caller's, who sets the first two. */
struct authorisation_waiter {
    authorisation_answered *answered;
    void *context;
    struct authorisation_question *question; /* NULL while it waits for nothing */
    TAILQ_ENTRY(authorisation_waiter) link;
};

/* For metrics, from any thread. */
struct authorisation_statistics {
    uint64_t hits;   /* answered from the cache, or by joining */
    uint64_t misses; /* had to be asked */
};

/* At most `capacity` answers are kept: the one used longest ago goes. `maximum_age` 0: nothing is
 * stored and nobody joins. */
struct authorisation_cache *authorisation_cache_create(const struct rbac_epoch *epoch,
                                                       size_t capacity, int64_t maximum_age);
/* Questions still being asked are forgotten without an answer. NULL is fine. */
void authorisation_cache_free(struct authorisation_cache *cache);

enum authorisation_step {
    AUTHORISATION_STEP_ALLOWED, /* known: nothing to wait for */
    AUTHORISATION_STEP_JOINED,  /* the waiter waits for a question that is being asked */
    AUTHORISATION_STEP_ASK,     /* the same, and the caller must ask: *question */
};

/* `key` says who wants to use what: any bytes, copied. */
enum authorisation_step authorisation_cache_ask(struct authorisation_cache *cache, struct slice key,
                                                int64_t now, struct authorisation_waiter *waiter,
                                                struct authorisation_question **question);
/* The API server's answer, or AUTHORISATION_UNAVAILABLE: stores it where the rules allow it and
 * tells all who wait. The question is gone afterwards. */
void authorisation_cache_answer(struct authorisation_cache *cache,
                                struct authorisation_question *question, enum authorisation answer,
                                const char *detail, int64_t now);
/* The waiter waits no longer and is not called. The question goes on: its answer may be stored. */
void authorisation_cache_leave(struct authorisation_waiter *waiter);

struct authorisation_statistics
authorisation_cache_statistics(const struct authorisation_cache *cache);
/* How many answers are stored: the owner's thread. */
size_t authorisation_cache_size(const struct authorisation_cache *cache);

#endif
