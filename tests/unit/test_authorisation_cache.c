#include "webhook/sources/authorisation_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* Each test has watches in sync, whose last event came long before START, and a clock of its own.
 */
static const int64_t SECOND = 1000000000;
static const int64_t MILLISECOND = 1000000;
static const int64_t START = INT64_C(1000) * 1000000000;

struct fixture {
    struct rbac_epoch epoch;
    struct authorisation_cache *cache;
    int64_t now;
};

/* What a waiter got. */
struct heard {
    struct authorisation_waiter waiter;
    int times;
    enum authorisation answer;
    char detail[64];
};

static void hear(struct authorisation_waiter *waiter, enum authorisation answer, const char *detail)
{
    struct heard *heard = waiter->context;
    ck_assert_ptr_null(waiter->question);
    heard->times++;
    heard->answer = answer;
    (void)snprintf(heard->detail, sizeof(heard->detail), "%s", detail ? detail : "");
}

static struct fixture *open_cache(size_t capacity, int64_t maximum_age)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    rbac_epoch_event(&fixture->epoch, START - 60 * SECOND);
    rbac_epoch_set_in_sync(&fixture->epoch, true);
    fixture->cache = authorisation_cache_create(&fixture->epoch, capacity, maximum_age);
    fixture->now = START;
    return fixture;
}

static void close_cache(struct fixture *fixture)
{
    authorisation_cache_free(fixture->cache);
    free(fixture);
}

static enum authorisation_step ask(struct fixture *fixture, const char *key, struct heard *heard,
                                   struct authorisation_question **question)
{
    *heard = (struct heard){.waiter = {.answered = hear, .context = heard}};
    return authorisation_cache_ask(fixture->cache, slice_of(key), fixture->now, &heard->waiter,
                                   question);
}

static void answer(struct fixture *fixture, struct authorisation_question *question,
                   enum authorisation with)
{
    authorisation_cache_answer(fixture->cache, question, with, NULL, fixture->now);
}

/* Asks and answers at once; true where it had to be asked. */
static bool asked(struct fixture *fixture, const char *key, enum authorisation with)
{
    struct heard heard;
    struct authorisation_question *question = NULL;
    enum authorisation_step step = ask(fixture, key, &heard, &question);
    if (step == AUTHORISATION_STEP_ALLOWED)
        return false;
    ck_assert_int_eq(step, AUTHORISATION_STEP_ASK);
    answer(fixture, question, with);
    ck_assert_int_eq(heard.times, 1);
    ck_assert_int_eq(heard.answer, with);
    return true;
}

static void event(struct fixture *fixture)
{
    rbac_epoch_event(&fixture->epoch, fixture->now);
}

START_TEST(allowed_is_stored_to_its_age)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    fixture->now += 30 * SECOND - 1;
    ck_assert(!asked(fixture, "a", AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, "b", AUTHORISATION_ALLOWED));
    /* Using it made it no younger. */
    fixture->now += 1;
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    close_cache(fixture);
}
END_TEST

START_TEST(age_counts_from_the_question)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    ask(fixture, "a", &heard, &question);
    fixture->now += 20 * SECOND;
    answer(fixture, question, AUTHORISATION_ALLOWED);
    fixture->now += 10 * SECOND - 1;
    ck_assert(!asked(fixture, "a", AUTHORISATION_DENIED));
    fixture->now += 1;
    ck_assert(asked(fixture, "a", AUTHORISATION_DENIED));

    /* One that took longer than the age is too old when it comes. */
    ask(fixture, "b", &heard, &question);
    fixture->now += 30 * SECOND;
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);
    close_cache(fixture);
}
END_TEST

START_TEST(refusals_are_not_stored)
{
    static const enum authorisation answers[] = {AUTHORISATION_DENIED, AUTHORISATION_UNAVAILABLE};
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(asked(fixture, "a", answers[i]));
        ck_assert(asked(fixture, "a", answers[i]));
    }
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);
    close_cache(fixture);
}
END_TEST

START_TEST(a_refusal_leaves_what_is_stored_of_others)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, "b", AUTHORISATION_DENIED));
    ck_assert(!asked(fixture, "a", AUTHORISATION_DENIED));
    close_cache(fixture);
}
END_TEST

START_TEST(an_event_ends_what_is_stored)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    fixture->now += MILLISECOND;
    event(fixture);
    ck_assert(asked(fixture, "a", AUTHORISATION_DENIED));
    close_cache(fixture);
}
END_TEST

/* The event comes while the question is under way: what the API server said may be from before. */
START_TEST(an_answer_of_an_older_generation_is_not_stored)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    ask(fixture, "a", &heard, &question);
    event(fixture);
    fixture->now += 6 * SECOND; /* quiet again */
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(heard.answer, AUTHORISATION_ALLOWED);
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    close_cache(fixture);
}
END_TEST

