#include "webhook/sources/local_access_review.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* Byte for byte what authorisers see. */
START_TEST(asks_for_a_service_account)
{
    cleanup_buffer struct buffer body = {0};
    local_access_review_for_account(&body, slice_of("shop"), slice_of("web"), slice_of("spec1"));
    ck_assert_str_eq(
        buffer_text(&body),
        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"LocalSubjectAccessReview\","
        "\"metadata\":{\"namespace\":\"shop\"},\"spec\":{\"resourceAttributes\":{\"verb\":\"use\","
        "\"group\":\"windows.k8s.io\",\"version\":\"v1\",\"resource\":\"gmsacredentialspecs\","
        "\"name\":\"spec1\",\"namespace\":\"shop\"},"
        "\"user\":\"system:serviceaccount:shop:web\",\"groups\":[\"system:serviceaccounts\","
        "\"system:serviceaccounts:shop\"]}}");
}
END_TEST

START_TEST(asks_for_a_requester)
{
    cleanup_buffer struct buffer body = {0};
    const struct slice groups[] = {slice_of("developers"), slice_of("a\"b")};
    const struct requester requester = {.user = slice_of("al\"ice"),
                                        .uid = slice_of("42"),
                                        .groups = groups,
                                        .group_count = 2,
                                        .extra = slice_of("{\"scopes\":[\"x\"]}")};
    local_access_review_for_requester(&body, slice_of("shop"), &requester, slice_of("spec1"));
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&body),
               "},\"user\":\"al\\\"ice\",\"groups\":[\"developers\",\"a\\\"b\"],\"uid\":\"42\","
               "\"extra\":{\"scopes\":[\"x\"]}}}"));
    buffer_clear(&body);
    const struct requester bare = {.user = slice_of("bob")};
    local_access_review_for_requester(&body, slice_of("shop"), &bare, slice_of("spec1"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&body), "},\"user\":\"bob\",\"groups\":[]}}"));
}
END_TEST

START_TEST(reads_answers)
{
    static const struct {
        const char *json;
        bool allowed;
        const char *evaluation_error;
    } rows[] = {
        {"{\"status\":{\"allowed\":true,\"reason\":\"RBAC: allowed\"}}", true, NULL},
        {"{\"spec\":{},\"status\":{\"allowed\":false}}", false, NULL},
        {"{\"status\":{}}", false, NULL},
        {"{\"status\":{\"allowed\":true,\"denied\":true}}", false, NULL},
        {"{\"status\":{\"denied\":true}}", false, NULL},
        {"{\"status\":{\"allowed\":true,\"denied\":null}}", true, NULL},
        {"{\"status\":{\"allowed\":false,\"evaluationError\":\"no role \\\"x\\\"\"}}", false,
         "no role \"x\""},
        {"{\"status\":{\"allowed\":true,\"evaluationError\":\"e\"}}", true, "e"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_error struct error *error = NULL;
        struct access_review_answer answer;
        ck_assert_msg(local_access_review_read(slice_of(rows[i].json), &arena, &answer, &error) ==
                          0,
                      "%s: %s", rows[i].json, error ? error->message : "");
        ck_assert_msg(answer.allowed == rows[i].allowed, "%s", rows[i].json);
        ck_assert(slice_equal(answer.evaluation_error, slice_of(rows[i].evaluation_error)));
    }
}
END_TEST

START_TEST(refuses_what_is_no_answer)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"status\":null}",
        "{\"status\":true}",
        "{\"status\":{\"allowed\":\"true\"}}",
        "{\"status\":{\"allowed\":1}}",
        "{\"status\":{\"allowed\":false,\"allowed\":true}}",
        "{\"status\":{\"allowed\":true}} x",
        "{\"status\":{\"allowed\":true}",
        "{\"status\":{\"allowed\":true},\"status\":{\"allowed\":true}}",
        "{\"status\":{\"denied\":\"no\",\"allowed\":true}}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_error struct error *error = NULL;
        struct access_review_answer answer;
        ck_assert_msg(local_access_review_read(slice_of(rows[i]), &arena, &answer, &error) == -1,
                      "%s", rows[i]);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
    }
}
END_TEST

SUITE("local_access_review", asks_for_a_service_account, asks_for_a_requester, reads_answers,
      refuses_what_is_no_answer)
