/* How long to wait before trying again: twice as long each time, with jitter, so that programs
 * which lost the same server together do not come back together. */
#ifndef GMSA_KUBE_BACKOFF_H
#define GMSA_KUBE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t least, most; /* any unit of time */
    int64_t step;        /* the present one; 0 at the beginning */
};

/* The next wait: between half of the present step and all of it, as `random`, any number, decides.
 * Steps go from `least`, doubling, to `most`. */
int64_t backoff_next(struct backoff *backoff, uint32_t random);
/* After a success. */
void backoff_reset(struct backoff *backoff);

#endif
