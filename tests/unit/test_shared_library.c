#include "lib/common/shared_library.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

struct mathematics {
    double (*cosine)(double angle);
    double (*missing)(double angle);
};

static const struct shared_function functions[] = {
    {"cos", offsetof(struct mathematics, cosine)},
    {"no_such_function", offsetof(struct mathematics, missing)},
};

START_TEST(a_function_is_found)
{
    struct mathematics table = {0};
    ck_assert_int_eq(shared_library_load("libm.so.6", "libc6", functions, 1, &table, NULL), 0);
    ck_assert_double_eq(table.cosine(0), 1);
    ck_assert_ptr_null(getenv("GNUTLS_NO_IMPLICIT_INIT"));
}
END_TEST

START_TEST(a_missing_library_names_its_package)
{
    struct mathematics table = {0};
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(
        shared_library_load("libnothing.so.9", "libnothing9", functions, 1, &table, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(error->message, "install the package libnothing9"));
}
END_TEST

START_TEST(a_missing_function_is_named)
{
    struct mathematics table = {0};
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(shared_library_load("libm.so.6", "libc6", functions, ARRAY_LENGTH(functions),
                                         &table, &error),
                     -1);
    ck_assert_ptr_nonnull(strstr(error->message, "libm.so.6 lacks no_such_function"));
}
END_TEST

/* Somebody's own wish stays. */
START_TEST(the_environment_is_as_before)
{
    struct mathematics table = {0};
    ck_assert_int_eq(setenv("GNUTLS_NO_IMPLICIT_INIT", "0", 1), 0);
    ck_assert_int_eq(shared_library_load("libm.so.6", "libc6", functions, 1, &table, NULL), 0);
    ck_assert_str_eq(getenv("GNUTLS_NO_IMPLICIT_INIT"), "0");
}
END_TEST

SUITE("shared_library", a_function_is_found, a_missing_library_names_its_package,
      a_missing_function_is_named, the_environment_is_as_before)
