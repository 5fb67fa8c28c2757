#include "lib/kube/token_bucket.h"

static const double NANOSECONDS = 1e9;

void token_bucket_init(struct token_bucket *bucket, double rate, unsigned burst)
{
    bucket->interval = rate > 0 ? (int64_t)(NANOSECONDS / rate) : 0;
    bucket->depth = bucket->interval * (burst ? (int64_t)burst : 1);
    atomic_init(&bucket->full_at, 0);
}

int64_t token_bucket_take(struct token_bucket *bucket, int64_t now, int64_t patience)
{
    int64_t full_at = atomic_load_explicit(&bucket->full_at, memory_order_relaxed);
    int64_t after, wait;
    if (bucket->interval == 0)
        return 0;
    do {
        after = (full_at > now ? full_at : now) + bucket->interval;
        wait = after - bucket->depth - now;
        if (wait > patience && wait > 0)
            return -1;
    } while (!atomic_compare_exchange_weak_explicit(&bucket->full_at, &full_at, after,
                                                    memory_order_relaxed, memory_order_relaxed));
    return wait > 0 ? wait : 0;
}

void token_bucket_give_back(struct token_bucket *bucket)
{
    (void)atomic_fetch_sub_explicit(&bucket->full_at, bucket->interval, memory_order_relaxed);
}
