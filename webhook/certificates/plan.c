#include "webhook/certificates/plan.h"

#include <stddef.h>

enum { LONGEST_WAIT = 3600 * 1000, SHORTEST_WAIT = 50 };

static bool exists(struct plan_life life)
{
    return life.ends != 0;
}

static bool has_ended(struct plan_life life, int64_t now)
{
    return life.ends <= now;
}

static int64_t due_time(struct plan_life life)
{
    return life.ends - (life.ends - life.made) / 3;
}

bool plan_is_due(struct plan_life life, int64_t now)
{
    return now >= due_time(life);
}

int64_t plan_serving_end(const struct plan_settings *settings, struct plan_life authority,
                         int64_t now)
{
    int64_t end = now + settings->serving_life;
    return end < authority.ends ? end : authority.ends;
}

const char *plan_step_name(enum plan_step step)
{
    static const char *const names[PLAN_STEPS] = {
        [PLAN_WAIT] = "wait",       [PLAN_MAKE_ANEW] = "make-anew", [PLAN_MAKE_NEXT] = "make-next",
        [PLAN_PUBLISH] = "publish", [PLAN_PROMOTE] = "promote",     [PLAN_RENEW] = "renew",
        [PLAN_RETIRE] = "retire",
    };
    return names[step];
}

/* --- What each step needs --------------------------------------------------------------------- */
/* The reason for it, or NULL where it is not to be done. All but the first are for a good Secret.
 * None relies on its place in the order: what is unsafe, a step's own conditions rule out. */

typedef const char *plan_reason(const struct plan_facts *facts,
                                const struct plan_settings *settings, int64_t now);

static const char *make_anew(const struct plan_facts *facts, const struct plan_settings *settings,
                             int64_t now)
{
    (void)settings;
    (void)now;
    /* What the configurations hold is adopted, so it must be known. */
    if (!facts->configurations_known)
        return NULL;
    if (facts->secret == PLAN_SECRET_ABSENT)
        return "there is no Secret";
    return facts->secret == PLAN_SECRET_DAMAGED ? "the Secret is damaged" : NULL;
}

/* Of the current authority, so nobody need learn to trust it. Where it would end no later than the
 * present one, since the authority itself ends, nothing is won. */
static const char *renew(const struct plan_facts *facts, const struct plan_settings *settings,
                         int64_t now)
{
    if (!exists(facts->current) || has_ended(facts->current, now))
        return NULL;
    if (!exists(facts->serving))
        return "there is no serving certificate";
    if (!facts->serving_fits)
        return "the serving certificate lacks a name";
    if (plan_is_due(facts->serving, now) &&
        plan_serving_end(settings, facts->current, now) > facts->serving.ends)
        return "the serving certificate is at two thirds of its life";
    return NULL;
}

static const char *publish(const struct plan_facts *facts, const struct plan_settings *settings,
                           int64_t now)
{
    (void)settings;
    (void)now;
    return facts->configurations_known && !facts->bundle_stands
               ? "a configuration holds another bundle"
               : NULL;
}

static const char *promote(const struct plan_facts *facts, const struct plan_settings *settings,
                           int64_t now)
{
    bool trusted = facts->configurations_known && facts->bundle_stands &&
                   facts->standing >= settings->trust_delay;
    return exists(facts->next) && !plan_is_due(facts->next, now) && trusted
               ? "every API server trusts the next authority"
               : NULL;
}

static const char *make_next(const struct plan_facts *facts, const struct plan_settings *settings,
                             int64_t now)
{
    (void)settings;
    if (exists(facts->next))
        return plan_is_due(facts->next, now) ? "the next authority has grown old unused" : NULL;
    if (!exists(facts->current))
        return "there is no authority";
    return plan_is_due(facts->current, now) ? "the authority is at two thirds of its life" : NULL;
}

static const char *retire(const struct plan_facts *facts, const struct plan_settings *settings,
                          int64_t now)
{
    (void)settings;
    if (facts->previous_ends && facts->previous_ends <= now)
        return "a previous authority has ended";
    /* Until then replicas may serve certificates of the adopted ones. */
    bool replaced = exists(facts->current);
    return facts->adopted_ends && facts->adopted_ends <= now && replaced
               ? "adopted authorities are no longer needed"
               : NULL;
}

/* --- All together ----------------------------------------------------------------------------- */

static void sooner(int64_t *wait, int64_t candidate)
{
    if (candidate > 0 && candidate < *wait)
        *wait = candidate;
}

static int64_t until_due(struct plan_life life, int64_t now)
{
    return exists(life) ? (due_time(life) - now) * 1000 : 0;
}

static int64_t look_again(const struct plan_facts *facts, const struct plan_settings *settings,
                          int64_t now)
{
    int64_t wait = LONGEST_WAIT;
    if (facts->secret != PLAN_SECRET_GOOD)
        return wait;
    sooner(&wait, until_due(facts->current, now));
    sooner(&wait, until_due(facts->serving, now));
    sooner(&wait, until_due(facts->next, now));
    sooner(&wait, (facts->previous_ends - now) * 1000);
    sooner(&wait, (facts->adopted_ends - now) * 1000);
    if (exists(facts->next) && facts->bundle_stands)
        sooner(&wait, settings->trust_delay - facts->standing);
    return wait > SHORTEST_WAIT ? wait : SHORTEST_WAIT;
}

struct plan plan_next(const struct plan_facts *facts, const struct plan_settings *settings,
                      int64_t now, unsigned held_back)
{
    static const struct {
        enum plan_step step;
        plan_reason *reason;
    } steps[] = {
        {PLAN_RENEW, renew},         {PLAN_PUBLISH, publish}, {PLAN_PROMOTE, promote},
        {PLAN_MAKE_NEXT, make_next}, {PLAN_RETIRE, retire},
    };
    const char *why = make_anew(facts, settings, now);
    if (why && !(held_back & 1U << PLAN_MAKE_ANEW))
        return (struct plan){.step = PLAN_MAKE_ANEW, .why = why};
    if (facts->secret == PLAN_SECRET_GOOD)
        for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            why = steps[i].reason(facts, settings, now);
            if (why && !(held_back & 1U << steps[i].step))
                return (struct plan){.step = steps[i].step, .why = why};
        }
    return (struct plan){.step = PLAN_WAIT, .look_again = look_again(facts, settings, now)};
}
