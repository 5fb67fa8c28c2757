#include "lib/kube/status.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

START_TEST(a_status_is_read)
{
    static const char text[] =
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
        "\"message\":\"gmsacredentialspecs.windows.k8s.io \\\"web\\\" not found\","
        "\"reason\":\"NotFound\",\"details\":{\"name\":\"web\",\"retryAfterSeconds\":3,"
        "\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"m\"}]},\"code\":404}";
    cleanup_arena struct arena arena = {0};
    struct kube_status status;
    ck_assert(kube_status_read(slice_of(text), &arena, &status));
    ck_assert(slice_is(status.reason, "NotFound"));
    ck_assert_int_eq(status.code, 404);
    ck_assert_int_eq(status.retry_after, 3000);
    ck_assert(status.version_is_too_large);
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(kube_status_error(404, &status, &error), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    ck_assert_str_eq(error->message,
                     "404 NotFound: gmsacredentialspecs.windows.k8s.io \"web\" not found");
}
END_TEST

START_TEST(other_bodies_are_no_status)
{
    static const char *const texts[] = {"",
                                        "<html>",
                                        "null",
                                        "{\"kind\":\"Pod\"}",
                                        "{\"kind\":\"Status\"} x",
                                        "{\"kind\":\"Status\",\"message\":1}"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_error struct error *error = NULL;
        struct kube_status status;
        ck_assert_msg(!kube_status_read(slice_of(texts[i]), &arena, &status), "%s", texts[i]);
        ck_assert_int_eq(status.retry_after, -1);
        (void)kube_status_error(503, &status, &error);
        ck_assert_str_eq(error->message, "503");
    }
}
END_TEST

START_TEST(numbers_out_of_range_are_ignored)
{
    static const char text[] = "{\"kind\":\"Status\",\"code\":99999999999999999999,"
                               "\"details\":{\"retryAfterSeconds\":1e9}}";
    static const char negative[] =
        "{\"kind\":\"Status\",\"code\":-404,\"details\":{\"retryAfterSeconds\":-5}}";
    cleanup_arena struct arena arena = {0};
    struct kube_status status;
    ck_assert(kube_status_read(slice_of(text), &arena, &status));
    ck_assert_int_eq(status.code, 0);
    ck_assert_int_eq(status.retry_after, -1);
    ck_assert(kube_status_read(slice_of(negative), &arena, &status));
    ck_assert_int_eq(status.code, 0);
    ck_assert_int_eq(status.retry_after, -1);
}
END_TEST

START_TEST(the_text_of_a_server_is_made_harmless)
{
    char text[3000];
    memset(text, 'x', sizeof text);
    struct kube_status status = {.reason = slice_of("For\nbidden"), .message = {text, sizeof text}};
    cleanup_error struct error *error = NULL;
    (void)kube_status_error(403, &status, &error);
    ck_assert_uint_lt(strlen(error->message), 1100);
    ck_assert_ptr_nonnull(strstr(error->message, "403 For\\nbidden: xxx"));
}
END_TEST

START_TEST(blame_follows_the_code)
{
    static const struct {
        int code;
        enum error_code blame;
    } rows[] = {
        {400, ERROR_INPUT},       {401, ERROR_DENIED},      {403, ERROR_DENIED},
        {404, ERROR_NOT_FOUND},   {405, ERROR_PROTOCOL},    {406, ERROR_PROTOCOL},
        {408, ERROR_UNAVAILABLE}, {409, ERROR_INPUT},       {410, ERROR_UNAVAILABLE},
        {413, ERROR_INPUT},       {415, ERROR_PROTOCOL},    {422, ERROR_INPUT},
        {429, ERROR_UNAVAILABLE}, {500, ERROR_UNAVAILABLE}, {503, ERROR_UNAVAILABLE},
        {504, ERROR_UNAVAILABLE}, {302, ERROR_PROTOCOL},    {101, ERROR_PROTOCOL},
        {600, ERROR_PROTOCOL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_int_eq(kube_status_blame(rows[i].code), rows[i].blame);
}
END_TEST

SUITE("kube_status", a_status_is_read, other_bodies_are_no_status, numbers_out_of_range_are_ignored,
      the_text_of_a_server_is_made_harmless, blame_follows_the_code)
