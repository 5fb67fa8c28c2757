#include "lib/common/library.h"

#include <stdbool.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

struct functions {
    const char *(*version)(void);
    int (*other)(void);
};
static struct functions functions;

static const char *const present[] = {"yaml_get_version_string", "yaml_parser_initialize"};
static const char *const absent[] = {"yaml_get_version_string", "yaml_parser_bake"};

START_TEST(functions_are_found_once)
{
    static struct library yaml = {"libyaml-0.so.2", "libyaml-0-2", present, 2,
                                  &functions,       true,          false};
    cleanup_error struct error *err = NULL;
    ck_assert_int_eq(library_load(&yaml, &err), 0);
    ck_assert_int_eq(functions.version()[0], '0');
    yaml.file = "no.so"; /* nobody looks again */
    ck_assert_int_eq(library_load(&yaml, &err), 0);
    library_need(&yaml);
    ck_assert_ptr_null(getenv("GNUTLS_NO_IMPLICIT_INIT"));
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    static struct library none = {"libno.so.1", "libno1", present, 2, &functions, false, false};
    static struct library old = {"libyaml-0.so.2", "libyaml-0-2", absent, 2,
                                 &functions,       false,         false};
    cleanup_error struct error *err = NULL, *other = NULL;
    ck_assert_int_eq(library_load(&none, &err), -1);
    ck_assert_str_eq(err->message, "libno.so.1 cannot be loaded; install the package libno1");
    ck_assert_int_eq(library_load(&old, &other), -1);
    ck_assert_str_eq(
        other->message,
        "libyaml-0.so.2 has no yaml_parser_bake(); install a newer package libyaml-0-2");
    ck_assert_int_eq(library_load(&old, NULL), -1);
}
END_TEST

SUITE("library", functions_are_found_once, what_is_missing_is_named)
