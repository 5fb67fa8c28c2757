/* A hash table of stored answers, which also stand in a list by their last use, and a list of the
 * questions that are being asked: seldom more than a few. */
#include "webhook/sources/authorisation_cache.h"

#include "lib/common/memory.h"

enum { BUCKETS = 1024 };

struct stored_answer {
    LIST_ENTRY(stored_answer) in_bucket;
    TAILQ_ENTRY(stored_answer) by_use;
    uint64_t generation;
    int64_t asked; /* its age counts from here: the answer cannot be older */
    uint64_t hash;
    size_t length;
    char key[];
};

struct authorisation_question {
    TAILQ_ENTRY(authorisation_question) link;
    TAILQ_HEAD(, authorisation_waiter) waiters;
    uint64_t generation;
    int64_t asked;
    bool storable; /* the watches were in sync and quiet when it was asked */
    uint64_t hash;
    size_t length;
    char key[];
};

struct authorisation_cache {
    const struct rbac_epoch *epoch;
    size_t capacity, count;
    int64_t maximum_age;
    LIST_HEAD(, stored_answer) buckets[BUCKETS];
    TAILQ_HEAD(use_list, stored_answer) by_use; /* the latest first */
    TAILQ_HEAD(, authorisation_question) questions;
    _Atomic uint64_t hits, misses;
};

/* --- Epoch ---------------------------------------------------------------------------------- */

/* The time goes first: who still sees the old generation may see the new time, which only makes
 * them more careful. */
void rbac_epoch_event(struct rbac_epoch *epoch, int64_t now)
{
    atomic_store(&epoch->last_event, now);
    atomic_fetch_add(&epoch->generation, 1);
}

void rbac_epoch_set_in_sync(struct rbac_epoch *epoch, bool in_sync)
{
    atomic_store(&epoch->in_sync, in_sync);
}

void rbac_epoch_lost(struct rbac_epoch *epoch)
{
    atomic_store(&epoch->doubted_until, INT64_MAX);
}

void rbac_epoch_back(struct rbac_epoch *epoch, int64_t now)
{
    if (atomic_load(&epoch->doubted_until) == INT64_MAX)
        atomic_store(&epoch->doubted_until, now + AUTHORISATION_QUIET);
}

/* --- Stored answers ------------------------------------------------------------------------- */

/* FNV-1a. That many keys of one hash can be found does no harm: the capacity bounds their chain. */
static uint64_t hash_of(struct slice key)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 1099511628211U;
    return hash;
}

static bool same_key(uint64_t hash, const char *key, size_t length, uint64_t other_hash,
                     struct slice other)
{
    return hash == other_hash && length == other.length &&
           (length == 0 || memcmp(key, other.data, length) == 0);
}

static void forget(struct authorisation_cache *cache, struct stored_answer *stored)
{
    LIST_REMOVE(stored, in_bucket);
    TAILQ_REMOVE(&cache->by_use, stored, by_use);
    cache->count--;
    free(stored);
}

static struct stored_answer *find_stored(struct authorisation_cache *cache, uint64_t hash,
                                         struct slice key)
{
    struct stored_answer *stored;
    LIST_FOREACH(stored, &cache->buckets[hash % BUCKETS], in_bucket)
    if (same_key(stored->hash, stored->key, stored->length, hash, key))
        return stored;
    return NULL;
}

static bool is_valid(const struct authorisation_cache *cache, const struct stored_answer *stored,
                     uint64_t generation, int64_t now)
{
    return stored->generation == generation && now - stored->asked < cache->maximum_age;
}

/* Whether the answer is stored and counts; what counts no longer is forgotten. */
static bool recall(struct authorisation_cache *cache, uint64_t hash, struct slice key,
                   uint64_t generation, int64_t now)
{
    struct stored_answer *stored = find_stored(cache, hash, key);
    if (!stored)
        return false;
    if (!is_valid(cache, stored, generation, now)) {
        forget(cache, stored);
        return false;
    }
    TAILQ_REMOVE(&cache->by_use, stored, by_use);
    TAILQ_INSERT_HEAD(&cache->by_use, stored, by_use);
    return true;
}

static void store(struct authorisation_cache *cache, const struct authorisation_question *question)
{
    struct slice key = {question->key, question->length};
    struct stored_answer *stored = find_stored(cache, question->hash, key);
    if (stored)
        forget(cache, stored);
    if (cache->count >= cache->capacity)
        forget(cache, TAILQ_LAST(&cache->by_use, use_list));
    stored = xmalloc(sizeof(*stored) + key.length);
    stored->generation = question->generation;
    stored->asked = question->asked;
    stored->hash = question->hash;
    stored->length = key.length;
    memcpy(stored->key, key.data, key.length);
    LIST_INSERT_HEAD(&cache->buckets[stored->hash % BUCKETS], stored, in_bucket);
    TAILQ_INSERT_HEAD(&cache->by_use, stored, by_use);
    cache->count++;
}

/* --- Questions ------------------------------------------------------------------------------ */

