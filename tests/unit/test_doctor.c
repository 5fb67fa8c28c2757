/* The pure parts of `credspec doctor`. */
#include "credspec/cli/doctor_compare.h"
#include "credspec/cli/doctor_report.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

#define SID  "S-1-5-21-1987540392-1215364810-3376921054"
#define GUID "7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3"

static struct domain_facts facts_of_emea(void)
{
    return (struct domain_facts){
        .dns_name = slice_of("emea.contoso.com"),
        .forest_name = slice_of("contoso.com"),
        .netbios_name = slice_of("EMEA"),
        .sid = slice_of(SID),
        .guid = slice_of(GUID),
    };
}

static struct credspec spec_of_emea(void)
{
    return (struct credspec){
        .dns_name = slice_of("emea.contoso.com"),
        .dns_tree_name = slice_of("contoso.com"),
        .netbios_name = slice_of("EMEA"),
        .sid = slice_of(SID),
        .guid = slice_of(GUID),
        .machine_account_name = slice_of("WebApp01"),
    };
}

/* --- The domain ---------------------------------------------------------------------------------
 */

START_TEST(a_spec_that_agrees)
{
    cleanup_arena struct arena arena = {0};
    struct credspec spec = spec_of_emea();
    struct domain_facts facts = facts_of_emea();
    ck_assert_ptr_null(doctor_compare(&arena, &spec, &facts));
    spec.dns_name = slice_of("EMEA.Contoso.com");
    spec.guid = slice_of("7D4F0C1E-5B7A-4B0E-9C36-2F1A8E60D7B3");
    spec.netbios_name = slice_of("emea");
    ck_assert_ptr_null(doctor_compare(&arena, &spec, &facts));
}
END_TEST

START_TEST(every_difference_is_told)
{
    cleanup_arena struct arena arena = {0};
    const struct domain_facts facts = facts_of_emea();
    for (int field = 0; field < 5; field++) {
        struct credspec spec = spec_of_emea();
        struct slice *values[] = {&spec.dns_name, &spec.dns_tree_name, &spec.netbios_name,
                                  &spec.sid, &spec.guid};
        static const char *const names[] = {"DnsName", "DnsTreeName", "NetBiosName", "Sid", "Guid"};
        struct slice right = *values[field];
        *values[field] = slice_of("other");
        const char *expected = arena_format(&arena, "%s is \"other\", but the domain's is \"%.*s\"",
                                            names[field], SLICE_FORMAT(right));
        ck_assert_str_eq(doctor_compare(&arena, &spec, &facts), expected);
        *values[field] = (struct slice){0};
        ck_assert_ptr_nonnull(strstr(doctor_compare(&arena, &spec, &facts), "missing"));
    }
    const struct credspec empty = {0};
    const char *all = doctor_compare(&arena, &empty, &facts);
    ck_assert_ptr_nonnull(strstr(all, "DnsName"));
    ck_assert_ptr_nonnull(strstr(all, "; Guid is missing"));
}
END_TEST

START_TEST(what_is_not_known_does_not_differ)
{
    cleanup_arena struct arena arena = {0};
    const struct credspec spec = spec_of_emea();
    ck_assert_ptr_null(doctor_compare(&arena, &spec, &(struct domain_facts){0}));
    /* A ping knows no SID. */
    struct netlogon ping = {.domain = "emea.contoso.com", .netbios_domain = "EMEA"};
    struct domain_facts facts = domain_facts_of_ping(&arena, &ping);
    ck_assert(!slice_present(facts.sid));
    ck_assert(!slice_present(facts.forest_name));
    ck_assert(slice_is(facts.netbios_name, "EMEA"));
    facts.guid = slice_of(GUID);
    ck_assert_ptr_null(doctor_compare(&arena, &spec, &facts));
}
END_TEST

