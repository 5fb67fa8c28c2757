#include "lib/common/base64.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* RFC 4648 section 10, and bytes whose digits differ between the alphabets. */
static const struct {
    const char *bytes, *standard, *url;
} rows[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/", "-_-_"},
};

START_TEST(encodes_and_decodes)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_buffer struct buffer standard = {0}, url = {0}, back = {0};
        base64_encode(&standard, rows[i].bytes, strlen(rows[i].bytes));
        base64url_encode(&url, rows[i].bytes, strlen(rows[i].bytes));
        ck_assert_str_eq(buffer_text(&standard), rows[i].standard);
        ck_assert_str_eq(buffer_text(&url), rows[i].url);
        ck_assert(base64url_decode(&back, slice_of(rows[i].url)));
        ck_assert_str_eq(buffer_text(&back), rows[i].bytes);
    }
}
END_TEST

START_TEST(decodes_only_its_own_text)
{
    static const char *const refused[] = {"Z",     "Zg==", "Zg=",   "Zh",   "Zm9",   "Zm9v\n",
                                          "Zm 9v", "+/+/", "Zm9vZ", "%%%%", "Zm9vA", "____-"};
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        cleanup_buffer struct buffer out = {0};
        buffer_append_text(&out, "kept");
        ck_assert_msg(!base64url_decode(&out, slice_of(refused[i])), "%s", refused[i]);
        ck_assert_str_eq(buffer_text(&out), "kept");
    }
}
END_TEST

START_TEST(round_trips_every_byte)
{
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        cleanup_buffer struct buffer url = {0}, back = {0};
        base64url_encode(&url, bytes, length);
        ck_assert(base64url_decode(&back, (struct slice){buffer_text(&url), url.length}));
        ck_assert_uint_eq(back.length, length);
        ck_assert_int_eq(memcmp(buffer_text(&back), bytes, length), 0);
    }
}
END_TEST

START_TEST(the_standard_form_is_decoded)
{
    char bytes[64];
    size_t length;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t expected = strlen(rows[i].bytes);
        ck_assert(base64_decode(slice_of(rows[i].standard), bytes, expected, &length));
        ck_assert_uint_eq(length, expected);
        ck_assert_int_eq(memcmp(bytes, rows[i].bytes, length), 0);
        if (expected > 0)
            ck_assert(!base64_decode(slice_of(rows[i].standard), bytes, expected - 1, &length));
    }
    ck_assert(base64_decode(slice_of("Zm\r\n9v\nZg=\n=\n"), bytes, sizeof bytes, &length));
    ck_assert_uint_eq(length, 4);
}
END_TEST

START_TEST(the_standard_form_needs_its_padding)
{
    static const char *const refused[] = {"Z",     "Zg",   "Zg=",  "Zm9",   "Z===",     "====", "=",
                                          "Zm 9v", "Zg=a", "-_-_", "Zm9v=", "Zg==Zg==", "Zm9vZ"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char bytes[64];
        size_t length;
        ck_assert_msg(!base64_decode(slice_of(refused[i]), bytes, sizeof bytes, &length), "%s",
                      refused[i]);
    }
}
END_TEST

SUITE("base64", encodes_and_decodes, decodes_only_its_own_text, round_trips_every_byte,
      the_standard_form_is_decoded, the_standard_form_needs_its_padding)