static struct authorisation_question *find_question(struct authorisation_cache *cache,
                                                    uint64_t hash, struct slice key,
                                                    uint64_t generation)
{
    struct authorisation_question *question;
    TAILQ_FOREACH(question, &cache->questions, link)
    if (question->generation == generation &&
        same_key(question->hash, question->key, question->length, hash, key))
        return question;
    return NULL;
}

static void wait_for(struct authorisation_question *question, struct authorisation_waiter *waiter)
{
    waiter->question = question;
    TAILQ_INSERT_TAIL(&question->waiters, waiter, link);
}

enum authorisation_step authorisation_cache_ask(struct authorisation_cache *cache, struct slice key,
                                                int64_t now, struct authorisation_waiter *waiter,
                                                struct authorisation_question **question)
{
    /* The generation is read first. Were it raised behind our back meanwhile, what is read later
     * can only be newer, and the answer is not stored. */
    uint64_t generation = atomic_load(&cache->epoch->generation);
    bool in_sync = atomic_load(&cache->epoch->in_sync);
    bool quiet = now - atomic_load(&cache->epoch->last_event) >= AUTHORISATION_QUIET;
    bool usable = cache->maximum_age > 0 && key.length <= AUTHORISATION_KEY_MAX;
    uint64_t hash = hash_of(key);

    if (usable && recall(cache, hash, key, generation, now)) {
        atomic_fetch_add_explicit(&cache->hits, 1, memory_order_relaxed);
        return AUTHORISATION_STEP_ALLOWED;
    }
    struct authorisation_question *asked =
        usable && in_sync ? find_question(cache, hash, key, generation) : NULL;
    if (asked) {
        atomic_fetch_add_explicit(&cache->hits, 1, memory_order_relaxed);
        wait_for(asked, waiter);
        return AUTHORISATION_STEP_JOINED;
    }
    atomic_fetch_add_explicit(&cache->misses, 1, memory_order_relaxed);
    asked = xmalloc(sizeof(*asked) + key.length);
    *asked = (struct authorisation_question){
        .generation = generation,
        .asked = now,
        .storable = usable && in_sync && quiet,
        .hash = hash,
        .length = key.length,
    };
    if (key.length > 0)
        memcpy(asked->key, key.data, key.length);
    TAILQ_INIT(&asked->waiters);
    TAILQ_INSERT_TAIL(&cache->questions, asked, link);
    wait_for(asked, waiter);
    *question = asked;
    return AUTHORISATION_STEP_ASK;
}

void authorisation_cache_answer(struct authorisation_cache *cache,
                                struct authorisation_question *question, enum authorisation answer,
                                const char *detail, int64_t now)
{
    TAILQ_REMOVE(&cache->questions, question, link);
    if (answer == AUTHORISATION_DENIED &&
        question->asked < atomic_load(&cache->epoch->doubted_until)) {
        answer = AUTHORISATION_UNAVAILABLE;
        detail = "the API server has only just come back and may not know every permission yet";
    }
    if (answer == AUTHORISATION_ALLOWED && question->storable && cache->capacity > 0 &&
        atomic_load(&cache->epoch->in_sync) &&
        atomic_load(&cache->epoch->generation) == question->generation &&
        now - question->asked < cache->maximum_age)
        store(cache, question);
    struct authorisation_waiter *waiter;
    while ((waiter = TAILQ_FIRST(&question->waiters)) != NULL) {
        authorisation_cache_leave(waiter);
        waiter->answered(waiter, answer, detail);
    }
    free(question);
}

void authorisation_cache_leave(struct authorisation_waiter *waiter)
{
    if (!waiter->question)
        return;
    TAILQ_REMOVE(&waiter->question->waiters, waiter, link);
    waiter->question = NULL;
}

/* --- The whole ------------------------------------------------------------------------------ */

struct authorisation_cache *authorisation_cache_create(const struct rbac_epoch *epoch,
                                                       size_t capacity, int64_t maximum_age)
{
    struct authorisation_cache *cache = xcalloc(1, sizeof(*cache));
    cache->epoch = epoch;
    cache->capacity = capacity;
    cache->maximum_age = maximum_age;
    TAILQ_INIT(&cache->by_use);
    TAILQ_INIT(&cache->questions);
    return cache;
}

void authorisation_cache_free(struct authorisation_cache *cache)
{
    if (!cache)
        return;
    struct stored_answer *stored;
    while ((stored = TAILQ_FIRST(&cache->by_use)) != NULL)
        forget(cache, stored); // NOLINT(clang-analyzer-unix.Malloc): it cannot see the removal
    struct authorisation_question *question;
    while ((question = TAILQ_FIRST(&cache->questions)) != NULL) {
        struct authorisation_waiter *waiter;
        while ((waiter = TAILQ_FIRST(&question->waiters)) != NULL)
            authorisation_cache_leave(waiter);
        TAILQ_REMOVE(&cache->questions, question, link);
        free(question);
    }
    free(cache);
}

struct authorisation_statistics
authorisation_cache_statistics(const struct authorisation_cache *cache)
{
    return (struct authorisation_statistics){
        .hits = atomic_load_explicit(&cache->hits, memory_order_relaxed),
        .misses = atomic_load_explicit(&cache->misses, memory_order_relaxed),
    };
}

size_t authorisation_cache_size(const struct authorisation_cache *cache)
{
    return cache->count;
}
