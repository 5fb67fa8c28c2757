#include "webhook/sources/cluster_source.h"

#include <signal.h>

#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "tests/support/cluster_api.h"
#include "tests/support/spec_object.h"
#include "tests/support/suite.h"
#include "webhook/sources/local_access_review.h"

/* A cluster that knows the spec "web", and a source on it that is ready. */
struct fixture {
    struct event_base *base;
    struct event *limit;
    struct cluster_api api;
    struct arena arena;
    struct source *source;
    void *worker;
};

static void give_up(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    (void)context;
    ck_abort_msg("nothing happens any more");
}

/* `fixture->api` may say something before. */
static void open_source(struct fixture *fixture, double qps)
{
    static const struct spec_object web = {.name = "web", .version = 1};
    const struct timeval long_enough = {.tv_sec = 60};
    (void)signal(SIGPIPE, SIG_IGN);
    fixture->base = event_base_new();
    fixture->limit = event_new(fixture->base, -1, 0, give_up, NULL);
    (void)event_add(fixture->limit, &long_enough);
    fixture->api.listed_specs = spec_object_json(&web, &fixture->arena);
    cluster_api_start(&fixture->api, fixture->base);
    const struct cluster_source_settings settings = {
        .config = fixture->api.config, .qps = qps, .burst = 1, .authorisation_ttl = 30000};
    fixture->source = cluster_source_create(&settings, NULL);
    ck_assert(!source_ready(fixture->source));
    fixture->worker = source_attach(fixture->source, fixture->base);
    while (!source_ready(fixture->source))
        (void)event_base_loop(fixture->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void close_source(struct fixture *fixture)
{
    source_detach(fixture->source, fixture->worker);
    source_free(fixture->source);
    cluster_api_stop(&fixture->api);
    event_free(fixture->limit);
    event_base_free(fixture->base);
    arena_release(&fixture->arena);
}

/* A question about one or two specs. */
struct inquiry {
    struct questions questions;
    struct slice names[2];
    struct source_query query;
    int answered;
};

static void on_answered(struct source_query *query)
{
    struct inquiry *inquiry = query->context;
    inquiry->answered++;
}

static void ask(struct fixture *fixture, struct inquiry *inquiry, const char *name,
                const char *second)
{
    inquiry->names[0] = slice_of(name);
    inquiry->names[1] = slice_of(second);
    inquiry->questions = (struct questions){.namespace = slice_of("shop"),
                                            .service_account = slice_of("webapp"),
                                            .spec_names = inquiry->names,
                                            .count = second ? 2 : 1,
                                            .authorise_count = second ? 2 : 1};
    inquiry->query.questions = &inquiry->questions;
    inquiry->query.worker = fixture->worker;
    inquiry->query.arena = &fixture->arena;
    if (!inquiry->query.timeout_milliseconds)
        inquiry->query.timeout_milliseconds = 30000;
    inquiry->query.answered = on_answered;
    inquiry->query.context = inquiry;
    source_ask(fixture->source, &inquiry->query);
}

static const struct answer *wait_for(struct fixture *fixture, struct inquiry *inquiry)
{
    while (!inquiry->answered)
        (void)event_base_loop(fixture->base, EVLOOP_ONCE);
    ck_assert_int_eq(inquiry->answered, 1);
    return inquiry->query.answers;
}

static void finish(struct fixture *fixture, struct inquiry *inquiry)
{
    source_finish(fixture->source, &inquiry->query);
}

START_TEST(a_watched_spec_is_not_looked_up)
{
    struct fixture fixture = {0};
    struct inquiry inquiry = {0};
    open_source(&fixture, 0);
    ask(&fixture, &inquiry, "web", NULL);
    const struct answer *answer = wait_for(&fixture, &inquiry);
    ck_assert_int_eq(answer->authorisation, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(answer->lookup, LOOKUP_FOUND);
    ck_assert_str_eq(answer->resource->account, "webapp");
    ck_assert(!inquiry.query.current);
    finish(&fixture, &inquiry);
    ck_assert_int_eq(fixture.api.lookups, 0);
    ck_assert_int_eq(fixture.api.reviews, 1);
    struct source_statistics statistics;
    source_statistics(fixture.source, &statistics);
    ck_assert_uint_eq(statistics.specs, 1);
    ck_assert(statistics.has_api && statistics.api_up);
    ck_assert_uint_eq(statistics.authorisation_cache_misses, 1);
    close_source(&fixture);
}
END_TEST

/* Whether a spec exists is nothing that one who may not use it makes us ask. */
START_TEST(who_may_not_causes_no_look_up)
{
    struct fixture fixture = {.api.review_answer =
                                  "{\"allowed\":false,\"evaluationError\":\"no role x\"}"};
    struct inquiry inquiry = {0};
    open_source(&fixture, 0);
    ask(&fixture, &inquiry, "new", "web");
    const struct answer *answer = wait_for(&fixture, &inquiry);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(answer[i].authorisation, AUTHORISATION_DENIED);
        ck_assert_str_eq(answer[i].detail, "no role x");
    }
    finish(&fixture, &inquiry);
    ck_assert_int_eq(fixture.api.lookups, 0);
    ck_assert_int_eq(fixture.api.reviews, 2);
    close_source(&fixture);
}
END_TEST

START_TEST(what_is_not_watched_yet_is_looked_up_once)
{
    static const struct spec_object new = {.name = "new", .version = 5, .account = "fresh"};
    struct fixture fixture = {.api.spec_status = 200};
    struct inquiry first = {0}, second = {0};
    fixture.api.spec_body = spec_object_json(&new, &fixture.arena);
    open_source(&fixture, 0);
    ask(&fixture, &first, "new", NULL);
    ask(&fixture, &second, "new", "web");
    ck_assert_str_eq(wait_for(&fixture, &first)->resource->account, "fresh");
    const struct answer *answer = wait_for(&fixture, &second);
    ck_assert_str_eq(answer[0].resource->account, "fresh");
    ck_assert_str_eq(answer[1].resource->account, "webapp");
    ck_assert(first.query.current && !second.query.current);
    finish(&fixture, &first);
    finish(&fixture, &second);
    ck_assert_int_le(fixture.api.lookups, 2);
    close_source(&fixture);
}
END_TEST

START_TEST(that_there_is_none_is_remembered)
{
    struct fixture fixture = {0};
    struct inquiry first = {0}, second = {0}, third = {.query.fresh = true};
    open_source(&fixture, 0);
    ask(&fixture, &first, "none", NULL);
    ck_assert_int_eq(wait_for(&fixture, &first)->lookup, LOOKUP_MISSING);
    ck_assert(first.query.current);
    int64_t begun = kube_now();
    int lookups = fixture.api.lookups;
    ask(&fixture, &second, "none", NULL);
    ck_assert_int_eq(wait_for(&fixture, &second)->lookup, LOOKUP_MISSING);
    if (kube_now() - begun < 900000000) { /* else the machine is slow, and it may be forgotten */
        ck_assert_int_eq(fixture.api.lookups, lookups);
        ck_assert(!second.query.current);
    }
    lookups = fixture.api.lookups;
    ask(&fixture, &third, "none", NULL);
    ck_assert_int_eq(wait_for(&fixture, &third)->lookup, LOOKUP_MISSING);
    ck_assert_int_eq(fixture.api.lookups, lookups + 1);
    finish(&fixture, &first);
    finish(&fixture, &second);
    finish(&fixture, &third);
    close_source(&fixture);
}
END_TEST

START_TEST(a_fresh_question_looks_up_what_is_known_and_authorises_nothing)
{
    static const struct spec_object changed = {.name = "web", .version = 2, .account = "changed"};
    struct fixture fixture = {.api.spec_status = 200};
    struct inquiry inquiry = {.query.fresh = true};
    fixture.api.spec_body = spec_object_json(&changed, &fixture.arena);
    open_source(&fixture, 0);
    ask(&fixture, &inquiry, "web", NULL);
    const struct answer *answer = wait_for(&fixture, &inquiry);
    ck_assert_int_eq(answer->authorisation, AUTHORISATION_ALLOWED);
    ck_assert_str_eq(answer->resource->account, "changed");
    ck_assert(inquiry.query.current);
    finish(&fixture, &inquiry);
    ck_assert_int_eq(fixture.api.lookups, 1);
    ck_assert_int_eq(fixture.api.reviews, 0);
    close_source(&fixture);
}
END_TEST

START_TEST(time_runs_out)
{
    struct fixture fixture = {.api.hold = true};
    struct inquiry review = {.query.timeout_milliseconds = 20};
    struct inquiry lookup = {.query = {.timeout_milliseconds = 20, .fresh = true}};
    open_source(&fixture, 0);
    ask(&fixture, &review, "web", NULL);
    const struct answer *answer = wait_for(&fixture, &review);
    ck_assert_int_eq(answer->authorisation, AUTHORISATION_UNAVAILABLE);
    ck_assert_str_eq(answer->detail, "the API server did not answer in time");
    finish(&fixture, &review);
    ask(&fixture, &lookup, "web", NULL);
    answer = wait_for(&fixture, &lookup);
    ck_assert_int_eq(answer->authorisation, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(answer->lookup, LOOKUP_UNAVAILABLE);
    ck_assert_str_eq(answer->detail, "the API server did not answer in time");
    finish(&fixture, &lookup);
    close_source(&fixture); /* with both calls under way */
}
END_TEST

START_TEST(a_cancelled_question_is_not_answered)
{
    struct fixture fixture = {.api.hold = true};
    struct inquiry review = {0}, lookup = {.query.fresh = true};
    open_source(&fixture, 0);
    ask(&fixture, &review, "web", NULL);
    ask(&fixture, &lookup, "web", NULL);
    while (fixture.api.reviews == 0 || fixture.api.lookups == 0)
        (void)event_base_loop(fixture.base, EVLOOP_ONCE);
    source_cancel(fixture.source, &review.query);
    source_cancel(fixture.source, &lookup.query);
    close_source(&fixture);
    ck_assert_int_eq(review.answered + lookup.answered, 0);
}
END_TEST

START_TEST(failures_are_unavailable_and_never_a_refusal)
{
    static const struct {
        int status;
        const char *answer, *detail;
    } rows[] = {
        {500, "", "the API server is overloaded or not ready"},
        {429, "", "the API server is overloaded or not ready"},
        {403, "", "the API server does not permit the webhook to ask"},
        {422, "", "the API server refused the question"},
        {201, "{\"allowed\":\"yes\"}", "the API server's answer cannot be read"},
        {201, "null", "the API server's answer cannot be read"},
    };
    struct fixture fixture = {0};
    open_source(&fixture, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct inquiry inquiry = {0};
        fixture.api.review_status = rows[i].status;
        fixture.api.review_answer = rows[i].answer;
        ask(&fixture, &inquiry, "web", NULL);
        const struct answer *answer = wait_for(&fixture, &inquiry);
        ck_assert_int_eq(answer->authorisation, AUTHORISATION_UNAVAILABLE);
        ck_assert_str_eq(answer->detail, rows[i].detail);
        finish(&fixture, &inquiry);
    }
    close_source(&fixture);
}
END_TEST

START_TEST(a_look_up_that_fails_is_unavailable)
{
    static const struct spec_object other = {.name = "other", .version = 5};
    struct fixture fixture = {0};
    const char *const bodies[] = {NULL, "{}", spec_object_json(&other, &fixture.arena)};
    open_source(&fixture, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        struct inquiry inquiry = {0};
        fixture.api.spec_status = bodies[i] ? 200 : 403;
        fixture.api.spec_body = bodies[i];
        ask(&fixture, &inquiry, "new", NULL);
        ck_assert_int_eq(wait_for(&fixture, &inquiry)->lookup, LOOKUP_UNAVAILABLE);
        finish(&fixture, &inquiry);
    }
    close_source(&fixture);
}
END_TEST

START_TEST(without_permission_to_watch_each_spec_is_looked_up)
{
    static const struct spec_object web = {.name = "web", .version = 5, .account = "asked"};
    struct fixture fixture = {.api = {.lists_denied = true, .spec_status = 200}};
    fixture.api.spec_body = spec_object_json(&web, &fixture.arena);
    open_source(&fixture, 0);
    for (int i = 1; i <= 2; i++) {
        struct inquiry inquiry = {0};
        ask(&fixture, &inquiry, "web", NULL);
        ck_assert_str_eq(wait_for(&fixture, &inquiry)->resource->account, "asked");
        ck_assert(inquiry.query.current);
        finish(&fixture, &inquiry);
        ck_assert_int_eq(fixture.api.lookups, i);
        ck_assert_int_eq(fixture.api.reviews, i);
    }
    close_source(&fixture);
}
END_TEST

/* As an API server does that has only just started. */
START_TEST(a_passing_refusal_to_watch_changes_nothing)
{
    struct fixture fixture = {0};
    struct inquiry inquiry = {0};
    open_source(&fixture, 0);
    while (fixture.api.watch_count < 6)
        (void)event_base_loop(fixture.base, EVLOOP_ONCE);
    fixture.api.lists_denied = true;
    cluster_api_end_watches(&fixture.api);
    while (fixture.api.denials < 18)
        (void)event_base_loop(fixture.base, EVLOOP_ONCE);
    ask(&fixture, &inquiry, "web", NULL);
    ck_assert_int_eq(wait_for(&fixture, &inquiry)->lookup, LOOKUP_FOUND);
    ck_assert_int_eq(fixture.api.lookups, 0);
    finish(&fixture, &inquiry);

    /* Nor is its refusal to permit a use believed. */
    fixture.api.denied_user = "webapp";
    inquiry = (struct inquiry){0};
    ask(&fixture, &inquiry, "web", NULL);
    ck_assert_int_eq(wait_for(&fixture, &inquiry)->authorisation, AUTHORISATION_UNAVAILABLE);
    finish(&fixture, &inquiry);
    close_source(&fixture);
}
END_TEST

/* What was watched once is not believed any more when watching stays forbidden. */
START_TEST(permission_to_watch_may_end)
{
    static const struct spec_object web = {.name = "web", .version = 5, .account = "asked"};
    struct fixture fixture = {.api.spec_status = 200};
    bool asked = false;
    fixture.api.spec_body = spec_object_json(&web, &fixture.arena);
    open_source(&fixture, 0);
    while (fixture.api.watch_count < 6)
        (void)event_base_loop(fixture.base, EVLOOP_ONCE);
    fixture.api.lists_denied = true;
    cluster_api_end_watches(&fixture.api);
    while (!asked) {
        struct inquiry inquiry = {0};
        ask(&fixture, &inquiry, "web", NULL);
        asked = strcmp(wait_for(&fixture, &inquiry)->resource->account, "asked") == 0;
        finish(&fixture, &inquiry);
    }
    ck_assert(source_ready(fixture.source));
    close_source(&fixture);
}
END_TEST

START_TEST(the_requester_is_asked_for_too)
{
    const struct slice groups[] = {slice_of("developers")};
    const struct requester alice = {.user = slice_of("alice"), .groups = groups, .group_count = 1};
    struct fixture fixture = {.api.denied_user = "\"alice\""};
    struct inquiry inquiry = {.query.requester = &alice};
    open_source(&fixture, 0);
    ask(&fixture, &inquiry, "web", NULL);
    const struct answer *answer = wait_for(&fixture, &inquiry);
    ck_assert_int_eq(answer->authorisation, AUTHORISATION_DENIED);
    ck_assert(answer->of_requester);
    ck_assert_int_eq(fixture.api.reviews, 2);
    finish(&fixture, &inquiry);

    struct inquiry account = {.query.requester = &alice};
    fixture.api.denied_user = "system:serviceaccount:shop:webapp";
    ask(&fixture, &account, "web", NULL);
    answer = wait_for(&fixture, &account);
    ck_assert_int_eq(answer->authorisation, AUTHORISATION_DENIED);
    ck_assert(!answer->of_requester);
    finish(&fixture, &account);

    struct inquiry both = {.query.requester = &alice};
    fixture.api.denied_user = NULL;
    ask(&fixture, &both, "web", NULL);
    ck_assert_int_eq(wait_for(&fixture, &both)->authorisation, AUTHORISATION_ALLOWED);
    finish(&fixture, &both);
    close_source(&fixture);
}
END_TEST

START_TEST(waiting_for_the_rate_of_calls_ends_with_the_time)
{
    struct fixture fixture = {0};
    struct inquiry first = {0}, second = {.query.timeout_milliseconds = 20};
    open_source(&fixture, 0.01);
    ask(&fixture, &first, "web", NULL);
    ck_assert_int_eq(wait_for(&fixture, &first)->authorisation, AUTHORISATION_ALLOWED);
    ask(&fixture, &second, "web", NULL);
    ck_assert_int_eq(wait_for(&fixture, &second)->authorisation, AUTHORISATION_UNAVAILABLE);
    finish(&fixture, &first);
    finish(&fixture, &second);
    ck_assert_int_eq(fixture.api.reviews, 1);
    close_source(&fixture);
}
END_TEST

SUITE("cluster_source", a_watched_spec_is_not_looked_up, who_may_not_causes_no_look_up,
      what_is_not_watched_yet_is_looked_up_once, that_there_is_none_is_remembered,
      a_fresh_question_looks_up_what_is_known_and_authorises_nothing, time_runs_out,
      a_cancelled_question_is_not_answered, failures_are_unavailable_and_never_a_refusal,
      a_look_up_that_fails_is_unavailable, without_permission_to_watch_each_spec_is_looked_up,
      a_passing_refusal_to_watch_changes_nothing, permission_to_watch_may_end,
      the_requester_is_asked_for_too, waiting_for_the_rate_of_calls_ends_with_the_time)
