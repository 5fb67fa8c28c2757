/* Reviews as API servers sent them (tests/data/reviews). */
#include "tests/support/decide.h"
#include "tests/support/review_data.h"
#include "tests/support/suite.h"

static struct world world;

/* In the recorded cluster the specs have other contents than here: what the API server inlined then
 * differs now. */
static const struct {
    const char *name, *reason;
    size_t questions;
    enum endpoint endpoint;
    bool patched;
} rows[] = {
    {"mutate-create-pod-8k-gmsa-v1.20", "permitted", 1, ENDPOINT_MUTATE, true},
    {"mutate-create-pod-8k-plain-v1.20", "no-identity", 0, ENDPOINT_MUTATE, false},
    {"mutate-create-pod-applied-v1.20", "permitted", 1, ENDPOINT_MUTATE, true},
    {"mutate-create-pod-binding-v1.20", "not-ours", 0, ENDPOINT_MUTATE, false},
    {"mutate-create-pod-dry-run-v1.36", "permitted", 1, ENDPOINT_MUTATE, true},
    {"mutate-create-pod-generate-name-v1.36", "permitted", 1, ENDPOINT_MUTATE, true},
    {"mutate-create-pod-linux-annotation-v1.36", "permitted", 1, ENDPOINT_MUTATE, true},
    {"mutate-create-pod-no-service-account-v1.36", "permitted", 1, ENDPOINT_MUTATE, true},
    {"mutate-create-pod-v1.36", "permitted", 1, ENDPOINT_MUTATE, true},
    {"validate-create-cronjob-v1.36", "permitted", 1, ENDPOINT_WARN, false},
    {"validate-create-deployment-v1.36", "permitted", 1, ENDPOINT_WARN, false},
    {"validate-create-pod-8k-plain-v1.20", "no-identity", 0, ENDPOINT_VALIDATE, false},
    {"validate-delete-gmsacredentialspec-v1.36", "not-ours", 0, ENDPOINT_VALIDATE_CREDSPEC, false},
    {"validate-update-pod-status-v1.20", "not-ours", 0, ENDPOINT_VALIDATE, false},
    {"validate-update-pod-v1.20", "unchanged", 0, ENDPOINT_VALIDATE, false},
};

START_TEST(recorded_reviews)
{
    world_open(&world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cleanup_buffer struct buffer body = {0};
        struct outcome outcome;
        review_data_load(rows[i].name, &body);
        ck_assert(world_decide(&world, rows[i].endpoint, (struct slice){body.data, body.length},
                               &outcome));
        ck_assert_msg(strcmp(outcome.verdict.reason, rows[i].reason) == 0, "%s: %s %s",
                      rows[i].name, outcome.verdict.reason,
                      outcome.verdict.message ? outcome.verdict.message : "");
        ck_assert_msg(outcome.questions.count == rows[i].questions, "%s: %zu questions",
                      rows[i].name, outcome.questions.count);
        ck_assert_msg((outcome.verdict.patch != NULL) == rows[i].patched, "%s: %s", rows[i].name,
                      outcome.verdict.patch ? outcome.verdict.patch : "no patch");
    }
    world_close(&world);
}
END_TEST

SUITE("decision_recorded", recorded_reviews)
