#include "lib/kube/backoff.h"

#include "tests/support/suite.h"

START_TEST(steps_double_up_to_the_most)
{
    struct backoff backoff = {.least = 200, .most = 1000};
    static const int64_t steps[] = {200, 400, 800, 1000, 1000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        ck_assert_int_eq(backoff_next(&backoff, UINT32_MAX), steps[i]);
    backoff_reset(&backoff);
    ck_assert_int_eq(backoff_next(&backoff, UINT32_MAX), 200);
}
END_TEST

START_TEST(jitter_takes_away_up_to_half)
{
    for (uint32_t i = 0; i < 1000; i++) {
        struct backoff backoff = {.least = 200, .most = 30000};
        int64_t wait = backoff_next(&backoff, UINT32_MAX / 1000 * i);
        ck_assert_int_ge(wait, 100);
        ck_assert_int_le(wait, 200);
    }
    struct backoff backoff = {.least = 200, .most = 30000};
    ck_assert_int_eq(backoff_next(&backoff, 0), 100);
    backoff_reset(&backoff);
    ck_assert_int_eq(backoff_next(&backoff, UINT32_MAX), 200);
}
END_TEST

SUITE("backoff", steps_double_up_to_the_most, jitter_takes_away_up_to_half)
