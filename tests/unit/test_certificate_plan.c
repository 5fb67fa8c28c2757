#include "webhook/certificates/plan.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const struct plan_settings settings = {
    .authority_life = 600, .serving_life = 150, .trust_delay = 10000};

/* An authority made at 1000, a certificate of it, and everything in order. */
static struct plan_facts good(void)
{
    return (struct plan_facts){
        .secret = PLAN_SECRET_GOOD,
        .current = {1000, 1600},
        .serving = {1000, 1150},
        .serving_fits = true,
        .configurations_known = true,
        .bundle_stands = true,
        .standing = 1000000,
    };
}

static enum plan_step step_at(const struct plan_facts *facts, int64_t now)
{
    return plan_next(facts, &settings, now, 0).step;
}

START_TEST(waits_until_something_is_due)
{
    struct plan_facts facts = good();
    struct plan plan = plan_next(&facts, &settings, 1000, 0);
    ck_assert_int_eq(plan.step, PLAN_WAIT);
    ck_assert_int_eq(plan.look_again, 100000);
    ck_assert_int_eq(step_at(&facts, 1099), PLAN_WAIT);
    ck_assert_int_eq(step_at(&facts, 1100), PLAN_RENEW);
    facts.serving = (struct plan_life){1399, 1549};
    ck_assert_int_eq(plan_next(&facts, &settings, 1399, 0).look_again, 1000);
    ck_assert_int_eq(step_at(&facts, 1400), PLAN_MAKE_NEXT);
    facts.previous_ends = 1401;
    ck_assert_int_eq(step_at(&facts, 1401), PLAN_MAKE_NEXT);
    facts.next = (struct plan_life){1400, 2000};
    ck_assert_int_eq(step_at(&facts, 1400), PLAN_PROMOTE);
    facts.standing = 0;
    ck_assert_int_eq(plan_next(&facts, &settings, 1400, 0).look_again, 1000);
    ck_assert_int_eq(step_at(&facts, 1401), PLAN_RETIRE);
}
END_TEST

START_TEST(touches_nothing_that_is_foreign_or_unknown)
{
    struct plan_facts facts = good();
    facts.bundle_stands = false;
    facts.secret = PLAN_SECRET_FOREIGN;
    ck_assert_int_eq(step_at(&facts, 9999), PLAN_WAIT);
    facts.secret = PLAN_SECRET_UNKNOWN;
    ck_assert_int_eq(step_at(&facts, 9999), PLAN_WAIT);
    facts.secret = PLAN_SECRET_ABSENT;
    ck_assert_int_eq(step_at(&facts, 9999), PLAN_MAKE_ANEW);
    facts.secret = PLAN_SECRET_DAMAGED;
    ck_assert_int_eq(step_at(&facts, 9999), PLAN_MAKE_ANEW);
    /* What they hold must be adopted. */
    facts.configurations_known = false;
    ck_assert_int_eq(step_at(&facts, 9999), PLAN_WAIT);
}
END_TEST

START_TEST(changes_over_in_steps)
{
    struct plan_facts facts = good();
    facts.next = (struct plan_life){1400, 2000};
    facts.serving = (struct plan_life){1390, 1540};
    facts.bundle_stands = false;
    facts.standing = 0;
    ck_assert_int_eq(step_at(&facts, 1400), PLAN_PUBLISH);
    facts.bundle_stands = true;
    struct plan plan = plan_next(&facts, &settings, 1400, 0);
    ck_assert_int_eq(plan.step, PLAN_WAIT);
    ck_assert_int_eq(plan.look_again, 10000);
    facts.standing = 9999;
    ck_assert_int_eq(step_at(&facts, 1410), PLAN_WAIT);
    facts.standing = 10000;
    ck_assert_int_eq(step_at(&facts, 1410), PLAN_PROMOTE);
    facts.configurations_known = false;
    ck_assert_int_eq(step_at(&facts, 1410), PLAN_WAIT);
}
END_TEST

START_TEST(begins_with_a_next_authority_alone)
{
    struct plan_facts facts = {.secret = PLAN_SECRET_GOOD,
                               .next = {1000, 1600},
                               .configurations_known = true,
                               .bundle_stands = true,
                               .adopted_ends = 1300};
    ck_assert_int_eq(step_at(&facts, 1000), PLAN_WAIT);
    /* What is adopted stays as long as nothing is in its place. */
    ck_assert_int_eq(step_at(&facts, 1301), PLAN_WAIT);
    facts.standing = 10000;
    ck_assert_int_eq(step_at(&facts, 1301), PLAN_PROMOTE);
    /* After a long outage it is too old to begin with. */
    ck_assert_int_eq(step_at(&facts, 1400), PLAN_MAKE_NEXT);
    facts.current = facts.next;
    facts.next = (struct plan_life){0};
    facts.serving = (struct plan_life){1301, 1451};
    facts.serving_fits = true;
    ck_assert_int_eq(step_at(&facts, 1301), PLAN_RETIRE);
}
END_TEST

