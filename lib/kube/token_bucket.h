/* A token bucket that bounds the rate of calls (client-go's QPS and burst).
 *
 * It is one number, the time at which the bucket would be full again, so several threads may share
 * a bucket without a lock. Times are CLOCK_MONOTONIC nanoseconds, given by the caller. */
#ifndef GMSA_KUBE_TOKEN_BUCKET_H
#define GMSA_KUBE_TOKEN_BUCKET_H

#include <stdatomic.h>
#include <stdint.h>

struct token_bucket {
    int64_t interval; /* nanoseconds until the next token; 0: no limit */
    int64_t depth;    /* nanoseconds that a full bucket is worth */
    _Atomic int64_t full_at;
};

/* A full bucket of `burst` tokens (at least one) that gets `rate` a second; a rate of 0 means no
 * limit. */
void token_bucket_init(struct token_bucket *bucket, double rate, unsigned burst);

/* Takes a token, or one that is still to come: callers are served in the order of their calls.
 * Returns the nanoseconds to wait before using it, or -1, with nothing taken, where that would be
 * more than `patience`. */
int64_t token_bucket_take(struct token_bucket *bucket, int64_t now, int64_t patience);
/* For a token that was taken and will not be used. */
void token_bucket_give_back(struct token_bucket *bucket);

#endif
