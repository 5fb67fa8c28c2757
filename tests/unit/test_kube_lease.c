#include "lib/kube/lease.h"

#include <string.h>

#include "tests/support/suite.h"

static const int64_t SECOND = 1000000000;

#define TIME "2026-11-26T01:02:03.000004Z"

static struct kube_lease lease_of(const char *holder, const char *renewed, int64_t duration)
{
    return (struct kube_lease){
        .resource_version = slice_of("7"),
        .holder = slice_of(holder),
        .acquire_time = slice_of(TIME),
        .renew_time = slice_of(renewed),
        .duration = duration,
        .transitions = 3,
    };
}

static enum kube_lease_act look(struct kube_lease_view *view, const struct kube_lease *lease,
                                int64_t seconds)
{
    return kube_lease_look(view, lease, slice_of("me"), seconds * SECOND);
}

/* --- The rules -------------------------------------------------------------------------------- */

START_TEST(a_lease_that_nobody_holds_is_taken)
{
    struct kube_lease_view view = {0};
    struct kube_lease lease = lease_of(NULL, NULL, 15);
    ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_TAKE);
    lease.holder = slice_of("");
    ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_TAKE);
    kube_lease_view_release(&view);
}
END_TEST

START_TEST(our_own_is_renewed)
{
    struct kube_lease_view view = {0};
    struct kube_lease lease = lease_of("me", TIME, 15);
    ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_RENEW);
    /* However old it is: nobody else has taken it. */
    ck_assert_int_eq(look(&view, &lease, 100000), KUBE_LEASE_RENEW);
    /* Others' names may begin as ours. */
    lease.holder = slice_of("me2");
    ck_assert_int_eq(look(&view, &lease, 100000), KUBE_LEASE_WAIT);
    kube_lease_view_release(&view);
}
END_TEST

START_TEST(a_silent_holder_loses_it_when_its_time_is_over)
{
    struct kube_lease_view view = {0};
    struct kube_lease lease = lease_of("other", TIME, 15);
    ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_WAIT);
    ck_assert_int_eq(look(&view, &lease, 114), KUBE_LEASE_WAIT);
    ck_assert_int_eq(look(&view, &lease, 115), KUBE_LEASE_TAKE);
    kube_lease_view_release(&view);
}
END_TEST

START_TEST(any_change_of_the_record_is_a_sign_of_life)
{
    struct kube_lease_view view = {0};
    struct kube_lease lease = lease_of("other", TIME, 15);
    ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_WAIT);
    lease.renew_time = slice_of("2026-11-26T01:02:13.000000Z");
    ck_assert_int_eq(look(&view, &lease, 114), KUBE_LEASE_WAIT);
    ck_assert_int_eq(look(&view, &lease, 128), KUBE_LEASE_WAIT);
    lease.transitions++;
    ck_assert_int_eq(look(&view, &lease, 129), KUBE_LEASE_WAIT);
    lease.holder = slice_of("third");
    ck_assert_int_eq(look(&view, &lease, 143), KUBE_LEASE_WAIT);
    ck_assert_int_eq(look(&view, &lease, 158), KUBE_LEASE_TAKE);
    kube_lease_view_release(&view);
}
END_TEST

START_TEST(clocks_of_others_do_not_count)
{
    static const char *const times[] = {"1970-01-01T00:00:00.000000Z",
                                        "2999-01-01T00:00:00.000000Z", "yesterday", "", NULL};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct kube_lease_view view = {0};
        struct kube_lease lease = lease_of("other", times[i], 15);
        ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_WAIT);
        ck_assert_int_eq(look(&view, &lease, 114), KUBE_LEASE_WAIT);
        ck_assert_int_eq(look(&view, &lease, 115), KUBE_LEASE_TAKE);
        kube_lease_view_release(&view);
    }
}
END_TEST

START_TEST(the_time_that_the_holder_wrote_counts)
{
    struct kube_lease_view view = {0};
    struct kube_lease lease = lease_of("other", TIME, 60);
    ck_assert_int_eq(look(&view, &lease, 100), KUBE_LEASE_WAIT);
    ck_assert_int_eq(look(&view, &lease, 159), KUBE_LEASE_WAIT);
    /* What it writes anew counts from then on. */
    lease.duration = 1;
    ck_assert_int_eq(look(&view, &lease, 159), KUBE_LEASE_WAIT);
    ck_assert_int_eq(look(&view, &lease, 160), KUBE_LEASE_TAKE);
    /* Without one there is nothing to wait for. */
    lease.duration = 0;
    ck_assert_int_eq(look(&view, &lease, 160), KUBE_LEASE_TAKE);
    kube_lease_view_release(&view);
}
END_TEST

