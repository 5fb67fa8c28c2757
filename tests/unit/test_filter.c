#include "lib/directory/filter.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static void expect_filter(struct slice value, const char *expected)
{
    cleanup_buffer struct buffer filter = {0};
    filter_append(&filter, value);
    ck_assert_str_eq(buffer_text(&filter), expected);
}

START_TEST(values_are_escaped)
{
    expect_filter(slice_of("webapp01$"), "webapp01$");
    expect_filter(slice_of("*"), "\\2a");
    expect_filter(slice_of("a)(objectClass=*"), "a\\29\\28objectClass=\\2a");
    expect_filter(slice_of("back\\slash"), "back\\5cslash");
    expect_filter((struct slice){"a\0b", 3}, "a\\00b");
    expect_filter(slice_of("\n\x7F\xC3\xA4"), "\\0a\\7f\\c3\\a4");
    expect_filter(slice_of(""), "");
}
END_TEST

START_TEST(octets_are_all_escaped)
{
    static const unsigned char octets[] = {0x01, 'a', 0xFF};
    cleanup_buffer struct buffer filter = {0};
    filter_append_octets(&filter, octets, sizeof octets);
    ck_assert_str_eq(buffer_text(&filter), "\\01\\61\\ff");
}
END_TEST

START_TEST(domains_become_names)
{
    static const struct {
        const char *domain, *dn;
    } rows[] = {
        {"contoso.test", "DC=contoso,DC=test"},         {"a.b.c.d", "DC=a,DC=b,DC=c,DC=d"},
        {"contoso.test.", "DC=contoso,DC=test"},        {"test", "DC=test"},
        {"a,DC=evil.test", "DC=a\\,DC\\=evil,DC=test"}, {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_free char *dn = domain_to_dn(rows[i].domain);
        ck_assert_str_eq(dn, rows[i].dn);
    }
}
END_TEST

START_TEST(names_become_domains)
{
    static const struct {
        const char *dn, *domain;
    } rows[] = {
        {"DC=contoso,DC=test", "contoso.test"},
        {"dc=Contoso,dc=test", "Contoso.test"},
        {"CN=x,CN=Users,DC=contoso,DC=test", "contoso.test"},
        {"DC=x,CN=y,DC=test", "test"},
        {"CN=a\\,DC=evil,DC=test", "test"},
        {"CN=x", NULL},
        {"", NULL},
        {"DC=a\\,b,DC=test", NULL},
        {"DC=,DC=test", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_free char *domain = domain_of_dn(rows[i].dn);
        if (rows[i].domain)
            ck_assert_str_eq(domain, rows[i].domain);
        else
            ck_assert_msg(!domain, "%s: %s", rows[i].dn, domain);
    }
}
END_TEST

SUITE("filter", values_are_escaped, octets_are_all_escaped, domains_become_names,
      names_become_domains)
