/* CS020 to CS039: CmsPlugins and DomainJoinConfig. */
#include "credspec/spec.h"
#include "lib/common/memory.h"
#include "tests/support/rule_rows.h"
#include "tests/support/suite.h"

#define SID     "\"S-1-5-21-1111-2222-4294967295\""
#define GUID    "\"11223344-5566-7788-99aa-BBCCDDEEFF00\""
#define TREE    "\"DnsTreeName\": \"example.org\""
#define DNS     "\"DnsName\": \"ad.example.org\""
#define NETBIOS "\"NetBiosName\": \"SHORT\""
#define LABEL63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"
#define LONG253                                                                                    \
    LABEL63 "." LABEL63 "." LABEL63 ".a23456789-123456789-123456789-123456789-123456789-"          \
            "123456789-1"

static const struct rule_row rows[] = {
    {"", ""},
    /* CmsPlugins */
    {"[\"ActiveDirectory\"]", "[]", "CS020", "/CmsPlugins", "[]", "does not list"},
    {"[\"ActiveDirectory\"]", "[\"activedirectory\"]", "CS020", "/CmsPlugins/0",
     "\"activedirectory\"", "must be spelled \"ActiveDirectory\""},
    {"[\"ActiveDirectory\"]", "[\"ActiveDirectory\", \"Other\"]", "CS021", "/CmsPlugins/1",
     "\"Other\"", "\"Other\" is no plug-in"},
    /* Sid */
    {SID, "\"S-1-5-21-0-0-1\""},
    {SID, "\"S-1-5-21-1-2-3-1104\"", "CS023", "/DomainJoinConfig/Sid", "\"S-1-5", "four numbers"},
    {SID, "\"S-1-5-21-1-2\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "not a domain's SID"},
    {SID, "\"S-1-5-21-1-2-3-4-5\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "not a domain"},
    {SID, "\"S-1-5-21-1-2-4294967296\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "decimal"},
    {SID, "\"S-1-5-21-1-2-99999999999999999999999\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5",
     "decimal"},
    {SID, "\"S-1-5-21-1-2-0x1F\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "decimal"},
    {SID, "\"S-1-5-21-1-2-03\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "decimal"},
    {SID, "\"S-1-5-21-1-2-\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "decimal"},
    {SID, "\"S-1-5-21-1--3\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "decimal"},
    {SID, "\"S-1-5-32-544\"", "CS022", "/DomainJoinConfig/Sid", "\"S-1-5", "not a domain's SID"},
    {SID, "\"s-1-5-21-1-2-3\"", "CS022", "/DomainJoinConfig/Sid", "\"s-1-5", "small s"},
    {SID, "\"{11223344}\"", "CS022", "/DomainJoinConfig/Sid", "\"{1122", "not a domain's SID"},
    {SID, "\"S-1-5-21-0-0-0\"", "CS024", "/DomainJoinConfig/Sid", "\"S-1-5", "all zeros"},
    {SID, "\"S-1-5-21-702590844-1001920913-2680819671\"", "CS014", "/DomainJoinConfig/Sid",
     "\"S-1-5", "documentation's example"},
    /* Guid */
    {GUID, "\"{11223344-5566-7788-99aa-BBCCDDEEFF00}\"", "CS025", "/DomainJoinConfig/Guid", "\"{1",
     "without braces"},
    {GUID, "\"112233445566778899aaBBCCDDEEFF00\"", "CS025", "/DomainJoinConfig/Guid", "\"11223",
     "8-4-4-4-12"},
    {GUID, "\"11223344-5566-7788-99aa-BBCCDDEEFF0g\"", "CS025", "/DomainJoinConfig/Guid", "\"11223",
     "8-4-4-4-12"},
    {GUID, "\"11223344x5566-7788-99aa-BBCCDDEEFF00\"", "CS025", "/DomainJoinConfig/Guid", "\"11223",
     "8-4-4-4-12"},
    {GUID, "\"00000000-0000-0000-0000-000000000000\"", "CS026", "/DomainJoinConfig/Guid", "\"00000",
     "all zeros"},
    {GUID, "\"244818AE-87ac-4fcd-92ec-e79e5252348a\"", "CS014", "/DomainJoinConfig/Guid",
     "\"244818", "documentation's example"},
    /* DnsTreeName, DnsName */
    {TREE, "\"DnsTreeName\": \"EXAMPLE.org\""},
    {TREE, "\"DnsTreeName\": \"ad.example.org\""},
    {TREE, "\"DnsTreeName\": \"example.org.\"", "CS027", "/DomainJoinConfig/DnsTreeName",
     "\"example.org.\"", "remove the final dot"},
    {TREE, "\"DnsTreeName\": \"10.1.2.3\"", "CS027", "/DomainJoinConfig/DnsTreeName",
     "\"10.1.2.3\"", "not a DNS name"},
    {TREE, "\"DnsTreeName\": \"-a.org\"", "CS027", "/DomainJoinConfig/DnsTreeName", "\"-a.org\"",
     "not a DNS name"},
    {TREE, "\"DnsTreeName\": \"a..org\"", "CS027", "/DomainJoinConfig/DnsTreeName", "\"a..org\"",
     "not a DNS name"},
    {TREE, "\"DnsTreeName\": \"ex ample.org\"", "CS027", "/DomainJoinConfig/DnsTreeName",
     "\"ex ample.org\"", "not a DNS name"},
    {TREE, "\"DnsTreeName\": \"4" LABEL63 ".org\"", "CS027", "/DomainJoinConfig/DnsTreeName",
     "\"4a", "not a DNS name"},
    {TREE, "\"DnsTreeName\": \"" LONG253 "\"", "CS032", "/DomainJoinConfig/DnsTreeName", "\"a2345",
     "neither"},
    {TREE, "\"DnsTreeName\": \"" LONG253 "4\"", "CS027", "/DomainJoinConfig/DnsTreeName", "\"a2345",
     "not a DNS name"},
    {TREE, "\"DnsTreeName\": \"EXAMPLE\"", "CS028", "/DomainJoinConfig/DnsTreeName", "\"EXAMPLE\"",
     "has no dot"},
    {TREE, "\"DnsTreeName\": \"sub.ad.example.org\"", "CS032", "/DomainJoinConfig/DnsTreeName",
     "\"sub.ad", "seem to be swapped"},
    {TREE, "\"DnsTreeName\": \"example.com\"", "CS032", "/DomainJoinConfig/DnsTreeName",
     "\"example.com", "neither"},
    {TREE, "\"DnsTreeName\": \"ample.org\"", "CS032", "/DomainJoinConfig/DnsTreeName",
     "\"ample.org", "neither"},
    {DNS, "\"DnsName\": \"SHORT\"", "CS028", "/DomainJoinConfig/DnsName", "\"SHORT\"",
     "NetBIOS name, not a DNS name"},
    {DNS, "\"DnsName\": \"ad.example.org.\"", "CS027", "/DomainJoinConfig/DnsName",
     "\"ad.example.org.\"", "not a DNS name"},
    {DNS ",\n    " NETBIOS, "\"DnsName\": \"SHORT\", \"NetBiosName\": \"ad.example.org\"", "CS031",
     "/DomainJoinConfig/DnsName", "\"SHORT\"", "are swapped"},
    /* NetBiosName */
    {NETBIOS, "\"NetBiosName\": \"ad.example.org\"", "CS029", "/DomainJoinConfig/NetBiosName",
     "\"ad.example.org\"\n  }", "is a DNS name"},
    {NETBIOS, "\"NetBiosName\": \"SHORT/X\"", "CS029", "/DomainJoinConfig/NetBiosName",
     "\"SHORT/X\"", "has one of the characters"},
    {NETBIOS, "\"NetBiosName\": \"ABCDEFGHIJKLMNOP\"", "CS030", "/DomainJoinConfig/NetBiosName",
     "\"ABCDEFGHIJKLMNOP\"", "has 16 characters"},
};

START_TEST(each_rule_on_its_own)
{
    rule_rows_check(rule_base_spec, rows, ARRAY_LENGTH(rows), credspec_check);
}
END_TEST

START_TEST(no_rule_is_left_out)
{
    rule_rows_exercise(rows, ARRAY_LENGTH(rows), "CS020", "CS039");
}
END_TEST

SUITE("rules_domain", each_rule_on_its_own, no_rule_is_left_out)