START_TEST(nothing_is_stored_for_five_seconds_after_an_event)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    event(fixture);
    for (int i = 0; i < 5; i++) {
        ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
        fixture->now += SECOND - (i == 4);
    }
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    fixture->now += 1;
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    ck_assert(!asked(fixture, "a", AUTHORISATION_ALLOWED));
    close_cache(fixture);
}
END_TEST

/* The API server decides some time between question and answer, perhaps right at the beginning. */
START_TEST(the_quiet_counts_when_it_is_asked)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    event(fixture);
    fixture->now += MILLISECOND;
    ask(fixture, "a", &heard, &question);
    fixture->now += 6 * SECOND;
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);
    close_cache(fixture);
}
END_TEST

START_TEST(a_question_joins_one_of_its_generation)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard first, second, other;
    struct authorisation_question *question = NULL, *different = NULL;
    ck_assert_int_eq(ask(fixture, "a", &first, &question), AUTHORISATION_STEP_ASK);
    ck_assert_int_eq(ask(fixture, "a", &second, &different), AUTHORISATION_STEP_JOINED);
    ck_assert_ptr_null(different);
    ck_assert_int_eq(ask(fixture, "b", &other, &different), AUTHORISATION_STEP_ASK);
    authorisation_cache_answer(fixture->cache, question, AUTHORISATION_UNAVAILABLE, "away",
                               fixture->now);
    ck_assert_int_eq(first.times, 1);
    ck_assert_int_eq(second.times, 1);
    ck_assert_int_eq(second.answer, AUTHORISATION_UNAVAILABLE);
    ck_assert_str_eq(second.detail, "away");
    ck_assert_int_eq(other.times, 0);
    answer(fixture, different, AUTHORISATION_DENIED);
    ck_assert_int_eq(other.answer, AUTHORISATION_DENIED);
    close_cache(fixture);
}
END_TEST

START_TEST(a_question_joins_none_of_another_generation)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard before, after, later;
    struct authorisation_question *old = NULL, *new = NULL, *none = NULL;
    ask(fixture, "a", &before, &old);
    event(fixture);
    ck_assert_int_eq(ask(fixture, "a", &after, &new), AUTHORISATION_STEP_ASK);
    ck_assert_int_eq(ask(fixture, "a", &later, &none), AUTHORISATION_STEP_JOINED);
    answer(fixture, old, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(before.answer, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(after.times, 0);
    ck_assert_int_eq(later.times, 0);
    answer(fixture, new, AUTHORISATION_DENIED);
    ck_assert_int_eq(after.answer, AUTHORISATION_DENIED);
    ck_assert_int_eq(later.answer, AUTHORISATION_DENIED);
    close_cache(fixture);
}
END_TEST

START_TEST(out_of_sync_stores_nothing_and_joins_nothing)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    rbac_epoch_set_in_sync(&fixture->epoch, false);
    /* To its age. */
    fixture->now += 29 * SECOND;
    ck_assert(!asked(fixture, "a", AUTHORISATION_DENIED));
    ck_assert(asked(fixture, "b", AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, "b", AUTHORISATION_ALLOWED));
    struct heard first, second;
    struct authorisation_question *one = NULL, *two = NULL;
    ck_assert_int_eq(ask(fixture, "c", &first, &one), AUTHORISATION_STEP_ASK);
    ck_assert_int_eq(ask(fixture, "c", &second, &two), AUTHORISATION_STEP_ASK);
    answer(fixture, one, AUTHORISATION_ALLOWED);
    answer(fixture, two, AUTHORISATION_ALLOWED);
    fixture->now += SECOND;
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    close_cache(fixture);
}
END_TEST

START_TEST(losing_sync_while_it_is_asked_stores_nothing)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    ask(fixture, "a", &heard, &question);
    rbac_epoch_set_in_sync(&fixture->epoch, false);
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);

    /* Asked out of sync, in sync again when the answer comes: what was missed is not known. */
    ask(fixture, "a", &heard, &question);
    rbac_epoch_set_in_sync(&fixture->epoch, true);
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);
    close_cache(fixture);
}
END_TEST

