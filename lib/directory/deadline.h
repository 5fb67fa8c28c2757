/* Points in time by which something must be over: CLOCK_MONOTONIC in nanoseconds.
 *
 * Every function here that talks to somebody else takes one. It counts everything that the function
 * does, waiting included; a deadline in the past makes it fail at once with ERROR_UNAVAILABLE. */
#ifndef GMSA_DIRECTORY_DEADLINE_H
#define GMSA_DIRECTORY_DEADLINE_H

#include <limits.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

static inline int64_t deadline_now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline int64_t deadline_after(int64_t milliseconds)
{
    return deadline_now() + milliseconds * 1000000;
}

/* The earlier of a deadline and so many milliseconds from now. */
static inline int64_t deadline_within(int64_t deadline, int64_t milliseconds)
{
    int64_t sooner = deadline_after(milliseconds);
    return sooner < deadline ? sooner : deadline;
}

/* Milliseconds until then, rounded up; 0 when it is over: what poll(2) wants. */
static inline int deadline_left(int64_t deadline)
{
    int64_t left = (deadline - deadline_now() + 999999) / 1000000;
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* The same for select(2) and libldap, and never a zero that means "for ever" to somebody. */
static inline struct timeval deadline_timeval(int64_t deadline)
{
    int left = deadline_left(deadline);
    return (struct timeval){left / 1000, left > 0 ? left % 1000 * 1000 : 1};
}

#endif
