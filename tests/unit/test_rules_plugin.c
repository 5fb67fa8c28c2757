/* CS060 to CS079: HostAccountConfig. */
#include "credspec/spec.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "tests/support/rule_rows.h"
#include "tests/support/suite.h"

#define HOST    "/ActiveDirectoryConfig/HostAccountConfig"
#define VERSION "\"PortableCcgVersion\": \"1\""
#define GUID    "\"{11111111-2222-3333-4444-aaaaaaaaaaaa}\""
#define INPUT   "\"anything else\""
#define BOTH    "\"PluginGUID\": " GUID ",\n      \"PluginInput\": " INPUT

#define OWN       "{2F1B4A9C-6C0E-4D57-9A3B-7E5D1C84A6F2}"
#define KEY_VAULT "{CCC2A336-D7F3-4818-A213-272B7924213E}"
#define RANCHER   "{E4781092-F116-4B79-B55E-28EB6A224E26}" /* documented in small letters */
#define AWS       "{859E1386-BDB4-49E8-85C7-3070B13920E1}"
#define SAMPLE    "{CFCA0441-511D-4B2A-862E-20348A78760B}"

#define PLUGIN(guid, input) BOTH, "\"PluginGUID\": \"" guid "\", \"PluginInput\": " input
#define REFUSED(part)       "CS064", HOST "/PluginInput", "\"PluginInput\"", part
#define ARN                 "arn:aws:secretsmanager:us-west-2:111122223333:secret:gmsa"