START_TEST(the_next_record)
{
    struct kube_lease lease = lease_of("other", TIME, 60);
    struct kube_lease next = kube_lease_next(&lease, KUBE_LEASE_TAKE, slice_of("me"), 15,
                                             slice_of("2026-11-26T02:00:00.000000Z"));
    ck_assert(slice_is(next.holder, "me"));
    ck_assert(slice_is(next.resource_version, "7"));
    ck_assert(slice_is(next.acquire_time, "2026-11-26T02:00:00.000000Z"));
    ck_assert(slice_is(next.renew_time, "2026-11-26T02:00:00.000000Z"));
    ck_assert_int_eq(next.duration, 15);
    ck_assert_int_eq(next.transitions, 4);
    next = kube_lease_next(&next, KUBE_LEASE_RENEW, slice_of("me"), 15,
                           slice_of("2026-11-26T02:00:02.000000Z"));
    ck_assert(slice_is(next.acquire_time, "2026-11-26T02:00:00.000000Z"));
    ck_assert(slice_is(next.renew_time, "2026-11-26T02:00:02.000000Z"));
    ck_assert_int_eq(next.transitions, 4);
}
END_TEST

/* --- The record ------------------------------------------------------------------------------- */

static struct kube_lease read(const char *json, struct arena *arena)
{
    cleanup_error struct error *error = NULL;
    struct kube_lease lease;
    ck_assert_msg(kube_lease_read(slice_of(json), arena, &lease, &error) == 0, "%s: %s", json,
                  error ? error->message : "");
    return lease;
}

START_TEST(what_is_written_is_read_back)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer json = {0};
    struct kube_lease lease = lease_of("host_\"1\"", TIME, 15);
    kube_lease_write(&json, "gmsa-webhook", "certificates", &lease);
    ck_assert_ptr_nonnull(strstr(buffer_text(&json), "\"kind\":\"Lease\""));
    struct kube_lease back = read(buffer_text(&json), &arena);
    ck_assert(slice_is(back.holder, "host_\"1\""));
    ck_assert(slice_is(back.renew_time, TIME));
    ck_assert_int_eq(back.duration, 15);
    ck_assert_int_eq(back.transitions, 3);
    ck_assert(!slice_present(back.resource_version));

    buffer_clear(&json);
    lease.holder = (struct slice){0};
    kube_lease_write_patch(&json, &lease);
    ck_assert_str_eq(buffer_text(&json),
                     "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":null,"
                     "\"acquireTime\":\"" TIME "\",\"renewTime\":\"" TIME
                     "\",\"leaseDurationSeconds\":15,\"leaseTransitions\":3}}");
}
END_TEST

START_TEST(odd_records_are_read_as_far_as_they_go)
{
    cleanup_arena struct arena arena = {0};
    struct kube_lease lease = read("{\"metadata\":{\"resourceVersion\":\"1\"}}", &arena);
    ck_assert(!slice_present(lease.holder));
    ck_assert_int_eq(lease.duration, 0);
    lease = read("{\"metadata\":{},\"spec\":{\"leaseDurationSeconds\":999999999}}", &arena);
    ck_assert_int_eq(lease.duration, KUBE_LEASE_DURATION_MAX);
    lease = read("{\"metadata\":{},\"spec\":{\"leaseDurationSeconds\":9999999999999999999999}}",
                 &arena);
    ck_assert_int_eq(lease.duration, 0);
    lease =
        read("{\"metadata\":{},\"spec\":{\"leaseDurationSeconds\":-5,\"leaseTransitions\":1e3}}",
             &arena);
    ck_assert_int_eq(lease.duration, 0);
    ck_assert_int_eq(lease.transitions, 0);
}
END_TEST

START_TEST(what_is_no_lease_is_refused)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "<html>",
        "{\"metadata\":{},\"spec\":[]}",
        "{\"metadata\":{},\"spec\":{\"holderIdentity\":1}}",
        "{\"metadata\":{},\"spec\":{\"leaseDurationSeconds\":\"15\"}}",
        "{\"metadata\":{}} x",
        "{\"metadata\":{\"resourceVersion\":1}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_error struct error *error = NULL;
        struct kube_lease lease;
        ck_assert_msg(kube_lease_read(slice_of(texts[i]), &arena, &lease, &error) < 0, "%s",
                      texts[i]);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
    }
}
END_TEST

START_TEST(times_have_microseconds)
{
    char text[KUBE_LEASE_TIME_SIZE];
    kube_lease_time(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00.000000Z");
    kube_lease_time(1795658146 * SECOND + 123456789, text);
    ck_assert_str_eq(text, "2026-11-26T01:55:46.123456Z");
}
END_TEST

SUITE("kube_lease", a_lease_that_nobody_holds_is_taken, our_own_is_renewed,
      a_silent_holder_loses_it_when_its_time_is_over, any_change_of_the_record_is_a_sign_of_life,
      clocks_of_others_do_not_count, the_time_that_the_holder_wrote_counts, the_next_record,
      what_is_written_is_read_back, odd_records_are_read_as_far_as_they_go,
      what_is_no_lease_is_refused, times_have_microseconds)
