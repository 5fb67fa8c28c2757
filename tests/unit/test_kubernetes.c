/* The rules of Kubernetes' validation.go, row by row, and the cases of its own tests. */
#include "credspec/kubernetes.h"

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "tests/support/suite.h"

typedef size_t check_function(struct slice, const char *[KUBERNETES_MESSAGES_MAX]);

#define SUBDOMAIN                                                                                  \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "   \
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "  \
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define LABEL                                                                                      \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "   \
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "     \
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define EMPTY        "runAsUserName cannot be an empty string"
#define CONTROL      "runAsUserName cannot contain control characters"
#define BACKSLASHES  "runAsUserName cannot contain more than one backslash"
#define DOMAIN_LONG  "runAsUserName's Domain length must be under 256 characters"
#define DOMAIN_FORM  "runAsUserName's Domain doesn't match the NetBios nor the DNS format"
#define USER_EMPTY   "runAsUserName's User cannot be empty"
#define USER_LONG    "runAsUserName's User length must not be longer than 104 characters"
#define USER_PERIODS "runAsUserName's User cannot contain only periods or spaces"
#define USER_CHARACTERS                                                                            \
    "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"

/* Messages joined by "\n", "" for a valid value. */
static void check(check_function *function, struct slice value, const char *expected)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    size_t count = function(value, messages);
    cleanup_buffer struct buffer joined = {0};
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&joined, "%s%s", i ? "\n" : "", messages[i]);
    ck_assert_msg(strcmp(buffer_text(&joined), expected) == 0, "%.*s: got \"%s\", expected \"%s\"",
                  SLICE_FORMAT(value), buffer_text(&joined), expected);
}

struct row {
    const char *value;
    const char *expected;
};

static void check_rows(check_function *function, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(function, slice_of(rows[i].value), rows[i].expected);
}

/* Checks `unit` so many times, between `before` and `after`. */
static void check_repeated(check_function *function, const char *before, const char *unit,
                           size_t times, const char *after, const char *expected)
{
    cleanup_buffer struct buffer text = {0};
    buffer_append_text(&text, before);
    for (size_t i = 0; i < times; i++)
        buffer_append_text(&text, unit);
    buffer_append_text(&text, after);
    check(function, (struct slice){text.data, text.length}, expected);
}

START_TEST(subdomain)
{
    static const struct row rows[] = {
        {"a", ""},
        {"0", ""},
        {"gmsa-webapp1", ""},
        {"a.b", ""},
        {"a-b.c--d.0", ""},
        {"", SUBDOMAIN},
        {"-a", SUBDOMAIN},
        {"a-", SUBDOMAIN},
        {".a", SUBDOMAIN},
        {"a.", SUBDOMAIN},
        {"a..b", SUBDOMAIN},
        {"a.-b", SUBDOMAIN},
        {"a-.b", SUBDOMAIN},
        {"A", SUBDOMAIN},
        {"a_b", SUBDOMAIN},
        {"a b", SUBDOMAIN},
        {"a\n", SUBDOMAIN},
        {"../x", SUBDOMAIN},
        {"gmsa-WebApp1", SUBDOMAIN},
        {"\xc3\xa9", SUBDOMAIN},
    };
    check_rows(kubernetes_check_subdomain, rows, ARRAY_LENGTH(rows));
    check(kubernetes_check_subdomain, (struct slice){"a\0b", 3}, SUBDOMAIN);
    check(kubernetes_check_subdomain, (struct slice){NULL, 0}, SUBDOMAIN);
}
END_TEST

START_TEST(subdomain_lengths)
{
    /* A label of a subdomain may be longer than 63. */
    check_repeated(kubernetes_check_subdomain, "", "a", 253, "", "");
    check_repeated(kubernetes_check_subdomain, "", "a", 254, "",
                   "must be no more than 253 characters");
    check_repeated(kubernetes_check_subdomain, "", "A", 254, "",
                   "must be no more than 253 characters\n" SUBDOMAIN);
}
END_TEST

START_TEST(label)
{
    static const struct row rows[] = {
        {"a", ""},    {"my-name", ""}, {"123-abc", ""}, {"", LABEL},    {"a.b", LABEL},
        {"A", LABEL}, {"-a", LABEL},   {"a-", LABEL},   {"a_b", LABEL},
    };
    check_rows(kubernetes_check_label, rows, ARRAY_LENGTH(rows));
    check_repeated(kubernetes_check_label, "", "a", 63, "", "");
    check_repeated(kubernetes_check_label, "", "a", 64, "", "must be no more than 63 characters");
    check_repeated(kubernetes_check_label, "", "A", 64, "",
                   "must be no more than 63 characters\n" LABEL);
}
END_TEST

START_TEST(credential_spec_size)
{
    check(kubernetes_check_credential_spec, slice_of(""),
          "gmsaCredentialSpec cannot be an empty string");
    check(kubernetes_check_credential_spec, slice_of("not JSON"), "");
    check_repeated(kubernetes_check_credential_spec, "", "a", 65536, "", "");
    check_repeated(kubernetes_check_credential_spec, "", "a", 65537, "",
                   "gmsaCredentialSpec size must be under 64 KiB");
}
END_TEST

