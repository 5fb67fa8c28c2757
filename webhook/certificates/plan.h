/* What to do next about the webhook's own certificates: a pure function of what is stored, what the
 * configurations say and what time it is.
 *
 * A Secret holds an authority with its key (current), a serving certificate of it, during a
 * change-over a second authority (next), and authorities that are trusted still (previous,
 * adopted). All of their certificates together are the bundle, which stands in every configuration.
 * Each step is one write, and what follows from it is derived from what is stored, so whoever leads
 * goes on where another one was killed:
 *
 *   make next    the current authority is at 2/3 of its life, or there is none
 *   publish      a configuration holds another bundle
 *   promote      the bundle with next has stood in every configuration for the trust delay: next
 *                becomes current, with a serving certificate of it, current becomes previous
 *   renew        the serving certificate is at 2/3 of its life
 *   retire       a previous authority has ended, or adopted ones are no longer needed
 *
 * So every serving certificate in the Secret is of an authority that all API servers trust already,
 * and an authority leaves the bundle when nobody can have a valid certificate of it any more. Where
 * the Secret is gone or damaged everything is made anew, as next; authorities that the
 * configurations hold are adopted for PLAN_ADOPTED_SECONDS, since replicas serve certificates of
 * them until next is promoted. */
#ifndef GMSA_WEBHOOK_CERTIFICATES_PLAN_H
#define GMSA_WEBHOOK_CERTIFICATES_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum plan_secret {
    PLAN_SECRET_UNKNOWN, /* not read yet, or it cannot be */
    PLAN_SECRET_ABSENT,
    PLAN_SECRET_FOREIGN, /* without our mark: never touched */
    PLAN_SECRET_DAMAGED,
    PLAN_SECRET_GOOD,
};

/* Seconds since 1970; both 0: there is none. */
struct plan_life {
    int64_t made, ends;
};

struct plan_facts {
    enum plan_secret secret;
    struct plan_life current, next, serving; /* where the Secret is good */
    bool serving_fits;                       /* it has the names that it must have */
    int64_t previous_ends; /* the first end among previous authorities; 0: there is none */
    int64_t adopted_ends;  /* of the adopted ones; 0: there is none */
    bool configurations_known;
    bool bundle_stands; /* in every configuration that there is, exactly */
    int64_t standing;   /* for so many milliseconds, as far as this process knows */
};

struct plan_settings {
    int64_t authority_life, serving_life; /* seconds */
    int64_t trust_delay;                  /* milliseconds */
};

enum plan_step {
    PLAN_WAIT,
    PLAN_MAKE_ANEW, /* the Secret: next, and what is adopted */
    PLAN_MAKE_NEXT,
    PLAN_PUBLISH,
    PLAN_PROMOTE,
    PLAN_RENEW,
    PLAN_RETIRE,
    PLAN_STEPS,
};

enum { PLAN_ADOPTED_SECONDS = 300 };

struct plan {
    enum plan_step step;
    const char *why;    /* for the log (static) */
    int64_t look_again; /* milliseconds until time alone may change the plan; for PLAN_WAIT */
};

/* `now` in seconds since 1970. `held_back` has a bit (1 << step) for each step that has just
 * failed and is not to be tried yet: it holds no other one up. */
struct plan plan_next(const struct plan_facts *facts, const struct plan_settings *settings,
                      int64_t now, unsigned held_back);

/* Whether 2/3 of a life have passed. */
bool plan_is_due(struct plan_life life, int64_t now);
/* When a serving certificate ends that is made now: it does not outlive its authority. */
int64_t plan_serving_end(const struct plan_settings *settings, struct plan_life authority,
                         int64_t now);

/* "make-next", ...: a stable word for logs and metrics. */
const char *plan_step_name(enum plan_step step);

#endif