START_TEST(hostile_values_cannot_forge_lines)
{
    cleanup_arena struct arena arena = {0};
    struct credspec spec = spec_of_emea();
    spec.sid = slice_of("S-1\n\033[31mok");
    const struct domain_facts facts = facts_of_emea();
    const char *text = doctor_compare(&arena, &spec, &facts);
    ck_assert_ptr_null(strchr(text, '\n'));
    ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

/* --- Accounts -----------------------------------------------------------------------------------
 */

START_TEST(scopes_of_one_domain_are_one_account)
{
    struct credspec_account listed[] = {
        {slice_of("WebApp01"), slice_of("emea.contoso.com")},
        {slice_of("WebApp01"), slice_of("EMEA")},
        {slice_of("Archive"), slice_of("contoso.com")},
        {slice_of("archive"), slice_of("CONTOSO.COM")},
        {slice_of("Billing$"), slice_of("emea")},
        {slice_of(""), slice_of("emea")},
        {{0}, {0}},
    };
    struct credspec spec = spec_of_emea();
    spec.accounts = listed;
    spec.account_count = ARRAY_LENGTH(listed);
    cleanup_arena struct arena arena = {0};
    size_t count;
    const struct doctor_account *accounts = doctor_accounts(&arena, &spec, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(accounts[0].label, "WebApp01");
    ck_assert(!slice_present(accounts[0].domain));
    ck_assert_str_eq(accounts[1].label, "Archive@contoso.com");
    ck_assert(slice_is(accounts[1].domain, "contoso.com"));
    ck_assert_str_eq(accounts[2].label, "Billing");
}
END_TEST

START_TEST(the_machine_account_comes_first_even_if_not_listed)
{
    struct credspec_account listed[] = {{slice_of("Billing"), slice_of("EMEA")}};
    struct credspec spec = spec_of_emea();
    spec.accounts = listed;
    spec.account_count = 1;
    cleanup_arena struct arena arena = {0};
    size_t count;
    const struct doctor_account *accounts = doctor_accounts(&arena, &spec, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(accounts[0].label, "WebApp01");
    ck_assert_str_eq(accounts[1].label, "Billing");
    (void)doctor_accounts(&arena, &(struct credspec){0}, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* --- The report ---------------------------------------------------------------------------------
 */

/* Reports the stages in order with these statuses, and returns the exit code. */
static int exit_code_of(const enum doctor_status *statuses, size_t count, bool json)
{
    struct doctor_report report = {0};
    doctor_report_begin(&report, json);
    for (size_t i = 0; i < count; i++)
        doctor_report_stage(&report, &(struct doctor_result){
                                         .stage = (enum doctor_stage)i,
                                         .status = statuses[i],
                                         .detail = "what was found",
                                         .hint = "one\ntwo",
                                     });
    buffer_release(&report.line);
    return doctor_report_end(&report);
}

START_TEST(the_first_failure_is_the_exit_code)
{
    enum doctor_status statuses[DOCTOR_STAGES] = {DOCTOR_OK};
    ck_assert_int_eq(exit_code_of(statuses, DOCTOR_STAGES, false), 0);
    statuses[DOCTOR_ACCOUNT] = DOCTOR_WARNING;
    statuses[DOCTOR_CLOCK] = DOCTOR_SKIPPED;
    ck_assert_int_eq(exit_code_of(statuses, DOCTOR_STAGES, true), 0);
    for (size_t first = 0; first < DOCTOR_STAGES; first++) {
        enum doctor_status failing[DOCTOR_STAGES] = {DOCTOR_OK};
        failing[first] = DOCTOR_FAILED;
        failing[DOCTOR_BIND] = DOCTOR_FAILED;
        ck_assert_int_eq(exit_code_of(failing, DOCTOR_STAGES, first % 2 == 0),
                         DOCTOR_EXIT_FIRST + (int)first);
    }
}
END_TEST

/* Scripts know the numbers and the words: they never change. */
START_TEST(names_and_numbers_are_stable)
{
    static const char *const names[] = {"spec",    "dns",    "reach",   "clock",
                                        "sign-in", "domain", "account", "password",
                                        "keys",    "ticket", "service", "bind"};
    ck_assert_uint_eq(ARRAY_LENGTH(names), DOCTOR_STAGES);
    for (size_t i = 0; i < DOCTOR_STAGES; i++)
        ck_assert_str_eq(doctor_stage_name((enum doctor_stage)i), names[i]);
    ck_assert_int_eq(DOCTOR_EXIT_FIRST + DOCTOR_SPEC, 10);
    ck_assert_int_eq(DOCTOR_EXIT_FIRST + DOCTOR_BIND, 21);
}
END_TEST

SUITE("doctor", a_spec_that_agrees, every_difference_is_told, what_is_not_known_does_not_differ,
      hostile_values_cannot_forge_lines, scopes_of_one_domain_are_one_account,
      the_machine_account_comes_first_even_if_not_listed, the_first_failure_is_the_exit_code,
      names_and_numbers_are_stable)