static const struct rule_row rows[] = {
    {"", ""},
    /* All three fields, when there is the object */
    {VERSION ",", "", "CS003", HOST "/PortableCcgVersion", "{\n      \n",
     "HostAccountConfig lacks"},
    {"\"PluginGUID\": " GUID ",", "", "CS003", HOST "/PluginGUID", "{\n      \"Port", "lacks"},
    {",\n      \"PluginInput\": " INPUT, "", "CS003", HOST "/PluginInput", "{\n      \"Port",
     "lacks \"PluginInput\""},
    {VERSION, VERSION ", \"PluginGuid\": " GUID, "CS005", HOST "/PluginGuid", "\"PluginGuid\"",
     "must be spelled \"PluginGUID\""},
    /* PortableCcgVersion */
    {VERSION, "\"PortableCcgVersion\": 1", "CS060", HOST "/PortableCcgVersion", "1,\n",
     "must be the string \"1\", not a number"},
    {VERSION, "\"PortableCcgVersion\": \"2\"", "CS060", HOST "/PortableCcgVersion", "\"2\"",
     "must be \"1\", not \"2\""},
    {VERSION, "\"PortableCcgVersion\": \"\"", "CS008", HOST "/PortableCcgVersion", "\"\"", "empty"},
    /* PluginGUID */
    {GUID, "\"11111111-2222-3333-4444-aaaaaaaaaaaa\"", "CS061", HOST "/PluginGUID", "\"11111111",
     "must stand in braces"},
    {GUID, "\"{GDMA0342-266A-4D1P-831J-20990E82944F}\"", "CS061", HOST "/PluginGUID", "\"{GDMA",
     "made-up example"},
    {GUID, "\"{00000000-0000-0000-0000-000000000000}\"", "CS061", HOST "/PluginGUID", "\"{0000",
     "all zeros"},
    {GUID, "\"{11111111-2222-3333-4444-aaaaaaaaaaaa\"", "CS061", HOST "/PluginGUID", "\"{1111",
     "not a GUID in braces"},
    {GUID, "\"{}\"", "CS061", HOST "/PluginGUID", "\"{}", "not a GUID in braces"},
    {GUID, "\"{\"", "CS061", HOST "/PluginGUID", "\"{\"", "not a GUID in braces"},
    {GUID, "5", "CS004", HOST "/PluginGUID", "5,\n", "must be a string"},
    /* PluginInput: type */
    {INPUT, "\"\"", "CS008", HOST "/PluginInput", "\"\"", "PluginInput is empty"},
    {INPUT, "[]", "CS004", HOST "/PluginInput", "[]\n    }", "must be a string, not a list"},
    {INPUT, "{}", "CS004", HOST "/PluginInput", "{}", "must be a string, not an object"},
    {PLUGIN(AWS, "{\"CredentialArn\": \"" ARN "\"}"), "CS065", HOST "/PluginInput", "{\"Cred",
     "credentials-fetcher for Linux"},
    /* Passwords in clear */
    {INPUT, "\"ad.example.org:user:secret\"", "CS062", HOST "/PluginInput",
     "\"ad.example.org:", "a password in clear"},
    {INPUT, "\"short:user:se:cr:et\"", "CS062", HOST "/PluginInput", "\"short:", "in clear"},
    {INPUT, "\"EXAMPLE.ORG:user:secret\"", "CS062", HOST "/PluginInput", "\"EXAMPLE", "in clear"},
    {INPUT, "\"other.example:user:secret\"", "CS062", HOST "/PluginInput", "\"other", "in clear"},
    {INPUT, "\"SHORT\\\\user:secret\"", "CS062", HOST "/PluginInput", "\"SHORT\\", "in clear"},
    {INPUT, "\"user=a;Password=b\"", "CS062", HOST "/PluginInput", "\"user=a", "in clear"},
    {INPUT, "\"{\\\"password\\\": \\\"b\\\"}\"", "CS062", HOST "/PluginInput", "\"{\\\"pass",
     "in clear"},
    {PLUGIN(SAMPLE, "\"a\""), "CS062", HOST "/PluginInput", "\"a\"", "all the sample plug-in"},
    {PLUGIN(RANCHER, "\"ad.example.org:user:secret\""), "CS062", HOST "/PluginInput",
     "\"ad.example.org:user", "in clear"},
    {INPUT, "\"OTHER\\\\user:secret\"", "CS063", HOST "/PluginInput", "\"OTHER\\", "looks like"},
    {INPUT, "\"one:two:three\"", "CS063", HOST "/PluginInput", "\"one:", "looks like"},
    {INPUT, "\"one:two\""},
    {INPUT, "\"one::three\""},
    {INPUT, "\"" ARN "\""},
    {INPUT, "\"arn:x:y\""},
    {INPUT, "\"https://host:8443/a:b\""},
    {INPUT, "\"https://host:8443/a\""},
    {INPUT, "\"C:\\\\folder\\\\file\""},
    /* The known forms */
    {PLUGIN(OWN, "\"web-account\"")},
    {PLUGIN(OWN, "\"team-a/web.account\"")},
    {PLUGIN(OWN, "\"Web\""), "CS064", HOST "/PluginInput", "\"Web\"", "name of an account entry"},
    {PLUGIN(OWN, "\"a.b/web\""), "CS064", HOST "/PluginInput", "\"a.b/", "name of a namespace"},
    {PLUGIN(OWN, "\"/web\""), "CS064", HOST "/PluginInput", "\"/web", "name of a namespace"},
    {PLUGIN(OWN, "\"a/\""), "CS064", HOST "/PluginInput", "\"a/\"", "does not end"},
    {PLUGIN(OWN, "\"a/b/c\""), "CS064", HOST "/PluginInput", "\"a/b/c", "does not end"},
    {PLUGIN(RANCHER, "\"cattle-gmsa:account\"")},
    {PLUGIN(RANCHER, "\"account\""), "CS064", HOST "/PluginInput", "\"account\"", "one colon"},
    {PLUGIN(RANCHER, "\"a:b:c\""), "CS064", HOST "/PluginInput", "\"a:b:c", "one colon"},
    {PLUGIN(RANCHER, "\":b\""), "CS064", HOST "/PluginInput", "\":b", "name of a namespace"},
    {PLUGIN(RANCHER, "\"a:\""), "CS064", HOST "/PluginInput", "\"a:\"", "name of a secret"},
    {PLUGIN(KEY_VAULT, "\"ObjectId=1234;SecretUri=https://v.vault.azure.net/secrets/n\"")},
    {PLUGIN(KEY_VAULT, "\"secreturi=https://v.vault.azure.net/secrets/n?a=b;objectid=1;\"")},
    {PLUGIN(KEY_VAULT, "\"SecretUri=https://v\""), "CS064", HOST "/PluginInput", "\"SecretUri",
     "lacks the ObjectId"},
    {PLUGIN(KEY_VAULT, "\"ObjectId=;SecretUri=https://v\""), "CS064", HOST "/PluginInput",
     "\"ObjectId", "lacks the ObjectId"},
    {PLUGIN(KEY_VAULT, "\"ObjectId=1\""), "CS064", HOST "/PluginInput", "\"ObjectId",
     "lacks a SecretUri"},
    {PLUGIN(KEY_VAULT, "\"ObjectId=1;SecretUri=http://v\""), "CS064", HOST "/PluginInput",
     "\"ObjectId", "begins with https"},
    {PLUGIN(KEY_VAULT, "\"ObjectID=1;Uri=https://v\""), "CS064", HOST "/PluginInput", "\"ObjectID",
     "neither ObjectId nor SecretUri"},
    {PLUGIN(AWS, "\"{\\\"credentialArn\\\": \\\"" ARN "\\\"}\"")},
    {PLUGIN(AWS, "\"" ARN "\""), "CS064", HOST "/PluginInput", "\"arn", "not a JSON object"},
    {PLUGIN(AWS, "\"[]\""), "CS064", HOST "/PluginInput", "\"[]\"", "not a JSON object"},
    {PLUGIN(AWS, "\"{}\""), "CS064", HOST "/PluginInput", "\"{}\"", "lacks credentialArn"},
    {PLUGIN(AWS, "\"{\\\"credentialArn\\\": 1}\""), "CS064", HOST "/PluginInput", "\"{\\\"",
     "does not begin with arn:"},
};

START_TEST(each_rule_on_its_own)
{
    rule_rows_check(rule_base_plugin, rows, ARRAY_LENGTH(rows), credspec_check);
}
END_TEST

START_TEST(no_rule_is_left_out)
{
    rule_rows_exercise(rows, ARRAY_LENGTH(rows), "CS060", "CS079");
}
END_TEST

/* Whatever stands in PluginInput may be a secret. */
START_TEST(no_finding_quotes_the_input)
{
    static const char *const inputs[] = {
        "\" TOPSECRET\"",        "\"TOPSECRET\\n\"",       "\"SHORT:u:TOPSECRET\"",
        "\"one:two:TOPSECRET\"", "\"password=TOPSECRET\"", "{\"p\": \"TOPSECRET\"}",
        "[\"TOPSECRET\"]",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(inputs); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_free char *text = rule_replace(rule_base_plugin, INPUT, inputs[i]);
        struct findings findings = {.arena = &arena};
        credspec_check(credspec_parse(&arena, text, strlen(text), NULL, NULL), "", &findings);
        ck_assert_uint_ge(findings.count, 1);
        for (size_t k = 0; k < findings.count; k++)
            ck_assert_msg(!strstr(findings.items[k].message, "TOPSECRET"), "%s",
                          findings.items[k].message);
    }
}
END_TEST

SUITE("rules_plugin", each_rule_on_its_own, no_rule_is_left_out, no_finding_quotes_the_input)