START_TEST(renews_what_lacks_a_name_or_is_missing)
{
    struct plan_facts facts = good();
    facts.serving_fits = false;
    ck_assert_int_eq(step_at(&facts, 1000), PLAN_RENEW);
    facts.serving = (struct plan_life){0};
    ck_assert_int_eq(step_at(&facts, 1000), PLAN_RENEW);
    /* An authority that has ended signs nothing. */
    ck_assert_int_eq(step_at(&facts, 1600), PLAN_MAKE_NEXT);
}
END_TEST

START_TEST(a_certificate_does_not_outlive_its_authority)
{
    struct plan_facts facts = good();
    ck_assert_int_eq(plan_serving_end(&settings, facts.current, 1000), 1150);
    ck_assert_int_eq(plan_serving_end(&settings, facts.current, 1500), 1600);
    /* Nor is it renewed again and again where that gains nothing. */
    facts.serving = (struct plan_life){1500, 1600};
    facts.next = (struct plan_life){1400, 2000};
    facts.standing = 0;
    ck_assert_int_eq(step_at(&facts, 1590), PLAN_WAIT);
}
END_TEST

START_TEST(what_fails_holds_nothing_else_up)
{
    struct plan_facts facts = good();
    facts.bundle_stands = false;
    facts.previous_ends = 1200;
    ck_assert_int_eq(plan_next(&facts, &settings, 1400, 0).step, PLAN_RENEW);
    unsigned held = 1U << PLAN_RENEW;
    ck_assert_int_eq(plan_next(&facts, &settings, 1400, held).step, PLAN_PUBLISH);
    held |= 1U << PLAN_PUBLISH;
    ck_assert_int_eq(plan_next(&facts, &settings, 1400, held).step, PLAN_MAKE_NEXT);
    held |= 1U << PLAN_MAKE_NEXT;
    ck_assert_int_eq(plan_next(&facts, &settings, 1400, held).step, PLAN_RETIRE);
    held |= 1U << PLAN_RETIRE;
    ck_assert_int_eq(plan_next(&facts, &settings, 1400, held).step, PLAN_WAIT);
    ck_assert_int_gt(plan_next(&facts, &settings, 1400, held).look_again, 0);
}
END_TEST

/* --- All combinations ------------------------------------------------------------------------- */

static const struct plan_life lives[] = {
    {0, 0}, {1000, 1600}, {700, 1300}, {100, 700}, {1100, 1700} /* the clock is behind */};

static bool is_safe(const struct plan_facts *facts, struct plan plan, unsigned held, int64_t now)
{
    bool stands = facts->configurations_known && facts->bundle_stands;
    if (plan.step == PLAN_WAIT)
        return plan.look_again > 0;
    if (held & 1U << plan.step || !plan.why ||
        (plan.step != PLAN_MAKE_ANEW && facts->secret != PLAN_SECRET_GOOD))
        return false;
    switch (plan.step) {
    case PLAN_MAKE_ANEW:
        return facts->configurations_known &&
               (facts->secret == PLAN_SECRET_ABSENT || facts->secret == PLAN_SECRET_DAMAGED);
    case PLAN_PROMOTE:
        return facts->next.ends > now && stands && facts->standing >= settings.trust_delay;
    case PLAN_MAKE_NEXT:
        return facts->next.ends ? plan_is_due(facts->next, now)
                                : !facts->current.ends || plan_is_due(facts->current, now);
    case PLAN_RENEW:
        return facts->current.ends > now;
    case PLAN_PUBLISH:
        return facts->configurations_known && !stands;
    default:
        return (facts->previous_ends && facts->previous_ends <= now) ||
               (facts->adopted_ends && facts->adopted_ends <= now && facts->current.ends);
    }
}

/* One of `count` values, which `*code` loses. */
static unsigned take(unsigned *code, unsigned count)
{
    unsigned value = *code % count;
    *code /= count;
    return value;
}

START_TEST(no_combination_does_what_is_not_safe)
{
    static const int64_t ends[] = {0, 900, 1200};
    unsigned n = ARRAY_LENGTH(lives), all = 5 * n * n * n * 16 * 9 * (PLAN_STEPS + 1);
    for (unsigned i = 0; i < all; i++) {
        unsigned code = i;
        struct plan_facts facts = {
            .secret = (enum plan_secret)take(&code, 5),
            .current = lives[take(&code, n)],
            .next = lives[take(&code, n)],
            .serving = lives[take(&code, n)],
            .serving_fits = take(&code, 2),
            .configurations_known = take(&code, 2),
            .bundle_stands = take(&code, 2),
            .standing = 10000 - take(&code, 2),
            .previous_ends = ends[take(&code, 3)],
            .adopted_ends = ends[take(&code, 3)],
        };
        unsigned step = take(&code, PLAN_STEPS + 1);
        unsigned held = step == PLAN_STEPS ? 0 : 1U << step;
        struct plan plan = plan_next(&facts, &settings, 1050, held);
        if (!is_safe(&facts, plan, held, 1050))
            ck_abort_msg("combination %u: %s", i, plan_step_name(plan.step));
    }
}
END_TEST

SUITE("certificate_plan", waits_until_something_is_due, touches_nothing_that_is_foreign_or_unknown,
      changes_over_in_steps, begins_with_a_next_authority_alone,
      renews_what_lacks_a_name_or_is_missing, a_certificate_does_not_outlive_its_authority,
      what_fails_holds_nothing_else_up, no_combination_does_what_is_not_safe)
