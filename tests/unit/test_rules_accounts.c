/* CS040 to CS059: account names and where they are listed. */
#include "credspec/spec.h"
#include "lib/common/memory.h"
#include "tests/support/rule_rows.h"
#include "tests/support/suite.h"

#define WEB      "\"MachineAccountName\": \"web\""
#define ACCOUNT  "/DomainJoinConfig/MachineAccountName"
#define LIST     "/ActiveDirectoryConfig/GroupManagedServiceAccounts"
#define BY_DNS   "{\"Name\": \"web\", \"Scope\": \"ad.example.org\"}"
#define BY_SHORT "{\"Name\": \"web\", \"Scope\": \"SHORT\"}"
#define BOTH     BY_DNS ",\n      " BY_SHORT
#define FIFTEEN  "a23456789012345"
#define UMLAUTS14                                                                                  \
    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3" \
    "\xa4\xc3\xa4\xc3\xa4"

/* A second account behind the default one's entries. */
#define MORE(name, scope) BY_SHORT ", {\"Name\": \"" name "\", \"Scope\": \"" scope "\"}"

static const struct rule_row rows[] = {
    {"", ""},
    /* Form: MachineAccountName itself; its entries are not counted again */
    {WEB, "\"MachineAccountName\": \"web$\"", "CS040", ACCOUNT, "\"web$\"", "ends with '$'"},
    {WEB, "\"MachineAccountName\": \"SHORT\\\\web\"", "CS040", ACCOUNT, "\"SHORT\\", "domain part"},
    {WEB, "\"MachineAccountName\": \"web@ad.example.org\"", "CS040", ACCOUNT, "\"web@",
     "user principal name"},
    {WEB, "\"MachineAccountName\": \"w:b\"", "CS040", ACCOUNT, "\"w:b", "one of the characters"},
    {WEB, "\"MachineAccountName\": \"w$b\"", "CS040", ACCOUNT, "\"w$b", "one of the characters"},
    {WEB, "\"MachineAccountName\": \"web.\"", "CS040", ACCOUNT, "\"web.\"", "ends with a period"},
    /* Form: other accounts */
    {BY_SHORT, MORE("w b-1_.x", "other.example")},
    {BY_SHORT, MORE(UMLAUTS14, "other.example")},
    {BY_SHORT, MORE("job$", "other.example"), "CS040", LIST "/2/Name", "\"job$\"", "'$'"},
    {BY_SHORT, MORE("a23456789012345X", "other.example"), "CS041", LIST "/2/Name", "\"a2345",
     "has 16 characters, at most 15"},
    {BY_SHORT, MORE(FIFTEEN, "other.example"), "CS042", LIST "/2/Name", "\"a2345", "15 characters"},
    /* Scope */
    {BY_SHORT, MORE("job", "OTHER")},
    {BY_SHORT, MORE("job", "OTHER DOMAIN")},
    {BY_SHORT, MORE("job", "other/example"), "CS048", LIST "/2/Scope", "\"other/", "neither a DNS"},
    {BY_SHORT, MORE("job", "other.example."), "CS048", LIST "/2/Scope", "\"other.", "neither"},
    {BY_SHORT, MORE("job", "SIXTEEN CHARACTE"), "CS048", LIST "/2/Scope", "\"SIXTEEN", "neither"},
    /* Listed */
    {BOTH, "", "CS043", LIST, "[\n      \n", "is empty"},
    {BOTH, "{\"Name\": \"job\", \"Scope\": \"SHORT\"}", "CS044", LIST, "[\n      {\"Name\"",
     "MachineAccountName \"web\" is not listed"},
    {BOTH, "{\"Name\": \"web\", \"Scope\": \"OTHER\"}", "CS044", LIST, "[\n      {\"Name\"",
     "is listed, but neither with Scope \"ad.example.org\" nor with \"SHORT\""},
    {BOTH, BY_SHORT, "CS045", LIST, "[\n      {\"Name\"", "fall back to NTLM"},
    {BOTH, BY_DNS, "CS046", LIST, "[\n      {\"Name\"", "DNS name only"},
    {BOTH, BY_SHORT ", " BY_DNS},
    {BOTH, "{\"Name\": \"WEB\", \"Scope\": \"AD.example.ORG\"}, {\"Name\": \"Web\", \"Scope\": "
           "\"short\"}"},
    {WEB, "\"MachineAccountName\": \"WEB\""},
    /* Twice */
    {BY_SHORT, MORE("WEB", "short"), "CS047", LIST "/2", "{\"Name\": \"WEB\"",
     "account \"WEB\" is listed twice with Scope \"short\""},
    {BY_SHORT, MORE("web", "OTHER")},
};

START_TEST(each_rule_on_its_own)
{
    rule_rows_check(rule_base_spec, rows, ARRAY_LENGTH(rows), credspec_check);
}
END_TEST

START_TEST(no_rule_is_left_out)
{
    rule_rows_exercise(rows, ARRAY_LENGTH(rows), "CS040", "CS059");
}
END_TEST

/* The name stands in three places: one finding all the same. */
START_TEST(a_name_is_judged_once)
{
    static const struct rule_row lengths[] = {
        {"x", "a23456789012345", "CS042", ACCOUNT, "\"a2345", "New-ADServiceAccount"},
        {"x", "a234567890123456", "CS041", ACCOUNT, "\"a2345", "16 characters"},
        {"x", UMLAUTS14},
        {"x", UMLAUTS14 "\xc3\xa4", "CS042", ACCOUNT, "\"\xc3\xa4", "15 characters"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        cleanup_free char *first = rule_replace(rule_base_spec, "\"web\"", "\"x\"");
        cleanup_free char *name = xasprintf("\"%s\"", lengths[i].to);
        cleanup_free char *second = rule_replace(first, "\"web\"", name);
        cleanup_free char *base = rule_replace(second, "\"web\"", name);
        const struct rule_row row = {
            "\"x\"", name, lengths[i].code, lengths[i].pointer, lengths[i].at, lengths[i].message,
        };
        rule_rows_check(base, &row, 1, credspec_check);
    }
}
END_TEST

SUITE("rules_accounts", each_rule_on_its_own, no_rule_is_left_out, a_name_is_judged_once)
