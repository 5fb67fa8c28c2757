#include "lib/common/utf8.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* Whether encoding and decoding give it back, a surrogate U+FFFD, and nothing shorter passes. */
static bool round_trips(uint32_t code_point)
{
    char text[4];
    uint32_t decoded = 0, ignored;
    size_t size = utf8_encode(code_point, text);
    bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    return utf8_decode(text, size, &decoded) == size &&
           decoded == (surrogate ? 0xFFFD : code_point) &&
           (size == 1 || utf8_decode(text, size - 1, &ignored) == 0);
}

START_TEST(every_code_point_round_trips)
{
    uint32_t code_point = 0;
    while (code_point <= 0x10FFFF && round_trips(code_point))
        code_point++;
    ck_assert_uint_eq(code_point, 0x110000);
    char text[4];
    ck_assert_uint_eq(utf8_encode(0x110000, text), 3);
    ck_assert_mem_eq(text, "\xEF\xBF\xBD", 3);
}
END_TEST

START_TEST(malformed_text_is_refused)
{
    static const char *const bad[] = {
        "\x80",             /* continuation without a start */
        "\xC0\x80",         /* NUL the long way */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xED\xA0\x80",     /* surrogate U+D800 */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF4\x90\x80\x80", /* U+110000 */
        "\xF5\x80\x80\x80", /* no such start byte */
        "\xFF",
        "\xE2\x82",  /* cut short */
        "\xE2\x82Z", /* a letter where a continuation belongs */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        ck_assert_msg(!utf8_valid(bad[i], strlen(bad[i])), "case %zu is accepted", i);
}
END_TEST

START_TEST(the_valid_prefix_ends_at_the_fault)
{
    ck_assert_uint_eq(utf8_valid_prefix("ab\xC3\xA9\xFFzz", 7), 4);
    ck_assert_uint_eq(utf8_valid_prefix("", 0), 0);
    ck_assert(utf8_valid("\0", 1));
}
END_TEST

START_TEST(counting_is_in_code_points)
{
    ck_assert_uint_eq(utf8_count("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
    ck_assert_uint_eq(utf8_count("\xFF\xFE", 2), 2);
}
END_TEST

SUITE("utf8", every_code_point_round_trips, malformed_text_is_refused,
      the_valid_prefix_ends_at_the_fault, counting_is_in_code_points)