/* A server that has only just started knows no bindings. */
START_TEST(a_refusal_after_an_outage_proves_nothing)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    ask(fixture, "a", &heard, &question);
    rbac_epoch_lost(&fixture->epoch);
    answer(fixture, question, AUTHORISATION_DENIED);
    ck_assert_int_eq(heard.answer, AUTHORISATION_UNAVAILABLE);

    rbac_epoch_back(&fixture->epoch, fixture->now);
    fixture->now += 4 * SECOND;
    rbac_epoch_back(&fixture->epoch, fixture->now); /* no longer for that */
    ask(fixture, "a", &heard, &question);
    fixture->now += 2 * SECOND;
    answer(fixture, question, AUTHORISATION_DENIED);
    ck_assert_int_eq(heard.answer, AUTHORISATION_UNAVAILABLE);
    ck_assert(asked(fixture, "a", AUTHORISATION_DENIED));
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    close_cache(fixture);
}
END_TEST

START_TEST(zero_age_switches_it_off)
{
    struct fixture *fixture = open_cache(8, 0);
    struct heard first, second;
    struct authorisation_question *one = NULL, *two = NULL;
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    ck_assert_int_eq(ask(fixture, "a", &first, &one), AUTHORISATION_STEP_ASK);
    ck_assert_int_eq(ask(fixture, "a", &second, &two), AUTHORISATION_STEP_ASK);
    answer(fixture, one, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(second.times, 0);
    answer(fixture, two, AUTHORISATION_ALLOWED);
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 0);
    close_cache(fixture);
}
END_TEST

START_TEST(the_one_used_longest_ago_goes)
{
    struct fixture *fixture = open_cache(3, 30 * SECOND);
    ck_assert(asked(fixture, "a", AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, "b", AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, "c", AUTHORISATION_ALLOWED));
    ck_assert(!asked(fixture, "a", AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, "d", AUTHORISATION_ALLOWED));
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 3);
    ck_assert(!asked(fixture, "a", AUTHORISATION_DENIED));
    ck_assert(!asked(fixture, "c", AUTHORISATION_DENIED));
    ck_assert(!asked(fixture, "d", AUTHORISATION_DENIED));
    ck_assert(asked(fixture, "b", AUTHORISATION_DENIED));
    close_cache(fixture);
}
END_TEST

START_TEST(many_keys_stay_within_the_bound)
{
    struct fixture *fixture = open_cache(100, 30 * SECOND);
    char key[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(key, sizeof(key), "key-%d", i);
            ck_assert(asked(fixture, key, AUTHORISATION_ALLOWED));
        }
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 100);
    for (int i = 4900; i < 5000; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        ck_assert(!asked(fixture, key, AUTHORISATION_DENIED));
    }
    close_cache(fixture);
}
END_TEST

START_TEST(keys_are_bytes_of_any_kind)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    static const struct slice keys[] = {{"a\0b", 3}, {"a\0c", 3}, {"a", 1}, {"", 0}};
    struct heard heard = {.waiter = {.answered = hear, .context = &heard}};
    for (size_t i = 0; i < 4; i++) {
        struct authorisation_question *question = NULL;
        ck_assert_int_eq(authorisation_cache_ask(fixture->cache, keys[i], fixture->now,
                                                 &heard.waiter, &question),
                         AUTHORISATION_STEP_ASK);
        answer(fixture, question, AUTHORISATION_ALLOWED);
    }
    ck_assert_uint_eq(authorisation_cache_size(fixture->cache), 4);
    close_cache(fixture);
}
END_TEST

START_TEST(a_key_too_long_is_asked_each_time)
{
    static char key[AUTHORISATION_KEY_MAX + 2];
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    memset(key, 'k', AUTHORISATION_KEY_MAX + 1);
    ck_assert(asked(fixture, key, AUTHORISATION_ALLOWED));
    ck_assert(asked(fixture, key, AUTHORISATION_ALLOWED));
    key[AUTHORISATION_KEY_MAX] = '\0';
    ck_assert(asked(fixture, key, AUTHORISATION_ALLOWED));
    ck_assert(!asked(fixture, key, AUTHORISATION_ALLOWED));
    close_cache(fixture);
}
END_TEST

START_TEST(who_leaves_is_not_told)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard first, second;
    struct authorisation_question *question = NULL, *none = NULL;
    ask(fixture, "a", &first, &question);
    ask(fixture, "a", &second, &none);
    authorisation_cache_leave(&first.waiter);
    authorisation_cache_leave(&first.waiter);
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(first.times, 0);
    ck_assert_int_eq(second.times, 1);

    /* With nobody left the answer still is of use. */
    ask(fixture, "b", &first, &question);
    authorisation_cache_leave(&first.waiter);
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert(!asked(fixture, "b", AUTHORISATION_DENIED));
    close_cache(fixture);
}
END_TEST

/* Whoever is told may end other waiters, as a request does that failed. */
struct chain {
    struct authorisation_waiter waiter;
    struct authorisation_waiter *also;
    int times;
};

static void end_others(struct authorisation_waiter *waiter, enum authorisation with,
                       const char *detail)
{
    struct chain *chain = waiter->context;
    (void)with;
    (void)detail;
    chain->times++;
    authorisation_cache_leave(chain->also);
}

