/* review_read() against the oracle: recorded reviews, and made-up ones that are all valid. */
#include <dirent.h>

#include "lib/common/memory.h"
#include "tests/support/review_data.h"
#include "tests/support/review_generator.h"
#include "tests/support/review_oracle.h"
#include "tests/support/suite.h"

static void assert_agreement(const struct buffer *body)
{
    cleanup_arena struct arena arena = {0};
    const char *disagreement = review_disagreement(&arena, body->data, body->length);
    if (disagreement)
        ck_abort_msg("%s\n%s", body->data, disagreement);
}

START_TEST(agrees_on_recorded_reviews)
{
    DIR *folder = opendir("tests/data/reviews");
    ck_assert_ptr_nonnull(folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        cleanup_buffer struct buffer body = {0};
        cleanup_free char *name = xstrdup(entry->d_name);
        char *extension = strstr(name, ".json");
        if (!extension)
            continue;
        *extension = '\0';
        review_data_load(name, &body);
        assert_agreement(&body);
        count++;
    }
    (void)closedir(folder);
    ck_assert_uint_ge(count, 23);
}
END_TEST

START_TEST(reads_all_valid_reviews)
{
    const unsigned generated = suite_rounds(600);
    for (uint64_t seed = 1; seed <= generated; seed++) {
        cleanup_buffer struct buffer body = {0};
        cleanup_arena struct arena arena = {0};
        struct review review;
        review_generate(&body, seed, false);
        ck_assert_int_eq(review_oracle(&arena, body.data, body.length, &review), ORACLE_ACCEPTS);
        assert_agreement(&body);
    }
}
END_TEST

START_TEST(agrees_on_spoilt_reviews)
{
    size_t refused = 0;
    const unsigned generated = suite_rounds(600);
    for (uint64_t seed = 1; seed <= generated; seed++) {
        cleanup_buffer struct buffer body = {0};
        cleanup_arena struct arena arena = {0};
        struct review review;
        review_generate(&body, seed, true);
        if (review_oracle(&arena, body.data, body.length, &review) == ORACLE_REFUSES)
            refused++;
        assert_agreement(&body);
    }
    ck_assert_uint_gt(refused, generated / 10);
}
END_TEST

SUITE("review_oracle", agrees_on_recorded_reviews, reads_all_valid_reviews,
      agrees_on_spoilt_reviews)
