#include "lib/directory/sid.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* Text and bytes of well-known SIDs (MS-DTYP 2.4.2.4) and of the bounds. */
static const struct {
    const char *text;
    size_t length;
    const char *bytes;
} rows[] = {
    {"S-1-0-0", 12, "\1\1\0\0\0\0\0\0\0\0\0\0"},
    {"S-1-5-18", 12, "\1\1\0\0\0\0\0\5\x12\0\0\0"},
    {"S-1-5-32-544", 16, "\1\2\0\0\0\0\0\5\x20\0\0\0\x20\2\0\0"},
    {"S-1-5", 8, "\1\0\0\0\0\0\0\5"},
    {"S-1-4294967295-4294967295", 12, "\1\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff"},
    {"S-1-0x000100000000-1", 12, "\1\1\0\1\0\0\0\0\1\0\0\0"},
    {"S-1-0xffffffffffff", 8, "\1\0\xff\xff\xff\xff\xff\xff"},
};

START_TEST(bytes_and_text_are_the_same_sid)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct sid decoded, parsed;
        char text[SID_TEXT_SIZE];
        unsigned char bytes[SID_LENGTH_MAX];
        ck_assert_int_eq(sid_decode(&decoded, rows[i].bytes, rows[i].length, NULL), 0);
        sid_format(&decoded, text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_int_eq(sid_parse(&parsed, slice_of(rows[i].text), NULL), 0);
        ck_assert(sid_equal(&decoded, &parsed));
        ck_assert_uint_eq(sid_encode(&parsed, bytes), rows[i].length);
        ck_assert_mem_eq(bytes, rows[i].bytes, rows[i].length);
    }
}
END_TEST

START_TEST(a_domains_sid_as_a_controller_gave_it)
{
    static const unsigned char bytes[] = {1,    4,    0,    0,    0,    0,    0,    5,
                                          0x15, 0,    0,    0,    0xD7, 0x95, 0x8B, 0x8E,
                                          0x45, 0xC3, 0x9F, 0x39, 0xB6, 0x47, 0xEC, 0x8D};
    struct sid sid;
    char text[SID_TEXT_SIZE];
    ck_assert_int_eq(sid_decode(&sid, bytes, sizeof(bytes), NULL), 0);
    sid_format(&sid, text);
    ck_assert_str_eq(text, "S-1-5-21-2391512535-966771525-2381072310");
}
END_TEST

START_TEST(the_longest_sid_fits)
{
    struct sid sid = {.authority = (UINT64_C(1) << 48) - 1, .count = SID_PARTS_MAX}, again;
    char text[SID_TEXT_SIZE];
    unsigned char bytes[SID_LENGTH_MAX];
    memset(sid.parts, 0xFF, sizeof(sid.parts));
    sid_format(&sid, text);
    ck_assert_uint_eq(strlen(text), SID_TEXT_SIZE - 1);
    ck_assert_int_eq(sid_parse(&again, slice_of(text), NULL), 0);
    ck_assert(sid_equal(&sid, &again));
    ck_assert_uint_eq(sid_encode(&sid, bytes), SID_LENGTH_MAX);
    ck_assert_int_eq(sid_decode(&again, bytes, sizeof(bytes), NULL), 0);
    ck_assert(sid_equal(&sid, &again));
}
END_TEST

START_TEST(damaged_bytes_are_refused)
{
    static const struct {
        const char *bytes;
        size_t length;
    } refused[] = {
        {"", 0},
        {"\1\0\0\0\0\0\0", 7},                /* shorter than its head */
        {"\1\1\0\0\0\0\0\5\x12\0\0", 11},     /* shorter than its count says */
        {"\1\1\0\0\0\0\0\5\x12\0\0\0\0", 13}, /* longer */
        {"\2\1\0\0\0\0\0\5\x12\0\0\0", 12},   /* another revision */
        {"\1\x10\0\0\0\0\0\5\x12\0\0\0", 12}, /* more sub-authorities than there may be */
        {"\1\xff\0\0\0\0\0\5\x12\0\0\0", 12},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        cleanup_error struct error *error = NULL;
        struct sid sid;
        ck_assert_int_eq(sid_decode(&sid, refused[i].bytes, refused[i].length, &error), -1);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
    }
}
END_TEST

START_TEST(only_the_texts_of_the_rules_are_taken)
{
    static const char *const refused[] = {
        "",
        "S-1-",
        "S-1",
        "1-5-18",
        "S-2-5-18",
        "S-1-5-",
        "S-1-5--18",
        "S-1-5-018",
        "S-1-05-18",
        "S-1-5-4294967296",
        "S-1-4294967296-1",
        "S-1-0x00000000ffff-1", /* would be decimal */
        "S-1-0x1-1",
        "S-1-0x0001000000000-1",
        "S-1-0x00010000000g-1",
        "S-1-5-18 ",
        " S-1-5-18",
        "S-1-5-18-",
        "S-1-5-+18",
        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
        "S-1-5-99999999999999999999999",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        cleanup_error struct error *error = NULL;
        struct sid sid;
        ck_assert_msg(sid_parse(&sid, slice_of(refused[i]), &error) == -1, "%s", refused[i]);
        ck_assert_int_eq(error->code, ERROR_INPUT);
    }
    struct sid sid;
    ck_assert_int_eq(sid_parse(&sid, slice_of("s-1-0X0001ABCDEF00"), NULL), 0);
    ck_assert_int_eq(sid_parse(&sid, (struct slice){0}, NULL), -1);
}
END_TEST

START_TEST(an_account_belongs_to_its_domain)
{
    struct sid account, domain, other, split;
    uint32_t relative;
    ck_assert_int_eq(sid_parse(&account, slice_of("S-1-5-21-1-2-3-1104"), NULL), 0);
    ck_assert_int_eq(sid_parse(&domain, slice_of("S-1-5-21-1-2-3"), NULL), 0);
    ck_assert_int_eq(sid_parse(&other, slice_of("S-1-5-21-1-2-4"), NULL), 0);
    ck_assert(sid_split(&account, &split, &relative));
    ck_assert(sid_equal(&split, &domain));
    ck_assert_uint_eq(relative, 1104);
    ck_assert(sid_is_of_domain(&account, &domain));
    ck_assert(!sid_is_of_domain(&account, &other));
    ck_assert(!sid_is_of_domain(&domain, &domain));
    ck_assert(!sid_split(&(struct sid){.authority = 5}, &split, &relative));
    ck_assert(sid_split(&account, &account, NULL)); /* in place */
    ck_assert(sid_equal(&account, &domain));
}
END_TEST

START_TEST(a_sid_is_read_off_the_front)
{
    struct sid sid;
    ck_assert_uint_eq(sid_read(&sid, "\1\1\0\0\0\0\0\5\x12\0\0\0rest", 16), 12);
    ck_assert_uint_eq(sid_read(&sid, "rest", 4), 0);
}
END_TEST

SUITE("sid", bytes_and_text_are_the_same_sid, a_domains_sid_as_a_controller_gave_it,
      the_longest_sid_fits, damaged_bytes_are_refused, only_the_texts_of_the_rules_are_taken,
      an_account_belongs_to_its_domain, a_sid_is_read_off_the_front)