START_TEST(who_is_told_may_end_others)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    struct chain chain = {.waiter = {.answered = end_others, .context = &chain},
                          .also = &heard.waiter};
    authorisation_cache_ask(fixture->cache, slice_of("a"), fixture->now, &chain.waiter, &question);
    struct authorisation_question *none = NULL;
    ask(fixture, "a", &heard, &none);
    answer(fixture, question, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(chain.times, 1);
    ck_assert_int_eq(heard.times, 0);
    close_cache(fixture);
}
END_TEST

START_TEST(freed_with_questions_under_way)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard heard;
    struct authorisation_question *question = NULL;
    ask(fixture, "a", &heard, &question);
    asked(fixture, "b", AUTHORISATION_ALLOWED);
    close_cache(fixture);
    ck_assert_int_eq(heard.times, 0);
    ck_assert_ptr_null(heard.waiter.question);
    authorisation_cache_free(NULL);
}
END_TEST

START_TEST(hits_and_misses_are_counted)
{
    struct fixture *fixture = open_cache(8, 30 * SECOND);
    struct heard first, second;
    struct authorisation_question *question = NULL, *none = NULL;
    ask(fixture, "a", &first, &question);
    ask(fixture, "a", &second, &none);
    answer(fixture, question, AUTHORISATION_ALLOWED);
    asked(fixture, "a", AUTHORISATION_ALLOWED);
    asked(fixture, "b", AUTHORISATION_DENIED);
    struct authorisation_statistics statistics = authorisation_cache_statistics(fixture->cache);
    ck_assert_uint_eq(statistics.hits, 2);
    ck_assert_uint_eq(statistics.misses, 2);
    close_cache(fixture);
}
END_TEST

/* An authoriser that lags behind our watch by up to four seconds, and events, questions and answers
 * in an order nobody chose: an answer from the cache is never one that was revoked before. */
START_TEST(a_lagging_authoriser_never_gets_into_the_cache)
{
    enum { STEPS = 20000, PENDING = 4 };
    struct fixture *fixture = open_cache(4, 30 * SECOND);
    struct heard heard[PENDING];
    struct authorisation_question *pending[PENDING] = {NULL};
    enum authorisation said[PENDING] = {AUTHORISATION_DENIED};
    bool permitted = true, was_permitted = true;
    int64_t changed = 0, lag = 0;
    uint32_t random = 12345;
    size_t hits = 0;
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        size_t i = (random >> 8) % PENDING;
        fixture->now += (int64_t)(random >> 22) * MILLISECOND;
        if ((random >> 12) % 16 == 0) {
            was_permitted = permitted;
            permitted = !permitted;
            changed = fixture->now;
            lag = (int64_t)(random >> 20 & 4095) * MILLISECOND;
            event(fixture);
        }
        if (pending[i]) {
            answer(fixture, STEAL(pending[i]), said[i]);
            continue;
        }
        enum authorisation_step asking = ask(fixture, "a", &heard[i], &pending[i]);
        if (asking == AUTHORISATION_STEP_ALLOWED) {
            ck_assert_msg(permitted, "step %d: answered with what was revoked", step);
            hits++;
        } else if (asking == AUTHORISATION_STEP_ASK) {
            bool seen = fixture->now - changed < lag ? was_permitted : permitted;
            said[i] = seen ? AUTHORISATION_ALLOWED : AUTHORISATION_DENIED;
        } else {
            authorisation_cache_leave(&heard[i].waiter);
        }
    }
    ck_assert_uint_gt(hits, 100);
    close_cache(fixture);
}
END_TEST

SUITE("authorisation_cache", allowed_is_stored_to_its_age, age_counts_from_the_question,
      refusals_are_not_stored, a_refusal_leaves_what_is_stored_of_others,
      an_event_ends_what_is_stored, an_answer_of_an_older_generation_is_not_stored,
      nothing_is_stored_for_five_seconds_after_an_event, the_quiet_counts_when_it_is_asked,
      a_question_joins_one_of_its_generation, a_question_joins_none_of_another_generation,
      out_of_sync_stores_nothing_and_joins_nothing, losing_sync_while_it_is_asked_stores_nothing,
      a_refusal_after_an_outage_proves_nothing, zero_age_switches_it_off,
      the_one_used_longest_ago_goes, many_keys_stay_within_the_bound, keys_are_bytes_of_any_kind,
      a_key_too_long_is_asked_each_time, who_leaves_is_not_told, who_is_told_may_end_others,
      freed_with_questions_under_way, hits_and_misses_are_counted,
      a_lagging_authoriser_never_gets_into_the_cache)
