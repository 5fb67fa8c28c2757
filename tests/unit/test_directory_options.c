#include "credspec/cli/directory_options.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

START_TEST(what_fits_each_other_is_accepted)
{
    static const struct directory_options rows[] = {
        {.timeout = 1},
        {.domain = "contoso.test", .server = "dc1.contoso.test", .timeout = 1},
        {.keytab = "k", .timeout = 1},
        {.keytab = "k", .principal = "p", .timeout = 1},
        {.user = "u", .timeout = 1},
        {.user = "u", .password_file = "f", .timeout = 1},
        {.user = "u", .tls = "starttls", .timeout = 1},
        {.user = "u", .tls_ca = "ca", .timeout = 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_int_eq(directory_options_check(&rows[i], NULL), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const struct {
        struct directory_options options;
        const char *says;
    } rows[] = {
        {{.keytab = "k", .user = "u", .timeout = 1}, "--keytab and --user"},
        {{.principal = "p", .timeout = 1}, "--principal needs --keytab"},
        {{.user = "u", .principal = "p", .timeout = 1}, "--principal needs --keytab"},
        {{.password_file = "f", .timeout = 1}, "--password-file needs --user"},
        {{.tls = "ldaps", .timeout = 1}, "--tls needs --user"},
        {{.tls_ca = "ca", .timeout = 1}, "--tls-ca needs --user"},
        {{.keytab = "k", .tls_ca = "ca", .timeout = 1}, "--tls-ca needs --user"},
        {{.timeout = 0}, "--timeout"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_error struct error *error = NULL;
        ck_assert_int_eq(directory_options_check(&rows[i].options, &error), -1);
        ck_assert_int_eq(error->code, ERROR_INPUT);
        ck_assert_ptr_nonnull(strstr(error->message, rows[i].says));
    }
}
END_TEST

START_TEST(the_first_option_that_is_given_is_named)
{
    ck_assert_ptr_null(directory_options_given(&(struct directory_options){.timeout = 30000}));
    ck_assert_str_eq(directory_options_given(&(struct directory_options){.domain = "d"}), "domain");
    ck_assert_str_eq(directory_options_given(&(struct directory_options){.tls_ca = "c"}), "tls-ca");
    ck_assert_str_eq(directory_options_given(&(struct directory_options){.keytab = "k"}), "keytab");
}
END_TEST

/* What the macro of rows is for. */
struct values {
    bool other;
    struct directory_options directory;
};

START_TEST(the_rows_fill_the_struct)
{
    static const struct option_row rows[] = {DIRECTORY_OPTION_ROWS(struct values), {.name = NULL}};
    const struct command_row command = {.name = "ask", .options = rows};
    static const char *const words[] = {
        "--domain",        "contoso.test",
        "--server",        "dc1",
        "--keytab",        "k",
        "--principal",     "p",
        "--user",          "u",
        "--password-file", "f",
        "--tls",           "starttls",
        "--tls-ca",        "ca",
        "--timeout",       "5s",
    };
    char *arguments[ARRAY_LENGTH(words)];
    memcpy(arguments, words, sizeof(words));
    const char *operands[ARRAY_LENGTH(arguments) + 1];
    struct values values = {0};
    ck_assert_int_eq(
        options_parse(NULL, &command, ARRAY_LENGTH(arguments), arguments, &values, operands, NULL),
        0);
    ck_assert_str_eq(values.directory.domain, "contoso.test");
    ck_assert_str_eq(values.directory.server, "dc1");
    ck_assert_str_eq(values.directory.keytab, "k");
    ck_assert_str_eq(values.directory.principal, "p");
    ck_assert_str_eq(values.directory.user, "u");
    ck_assert_str_eq(values.directory.password_file, "f");
    ck_assert_str_eq(values.directory.tls, "starttls");
    ck_assert_str_eq(values.directory.tls_ca, "ca");
    ck_assert_int_eq(values.directory.timeout, 5000);
    ck_assert(!values.other);
}
END_TEST

SUITE("directory_options", what_fits_each_other_is_accepted, what_does_not_fit_is_refused,
      the_first_option_that_is_given_is_named, the_rows_fill_the_struct)
