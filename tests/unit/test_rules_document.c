/* CS001 to CS019: the document as such, and its fields. */
#include "credspec/spec.h"
#include "lib/common/ascii.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "tests/support/rule_rows.h"
#include "tests/support/suite.h"

#define WEB    "\"MachineAccountName\": \"web\""
#define GUID   "\"Guid\": \"11223344-5566-7788-99aa-BBCCDDEEFF00\""
#define DOMAIN "/DomainJoinConfig"
#define LIST   "/ActiveDirectoryConfig/GroupManagedServiceAccounts"
#define HOST   "/ActiveDirectoryConfig/HostAccountConfig"

#define OPEN5   "[[[[["
#define OPEN30  OPEN5 OPEN5 OPEN5 OPEN5 OPEN5 OPEN5
#define CLOSE5  "]]]]]"
#define CLOSE30 CLOSE5 CLOSE5 CLOSE5 CLOSE5 CLOSE5 CLOSE5

static const struct rule_row rows[] = {
    {"", ""},
    /* Missing: the object around it is the place. */
    {"\"CmsPlugins\": [\"ActiveDirectory\"],", "", "CS003", "/CmsPlugins", "{",
     "the credential spec lacks \"CmsPlugins\""},
    {GUID ",", "", "CS003", DOMAIN "/Guid", "{\n    \"Sid", "DomainJoinConfig lacks \"Guid\""},
    {"\"Sid\": \"S-1-5-21-1111-2222-4294967295\",", "", "CS003", DOMAIN "/Sid",
     "{\n    \n    \"Machine", "lacks \"Sid\""},
    {WEB ",", "", "CS003", DOMAIN "/MachineAccountName", "{\n    \"Sid", "lacks"},
    {"\"DnsTreeName\": \"example.org\",", "", "CS003", DOMAIN "/DnsTreeName", "{\n    \"Sid",
     "lacks"},
    {"\"DnsName\": \"ad.example.org\",", "", "CS003", DOMAIN "/DnsName", "{\n    \"Sid", "lacks"},
    {",\n    \"NetBiosName\": \"SHORT\"", "", "CS003", DOMAIN "/NetBiosName", "{\n    \"Sid",
     "lacks"},
    {", \"Scope\": \"SHORT\"", "", "CS003", LIST "/1/Scope", "{\"Name\": \"web\"}",
     "an entry of GroupManagedServiceAccounts lacks \"Scope\""},
    /* Type */
    {"[\"ActiveDirectory\"]", "\"ActiveDirectory\"", "CS004", "/CmsPlugins", "\"ActiveDirectory\"",
     "CmsPlugins must be a list, not a string"},
    {"[\"ActiveDirectory\"]", "[\"ActiveDirectory\", 1]", "CS004", "/CmsPlugins/1", "1]",
     "an item of CmsPlugins must be a string, not a number"},
    {GUID, "\"Guid\": 5", "CS004", DOMAIN "/Guid", "5,", "Guid must be a string, not a number"},
    {GUID, "\"Guid\": null", "CS004", DOMAIN "/Guid", "null", "Guid must be a string, not null"},
    {"{\"Name\": \"web\", \"Scope\": \"SHORT\"}",
     "{\"Name\": \"web\", \"Scope\": \"SHORT\"}, \"web\"", "CS004", LIST "/2", "\"web\"\n",
     "an item of GroupManagedServiceAccounts must be an object, not a string"},
    /* Letter case: neither missing nor unknown besides */
    {"\"Guid\"", "\"GUID\"", "CS005", DOMAIN "/GUID", "\"GUID\"", "must be spelled \"Guid\""},
    {"\"CmsPlugins\"", "\"cmsPlugins\"", "CS005", "/cmsPlugins", "\"cmsPlugins\"", "CmsPlugins"},
    {"\"DomainJoinConfig\"", "\"domainjoinconfig\"", "CS005", "/domainjoinconfig", "\"domainj",
     "DomainJoinConfig"},
    {WEB, WEB ", \"machineAccountName\": \"web\"", "CS005", DOMAIN "/machineAccountName",
     "\"machineAcc", "letter case counts"},
    /* Unknown */
    {WEB, WEB ", \"Comment\": [{\"a\": null}, true, -1]", "CS006", DOMAIN "/Comment", "\"Comment",
     "DomainJoinConfig has no field \"Comment\""},
    {WEB, WEB ", \"a/b~c\": 1", "CS006", DOMAIN "/a~1b~0c", "\"a/b~c\"", "has no field"},
    /* At a wrong level */
    {"\"ActiveDirectoryConfig\": {", "\"HostAccountConfig\": {}, \"ActiveDirectoryConfig\": {",
     "CS007", "/HostAccountConfig", "\"HostAcc",
     "\"HostAccountConfig\" belongs into ActiveDirectoryConfig"},
    {"\"CmsPlugins\": [", "\"sid\": \"S-1-5-21-1-2-3\", \"CmsPlugins\": [", "CS007", "/sid",
     "\"sid\"", "\"Sid\" belongs into DomainJoinConfig, not into the credential spec"},
    {"\"DomainJoinConfig\": {\n    \"Sid\": \"S-1-5-21-1111-2222-4294967295\",",
     "\"Sid\": \"S-1-5-21-1-2-3\", \"DomainJoinConfig\": {", "CS007", "/Sid", "\"Sid\"",
     "belongs into DomainJoinConfig"}, /* and is not missing there besides */
    /* Texts */
    {GUID, "\"Guid\": \"\"", "CS008", DOMAIN "/Guid", "\"\"", "Guid is empty"},
    {WEB, "\"MachineAccountName\": \"\"", "CS008", DOMAIN "/MachineAccountName", "\"\"", "empty"},
    {"[\"ActiveDirectory\"]", "[\"ActiveDirectory\", \"\"]", "CS008", "/CmsPlugins/1", "\"\"",
     "CmsPlugins is empty"},
    {WEB, "\"MachineAccountName\": \"web \"", "CS009", DOMAIN "/MachineAccountName", "\"web \"",
     "white space around the value of MachineAccountName"},
    {WEB, "\"MachineAccountName\": \" \"", "CS009", DOMAIN "/MachineAccountName", "\" \"",
     "white space"},
    {WEB, "\"MachineAccountName\": \"web\\n\"", "CS010", DOMAIN "/MachineAccountName", "\"web\\n",
     "a control character in \"MachineAccountName\""},
    {WEB, "\"MachineAccountName\": \"\\u0000web\\u007f\"", "CS010", DOMAIN "/MachineAccountName",
     "\"\\u0000", "control character"},
    /* In fields that nobody knows, too */
    {WEB, WEB ", \"Note\": [\"\\u0007\"]", "CS010", DOMAIN "/Note/0", "\"\\u0007", "this text",
     "CS006"},
    {WEB, WEB ", \"Note\": {\"\\u001b\": 1}", "CS010", DOMAIN "/Note/\x1b", "\"\\u001b",
     "field name \"\\x1b\"", "CS006"},
    {WEB, WEB ", \"Note\": {\"a\": [1.0]}", "CS011", DOMAIN "/Note/a/0", "1.0",
     "\"1.0\" is no 64-bit integer", "CS006"},
    {WEB, WEB ", \"Note\": 9223372036854775808", "CS011", DOMAIN "/Note", "92233", "64-bit",
     "CS006"},
    {WEB, WEB ", \"Note\": " OPEN30 "1" CLOSE30, "CS006", DOMAIN "/Note", "\"Note", "no field"},
    {WEB, WEB ", \"Note\": " OPEN30 "[1]" CLOSE30, "CS013",
     DOMAIN "/Note/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", "[1]",
     "more than 32 deep", "CS006"},
};

