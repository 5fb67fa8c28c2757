#include "lib/kube/token_bucket.h"

#include "tests/support/suite.h"

static const int64_t SECOND = 1000000000;

START_TEST(a_burst_passes_and_the_rest_waits_in_order)
{
    struct token_bucket bucket;
    int64_t now = 1000 * SECOND;
    token_bucket_init(&bucket, 10, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(token_bucket_take(&bucket, now, 0), 0);
    ck_assert_int_eq(token_bucket_take(&bucket, now, SECOND), SECOND / 10);
    ck_assert_int_eq(token_bucket_take(&bucket, now, SECOND), SECOND / 5);
}
END_TEST

START_TEST(tokens_come_back_with_time_up_to_the_burst)
{
    struct token_bucket bucket;
    int64_t now = 1000 * SECOND;
    token_bucket_init(&bucket, 10, 3);
    for (int i = 0; i < 3; i++)
        (void)token_bucket_take(&bucket, now, 0);
    now += SECOND / 10;
    ck_assert_int_eq(token_bucket_take(&bucket, now, 0), 0);
    ck_assert_int_eq(token_bucket_take(&bucket, now, 0), -1);
    now += 60 * SECOND;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(token_bucket_take(&bucket, now, 0), 0);
    ck_assert_int_eq(token_bucket_take(&bucket, now, 0), -1);
}
END_TEST

START_TEST(who_cannot_wait_takes_nothing)
{
    struct token_bucket bucket;
    int64_t now = 1000 * SECOND;
    token_bucket_init(&bucket, 1, 1);
    ck_assert_int_eq(token_bucket_take(&bucket, now, 0), 0);
    ck_assert_int_eq(token_bucket_take(&bucket, now, SECOND - 1), -1);
    ck_assert_int_eq(token_bucket_take(&bucket, now, SECOND), SECOND);
}
END_TEST

START_TEST(a_token_can_be_given_back)
{
    struct token_bucket bucket;
    int64_t now = 1000 * SECOND;
    token_bucket_init(&bucket, 1, 1);
    ck_assert_int_eq(token_bucket_take(&bucket, now, 0), 0);
    token_bucket_give_back(&bucket);
    ck_assert_int_eq(token_bucket_take(&bucket, now, 0), 0);
}
END_TEST

START_TEST(a_rate_of_zero_is_no_limit)
{
    struct token_bucket bucket;
    token_bucket_init(&bucket, 0, 0);
    for (unsigned i = 0; i < suite_rounds(100000); i++)
        ck_assert_int_eq(token_bucket_take(&bucket, SECOND, 0), 0);
}
END_TEST

SUITE("token_bucket", a_burst_passes_and_the_rest_waits_in_order,
      tokens_come_back_with_time_up_to_the_burst, who_cannot_wait_takes_nothing,
      a_token_can_be_given_back, a_rate_of_zero_is_no_limit)
