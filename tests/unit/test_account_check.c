#include "credspec/cli/account_check.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* Text in memory of its own, for members that are owned. */
#define OWNED(text) ((char[]){text})

static char *names[] = {OWNED("http/webapp.contoso.test")};
static const struct account good = {
    .class = ACCOUNT_GMSA,
    .name = OWNED("webapp01$"),
    .enabled = true,
    .encryption_types = 28,
    .service_principals = {names, 1},
};
static const struct account_readers somebody = {
    .items = {{.sid = OWNED("S-1-5-21-1-2-3-1104"),
               .name = OWNED("CONTOSO\\node1$"),
               .class = ACCOUNT_COMPUTER}},
    .count = 1,
};

START_TEST(an_account_that_is_well)
{
    cleanup_arena struct arena arena = {0};
    struct account_verdict verdict;
    account_judge(&arena, &good, &somebody, &verdict);
    ck_assert_ptr_null(verdict.problem);
    ck_assert_uint_eq(verdict.warning_count, 0);
    account_judge(&arena, &good, NULL, &verdict);
    ck_assert_uint_eq(verdict.warning_count, 0);
}
END_TEST

START_TEST(other_accounts_say_what_they_are)
{
    static const struct {
        enum account_class class;
        const char *what, *hint;
    } rows[] = {
        {ACCOUNT_USER, "user", "New-ADServiceAccount"},
        {ACCOUNT_COMPUTER, "computer", "name the gMSA"},
        {ACCOUNT_SMSA, "standalone", "-DNSHostName"},
        {ACCOUNT_DMSA, "elegated", "New-ADServiceAccount"},
        {ACCOUNT_GROUP, "group", "PrincipalsAllowedToRetrieveManagedPassword"},
        {ACCOUNT_OTHER, "", "New-ADServiceAccount"},
    };
    cleanup_arena struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct account account = good;
        account.class = rows[i].class;
        account.service_principals.count = 0;
        struct account_verdict verdict;
        account_judge(&arena, &account, NULL, &verdict);
        ck_assert_ptr_nonnull(verdict.problem);
        ck_assert_ptr_nonnull(strstr(verdict.problem, "webapp01$ is "));
        ck_assert_ptr_nonnull(strstr(verdict.problem, rows[i].what));
        ck_assert_ptr_nonnull(strstr(verdict.hint, rows[i].hint));
        ck_assert_uint_eq(verdict.warning_count, 0);
    }
}
END_TEST

START_TEST(a_disabled_account_is_a_problem)
{
    cleanup_arena struct arena arena = {0};
    struct account account = good;
    account.enabled = false;
    struct account_verdict verdict;
    account_judge(&arena, &account, &somebody, &verdict);
    ck_assert_str_eq(verdict.problem, "webapp01$ is disabled");
    ck_assert_ptr_nonnull(strstr(verdict.hint, "-Identity webapp01 -Enabled"));
}
END_TEST

START_TEST(encryption_types_without_aes_are_warned_of)
{
    static const struct {
        int64_t types;
        const char *says; /* NULL: nothing */
    } rows[] = {
        {-1, "is not set"}, {0, "is not set"}, {4, "is 4: RC4"}, {3, "is 3: "},
        {0x24, "is 36: "},  {28, NULL},        {16, NULL},       {8, NULL},
    };
    cleanup_arena struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct account account = good;
        account.encryption_types = rows[i].types;
        struct account_verdict verdict;
        account_judge(&arena, &account, &somebody, &verdict);
        ck_assert_uint_eq(verdict.warning_count, rows[i].says ? 1 : 0);
        if (rows[i].says)
            ck_assert_ptr_nonnull(strstr(verdict.warnings[0], rows[i].says));
    }
}
END_TEST

START_TEST(an_account_without_readers_or_names_is_warned_of)
{
    cleanup_arena struct arena arena = {0};
    struct account_verdict verdict;
    const struct account_readers nobody = {0};
    account_judge(&arena, &good, &nobody, &verdict);
    ck_assert_uint_eq(verdict.warning_count, 1);
    ck_assert_ptr_nonnull(strstr(verdict.warnings[0], "nobody may read the password"));
    struct account_readers denied = somebody;
    denied.items[0].denied = true;
    account_judge(&arena, &good, &denied, &verdict);
    ck_assert_uint_eq(verdict.warning_count, 1);

    struct account account = good;
    account.service_principals.count = 0;
    account_judge(&arena, &account, &somebody, &verdict);
    ck_assert_uint_eq(verdict.warning_count, 1);
    ck_assert_ptr_nonnull(strstr(verdict.warnings[0], "no service principal names"));

    account.encryption_types = -1;
    account_judge(&arena, &account, &nobody, &verdict);
    ck_assert_uint_eq(verdict.warning_count, 3);
}
END_TEST

START_TEST(readers_are_listed_by_name)
{
    cleanup_arena struct arena arena = {0};
    const struct account_readers readers = {
        .items =
            {
                {.sid = OWNED("S-1"), .name = OWNED("CONTOSO\\node1$"), .class = ACCOUNT_COMPUTER},
                {.sid = OWNED("S-2"), .name = OWNED("CONTOSO\\hosts"), .class = ACCOUNT_GROUP},
                {.sid = OWNED("S-3"),
                 .name = OWNED("CONTOSO\\bad"),
                 .class = ACCOUNT_USER,
                 .denied = true},
                {.sid = OWNED("S-1-5-21-9")},
            },
        .count = 4,
        .cut = true,
    };
    ck_assert_str_eq(account_readers_text(&arena, &readers),
                     "CONTOSO\\node1$, group CONTOSO\\hosts, S-1-5-21-9, and more");
    ck_assert_ptr_null(account_readers_text(&arena, &(struct account_readers){0}));
}
END_TEST

START_TEST(the_dollar_is_no_part_of_a_spec)
{
    ck_assert(slice_is(account_spec_name("webapp01$", 9), "webapp01"));
    ck_assert(slice_is(account_spec_name("webapp01", 8), "webapp01"));
    ck_assert(slice_is(account_spec_name("$", 1), "$"));
}
END_TEST

SUITE("account_check", an_account_that_is_well, other_accounts_say_what_they_are,
      a_disabled_account_is_a_problem, encryption_types_without_aes_are_warned_of,
      an_account_without_readers_or_names_is_warned_of, readers_are_listed_by_name,
      the_dollar_is_no_part_of_a_spec)