/* What is no credential spec at all: the whole text is the base. */
static const struct rule_row strangers[] = {
    {"X", "\"{\\\"CmsPlugins\\\":[]}\"", "CS001", "", "\"{", "is a string, not an object"},
    {"X", "[]", "CS001", "", "[]", "must be an object, not a list"},
    {"X", "null", "CS001", "", "null", "must be an object, not null"},
    {"X", "{\"apiVersion\": \"windows.k8s.io/v1\", \"kind\": \"GMSACredentialSpec\"}", "CS002", "",
     "{", "this is a Kubernetes object"},
    {"X", "{\"credspec\": {\"CmsPlugins\": []}}", "CS002", "", "{", "a GMSACredentialSpec"},
};

/* Makes the canonical text of the base exactly so long. The caller frees the result. */
static char *padding(size_t canonical_length)
{
    cleanup_arena struct arena arena = {0};
    cleanup_free char *text = rule_replace(rule_base_spec, WEB, WEB ", \"Note\": \"\"");
    const struct node *root = credspec_parse(&arena, text, strlen(text), NULL, NULL);
    cleanup_buffer struct buffer canonical = {0};
    credspec_canonical(&canonical, root);
    struct buffer to = {0};
    buffer_append_text(&to, WEB ", \"Note\": \"");
    for (size_t i = canonical.length; i < canonical_length; i++)
        buffer_append_byte(&to, 'x');
    buffer_append_byte(&to, '"');
    return buffer_steal(&to);
}