START_TEST(user_names_that_pass)
{
    static const char *const names[] = {
        "Administrator",
        "ContainerUser",
        "ContainerAdministrator",
        "NT AUTHORITY\\NETWORK SERVICE",
        "NT AUTHORITY\\SYSTEM",
        "contoso.com\\user",
        "CONTOSO\\web$",
        "web$",
        ".user",
        "user.",
        "a b",
        "-\\user",
        "my.domain_\\user", /* a dot after the first character of a NetBIOS name */
        "WWW.CONTOSO-CONTOSO.example\\user",
        "\xc2\x85", /* U+0085: Go's [[:cntrl:]] knows ASCII only */
        "d\xff\\u\xff",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        check(kubernetes_check_run_as_user_name, slice_of(names[i]), "");
}
END_TEST

START_TEST(user_names_that_do_not_pass)
{
    static const struct row rows[] = {
        {"", EMPTY},
        {"Container\tUser", CONTROL},
        {"user\n", CONTROL},
        {"\x7f", CONTROL},
        {"a\\b\\c\x01", CONTROL},
        {"Container\\Foo\\Lish", BACKSLASHES},
        {"a\\b\\c:*?", BACKSLASHES},
        {"\\User", DOMAIN_FORM},
        {"\\", DOMAIN_FORM "\n" USER_EMPTY},
        {"dom\\", USER_EMPTY},
        {"...", USER_PERIODS},
        {" ", USER_PERIODS},
        {"Example\\. .", USER_PERIODS},
        {"user@contoso.com", USER_CHARACTERS},
        {"CONTOSO/user", USER_CHARACTERS},
        {".dom_\\user", DOMAIN_FORM},
        {"CONTOSO_CONTOSO_1\\user", DOMAIN_FORM},
        {"contoso-contoso.example.\\user", DOMAIN_FORM},
        {"contoso..contoso.com\\user", DOMAIN_FORM},
        {"-contoso-contoso.com\\user", DOMAIN_FORM},
        {"contoso-contoso.com-\\user", DOMAIN_FORM},
        {"a:b\\c*", DOMAIN_FORM "\n" USER_CHARACTERS},
    };
    check_rows(kubernetes_check_run_as_user_name, rows, ARRAY_LENGTH(rows));
    check(kubernetes_check_run_as_user_name, (struct slice){"a\0b", 3}, CONTROL);
}
END_TEST

START_TEST(each_forbidden_character)
{
    static const char users[] = "\"/:;|=,+*?<>@[]";
    static const char domains[] = "/:*?\"<>|";
    for (const char *c = users; *c; c++) {
        char name[] = {'a', *c, 'b', '\0'};
        check(kubernetes_check_run_as_user_name, slice_of(name), USER_CHARACTERS);
    }
    for (const char *c = domains; *c; c++) {
        char name[] = {'a', *c, 'b', '\\', 'u', '\0'};
        check(kubernetes_check_run_as_user_name, slice_of(name), DOMAIN_FORM);
    }
    /* All other ASCII characters are fine in a user name. */
    for (char c = 0x20; c < 0x7f; c++) {
        char name[] = {'a', c, 'b', '\0'};
        const char *messages[KUBERNETES_MESSAGES_MAX];
        if (c != '\\' && !strchr(users, c))
            ck_assert_uint_eq(kubernetes_check_run_as_user_name(slice_of(name), messages), 0);
    }
}
END_TEST

START_TEST(user_name_lengths)
{
    check_function *function = kubernetes_check_run_as_user_name;
    check_repeated(function, "", "a", 104, "", "");
    check_repeated(function, "", "a", 105, "", USER_LONG);
    check_repeated(function, "dom\\", "a", 105, "", USER_LONG);
    check_repeated(function, "", ".", 105, "", USER_LONG "\n" USER_PERIODS);
    /* Lengths are bytes... */
    check_repeated(function, "", "\xc3\xa9", 52, "", "");
    check_repeated(function, "", "\xc3\xa9", 53, "", USER_LONG);
    /* ...except for the NetBIOS form, which counts characters. */
    check_repeated(function, "", "\xc3\xa9", 15, "\\u", "");
    check_repeated(function, "", "\xc3\xa9", 16, "\\u", DOMAIN_FORM);
    check_repeated(function, "", "_", 15, "\\u", "");
    check_repeated(function, "", "_", 16, "\\u", DOMAIN_FORM);
    /* Labels of the DNS form end at 63, the whole at 255. */
    check_repeated(function, "", "a", 63, ".com\\u", "");
    check_repeated(function, "", "a", 64, ".com\\u", DOMAIN_FORM);
    check_repeated(function, "a", ".a", 127, "\\u", "");
    check_repeated(function, "aa", ".a", 127, "\\u", DOMAIN_LONG);
    check_repeated(function, "", "_", 256, "\\", DOMAIN_LONG "\n" DOMAIN_FORM "\n" USER_EMPTY);
}
END_TEST

START_TEST(user_names_are_equal_without_regard_to_ascii_case)
{
    ck_assert(
        run_as_user_name_equal(slice_of("NT Authority\\System"), slice_of("NT AUTHORITY\\SYSTEM")));
    ck_assert(!run_as_user_name_equal(slice_of("NT Authority\\System"), slice_of("System")));
    ck_assert(!run_as_user_name_equal(slice_of("a"), slice_of("ab")));
    ck_assert(!run_as_user_name_equal(slice_of("\xc3\xa9"), slice_of("\xc3\x89")));
    ck_assert(!run_as_user_name_equal(slice_of("["), slice_of("{")));
}
END_TEST

SUITE("kubernetes", subdomain, subdomain_lengths, label, credential_spec_size, user_names_that_pass,
      user_names_that_do_not_pass, each_forbidden_character, user_name_lengths,
      user_names_are_equal_without_regard_to_ascii_case)
