#include "credspec/cli/resource_name.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

START_TEST(names_are_made_valid)
{
    static const struct {
        const char *text;
        const char *name;
    } rows[] = {
        {"WebApp01", "webapp01"},
        {"web_app", "web-app"},
        {"-._web._-", "web"},
        {"domain-joined", "domain-joined"},
        {"shop.web", "shop.web"},
        {"../../etc/passwd", "etc-passwd"},
        {"gr\xc3\xbcn", "gr--n"},
        {"$", ""},
        {"", ""},
    };
    cleanup_arena struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_str_eq(resource_name_from(&arena, slice_of(rows[i].text)), rows[i].name);
    ck_assert_str_eq(resource_name_from(&arena, (struct slice){NULL, 0}), "");
    ck_assert_str_eq(resource_name_from(&arena, (struct slice){"a\0b", 3}), "a-b");
}
END_TEST

START_TEST(names_are_checked_in_the_words_of_kubernetes)
{
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(resource_name_check("--name", "web.app-1", &error), 0);
    ck_assert_ptr_null(error);
    ck_assert_int_eq(resource_name_check("--name", "Web", &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_nonnull(strstr(error->message, "--name \"Web\": "));
    ck_assert_ptr_nonnull(strstr(error->message, "RFC 1123 subdomain"));
    ck_assert_int_eq(resource_name_check("--name", "", NULL), -1);
    ck_assert_int_eq(resource_name_check("--name", "../web", NULL), -1);
}
END_TEST

SUITE("resource_name", names_are_made_valid, names_are_checked_in_the_words_of_kubernetes)