START_TEST(each_rule_on_its_own)
{
    rule_rows_check(rule_base_spec, rows, ARRAY_LENGTH(rows), credspec_check);
    rule_rows_check("X", strangers, ARRAY_LENGTH(strangers), credspec_check);
}
END_TEST

START_TEST(size)
{
    cleanup_free char *fits = padding(CREDSPEC_TEXT_MAX);
    cleanup_free char *too_long = padding(CREDSPEC_TEXT_MAX + 1);
    const struct rule_row sizes[] = {
        {WEB, fits, "CS006", DOMAIN "/Note", "\"Note", "no field"},
        {WEB, too_long, "CS012", "", "{", "has 65537 bytes as compact JSON, at most 65536"},
    };
    rule_rows_check(rule_base_spec, sizes, ARRAY_LENGTH(sizes), credspec_check);
}
END_TEST

START_TEST(no_rule_is_left_out)
{
    rule_rows_exercise(rows, ARRAY_LENGTH(rows), "CS003", "CS011");
    rule_rows_exercise(rows, ARRAY_LENGTH(rows), "CS013", "CS013");
    rule_rows_exercise(strangers, ARRAY_LENGTH(strangers), "CS001", "CS002");
    /* CS012: size, above. CS014: test_rules_domain.c. The other files take 20 codes each. */
    const struct rule *rule = credspec_rules();
    ck_assert_str_eq(rule->code, "CS001");
    for (; rule[1].code; rule++)
        ck_assert_str_lt(rule->code, rule[1].code);
    ck_assert_str_lt(rule->code, "CS100");
}
END_TEST

START_TEST(rules_explain_themselves)
{
    for (const struct rule *rule = credspec_rules(); rule->code; rule++) {
        ck_assert_ptr_eq(credspec_rule(rule->code), rule);
        ck_assert_uint_eq(strlen(rule->code), 5);
        ck_assert(slice_starts_with(slice_of(rule->code), "CS0"));
        for (const char *c = rule->name; *c; c++)
            ck_assert(ascii_is_lower(*c) || *c == '-');
        ck_assert(rule->title[strlen(rule->title) - 1] != '.');
        ck_assert_uint_le(strlen(rule->title), 80);
        /* Why, and how to get the right value. */
        ck_assert_msg(strstr(rule->why, "\n\n") != NULL, "%s", rule->code);
        ck_assert_int_eq(rule->why[strlen(rule->why) - 1], '.');
        for (const struct rule *other = rule + 1; other->code; other++)
            ck_assert_str_ne(rule->name, other->name);
    }
    ck_assert_ptr_null(credspec_rule("CS000"));
    ck_assert_ptr_null(credspec_rule("cs001"));
    ck_assert_ptr_null(credspec_rule(""));
}
END_TEST

START_TEST(hints_name_the_nearest_field)
{
    cleanup_arena struct arena arena = {0};
    cleanup_free char *text = rule_replace(rule_base_spec, "\"Guid\"", "\"Giud\": \"\", \"Guid\"");
    struct findings findings = {.arena = &arena};
    credspec_check(credspec_parse(&arena, text, strlen(text), NULL, NULL), "/credspec", &findings);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_str_eq(findings.items[0].pointer, "/credspec/DomainJoinConfig/Giud");
    ck_assert_str_eq(findings.items[0].hint, "did you mean \"Guid\"?");
}
END_TEST

START_TEST(hostile_values_are_shown_harmlessly)
{
    cleanup_arena struct arena arena = {0};
    cleanup_free char *text =
        rule_replace(rule_base_spec, "\"Guid\"", "\"\\u202e%s%n\\u00a0\": 1, \"Guid\"");
    struct findings findings = {.arena = &arena};
    credspec_check(credspec_parse(&arena, text, strlen(text), NULL, NULL), "", &findings);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_str_eq(findings.items[0].message,
                     "DomainJoinConfig has no field \"\\u202e%s%n\\xa0\"");
}
END_TEST

SUITE("rules_document", each_rule_on_its_own, size, no_rule_is_left_out, rules_explain_themselves,
      hints_name_the_nearest_field, hostile_values_are_shown_harmlessly)
