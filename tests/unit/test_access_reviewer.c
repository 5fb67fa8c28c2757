#include "webhook/sources/access_reviewer.h"

#include <event2/event.h>
#include <signal.h>

#include "lib/common/memory.h"
#include "tests/support/cluster_api.h"
#include "tests/support/suite.h"

static void on_answered(struct authorisation_waiter *waiter, enum authorisation result,
                        const char *detail)
{
    (void)detail;
    *(enum authorisation *)waiter->context = result;
}

/* Asks twice: once of the API server, then not any more. */
static void check_kept(struct access_reviewer *reviewer, struct event_base *base,
                       const struct access_question *question)
{
    enum authorisation result = AUTHORISATION_UNAVAILABLE;
    struct authorisation_waiter waiter = {.answered = on_answered, .context = &result};
    ck_assert(!access_reviewer_ask(reviewer, question, &waiter));
    while (waiter.question)
        (void)event_base_loop(base, EVLOOP_ONCE);
    ck_assert_int_eq(result, AUTHORISATION_ALLOWED);
    ck_assert(access_reviewer_ask(reviewer, question, &waiter));
}

START_TEST(an_answer_is_kept_for_who_asked_alone)
{
    const struct slice groups[] = {slice_of("a"), slice_of("b")};
    const struct slice joined[] = {slice_of("ab")};
    const struct requester requesters[] = {
        {.user = slice_of("alice")},
        {.user = slice_of("bob")},
        {.user = slice_of("alice"), .uid = slice_of("1")},
        {.user = slice_of("alice"), .extra = slice_of("{\"scopes\":[\"x\"]}")},
        {.user = slice_of("alice"), .groups = groups, .group_count = 1},
        {.user = slice_of("alice"), .groups = groups, .group_count = 2},
        {.user = slice_of("alice"), .groups = joined, .group_count = 1},
        /* Not to be taken for the service account of that name. */
        {.user = slice_of("webapp")},
    };
    struct event_base *base = event_base_new();
    struct cluster_api api = {0};
    struct rbac_epoch epoch = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    rbac_epoch_set_in_sync(&epoch, true);
    cluster_api_start(&api, base);
    const struct kube_client_settings settings = {.base = base, .config = api.config};
    struct kube_client *client = kube_client_create(&settings, NULL);
    struct access_reviewer *reviewer = access_reviewer_create(client, &epoch, INT64_MAX);
    struct access_question question = {.namespace = slice_of("shop"),
                                       .service_account = slice_of("webapp"),
                                       .spec_name = slice_of("web")};
    check_kept(reviewer, base, &question);
    for (size_t i = 0; i < ARRAY_LENGTH(requesters); i++) {
        question.requester = &requesters[i];
        check_kept(reviewer, base, &question);
    }
    question.spec_name = slice_of("api");
    check_kept(reviewer, base, &question);
    question.namespace = slice_of("other");
    check_kept(reviewer, base, &question);
    ck_assert_int_eq(api.reviews, (int)ARRAY_LENGTH(requesters) + 3);
    access_reviewer_free(reviewer);
    kube_client_free(client);
    cluster_api_stop(&api);
    event_base_free(base);
}
END_TEST

SUITE("access_reviewer", an_answer_is_kept_for_who_asked_alone)
