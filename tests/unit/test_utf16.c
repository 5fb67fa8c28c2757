#include "lib/directory/utf16.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

#define LONE "\xEF\xBF\xBD"

/* UTF-16LE, its length, UTF-8. */
static const struct {
    const char *utf16;
    size_t length;
    const char *utf8;
} rows[] = {
    {"", 0, ""},
    {"a\0b\0", 4, "ab"},
    {"\xE9\0\xAC\x20", 4, "\xC3\xA9\xE2\x82\xAC"},
    {"\x7F\0\x80\0\xFF\x07\0\x08\xFF\xFF", 10, "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"},
    {"\x3D\xD8\0\xDE", 4, "\xF0\x9F\x98\x80"},   /* a pair */
    {"\0\xD8\0\xDC", 4, "\xF0\x90\x80\x80"},     /* the first */
    {"\xFF\xDB\xFF\xDF", 4, "\xF4\x8F\xBF\xBF"}, /* the last */
    {"\x3D\xD8", 2, LONE},                       /* high at the end */
    {"\0\xDE", 2, LONE},                         /* low alone */
    {"\x3D\xD8"
     "a\0",
     4, LONE "a"}, /* the next unit is not swallowed */
    {"\x3D\xD8\x3D\xD8\0\xDE", 6, LONE "\xF0\x9F\x98\x80"},
    {"\0\xDE\x3D\xD8", 4, LONE LONE}, /* the wrong way round */
    {"\x3D\xD8\0\xDE\0\xDE", 6, "\xF0\x9F\x98\x80" LONE},
    {"a\0b", 3, "a" LONE}, /* half a unit */
    {"\x3D\xD8\0", 3, LONE LONE},
    {"\xFF\xFE"
     "a\0",
     4,
     "\xEF\xBB\xBF"
     "a"}, /* U+FEFF is a character like others */
};

START_TEST(text_is_converted)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_secure_buffer struct secure_buffer secret = {0};
        cleanup_buffer struct buffer plain = {0};
        size_t expected = strlen(rows[i].utf8);
        ck_assert_uint_eq(utf16_utf8_length(rows[i].utf16, rows[i].length), expected);
        ck_assert_int_eq(utf16_to_secure_utf8(rows[i].utf16, rows[i].length, &secret, NULL), 0);
        ck_assert_str_eq((const char *)secret.data, rows[i].utf8);
        ck_assert_uint_eq(secret.length, expected);
        ck_assert_uint_eq(secret.capacity, expected); /* nothing grew, nothing was copied */
        buffer_append_text(&plain, "before ");
        utf16_append_utf8(rows[i].utf16, rows[i].length, &plain);
        ck_assert_str_eq(plain.data + strlen("before "), rows[i].utf8);
    }
}
END_TEST

START_TEST(a_nul_is_a_character)
{
    char utf8[3];
    ck_assert_uint_eq(utf16_to_utf8("a\0\0\0b\0", 6, utf8), 3);
    ck_assert_mem_eq(utf8, "a\0b", 3);
}
END_TEST

SUITE("utf16", text_is_converted, a_nul_is_a_character)
