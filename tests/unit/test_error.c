#include "lib/common/error.h"

#include <errno.h>

#include "tests/support/suite.h"

START_TEST(setting_returns_minus_one_and_formats)
{
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(error_set(&error, ERROR_NOT_FOUND, "no %s in %d", "spec", 7), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    ck_assert_str_eq(error->message, "no spec in 7");
}
END_TEST

START_TEST(errno_text_is_appended)
{
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(error_set_errno(&error, ERROR_DENIED, EACCES, "key"), -1);
    ck_assert_str_eq(error->message, "key: Permission denied");
}
END_TEST

START_TEST(the_first_error_stays)
{
    cleanup_error struct error *error = NULL;
    (void)error_set(&error, ERROR_INPUT, "first");
    (void)error_set(&error, ERROR_INTERNAL, "second");
    (void)error_set_errno(&error, ERROR_INTERNAL, EIO, "third");
    struct error *fourth = NULL;
    (void)error_set(&fourth, ERROR_PROTOCOL, "fourth");
    (void)error_move(&error, fourth);
    ck_assert_str_eq(error->message, "first");
    ck_assert_int_eq(error->code, ERROR_INPUT);
}
END_TEST

START_TEST(context_is_put_in_front)
{
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(error_prefix(&error, "nothing yet"), -1);
    ck_assert_ptr_null(error);
    (void)error_set(&error, ERROR_INPUT, "inner 100%%");
    (void)error_prefix(&error, "outer %d", 1);
    ck_assert_str_eq(error->message, "outer 1: inner 100%");
}
END_TEST

START_TEST(nobody_has_to_want_to_know)
{
    ck_assert_int_eq(error_set(NULL, ERROR_INPUT, "unheard"), -1);
    struct error *error = NULL;
    (void)error_set(&error, ERROR_INPUT, "moved nowhere");
    ck_assert_int_eq(error_move(NULL, error), -1);
    error_free(NULL);
}
END_TEST

START_TEST(each_code_has_a_word)
{
    ck_assert_str_eq(error_code_name(ERROR_INPUT), "input");
    ck_assert_str_eq(error_code_name(ERROR_DENIED), "denied");
    ck_assert_str_eq(error_code_name(ERROR_NOT_FOUND), "not-found");
    ck_assert_str_eq(error_code_name(ERROR_UNAVAILABLE), "unavailable");
    ck_assert_str_eq(error_code_name(ERROR_PROTOCOL), "protocol");
    ck_assert_str_eq(error_code_name(ERROR_INTERNAL), "internal");
}
END_TEST

SUITE("error", setting_returns_minus_one_and_formats, errno_text_is_appended, the_first_error_stays,
      context_is_put_in_front, nobody_has_to_want_to_know, each_code_has_a_word)
