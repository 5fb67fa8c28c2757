#include "lib/common/quote.h"

#include "tests/support/suite.h"

static void check_quote(struct slice text, const char *expected)
{
    cleanup_arena struct arena arena = {0};
    ck_assert_str_eq(quote(&arena, text), expected);
}

START_TEST(plain_text_stands_in_quotes)
{
    check_quote(slice_of(""), "\"\"");
    check_quote(slice_of("web\\app \"1\""), "\"web\\app \"1\"\"");
    check_quote(slice_of("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
    check_quote((struct slice){NULL, 0}, "\"\"");
}
END_TEST

START_TEST(what_cannot_be_seen_is_escaped)
{
    check_quote(slice_of("a\nb\r\t\x1b[31m\x7f"), "\"a\\nb\\r\\t\\x1b[31m\\x7f\"");
    check_quote((struct slice){"a\0b", 3}, "\"a\\x00b\"");
    check_quote(slice_of("\xe2\x80\xae\xef\xbb\xbf\xc2\xa0"), "\"\\u202e\\ufeff\\xa0\"");
    check_quote(slice_of("\xff\xc3"), "\"\\xff\\xc3\"");
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    char text[200];
    memset(text, 'a', sizeof(text));
    cleanup_arena struct arena arena = {0};
    const char *exact = quote(&arena, (struct slice){text, QUOTE_LENGTH_MAX});
    ck_assert_uint_eq(strlen(exact), QUOTE_LENGTH_MAX + 2);
    const char *cut = quote(&arena, (struct slice){text, QUOTE_LENGTH_MAX + 1});
    ck_assert_uint_eq(strlen(cut), QUOTE_LENGTH_MAX + 5);
    ck_assert_str_eq(cut + strlen(cut) - 5, "a...\"");
    memcpy(text + QUOTE_LENGTH_MAX - 1, "\xc3\xbc", 2);
    cut = quote(&arena, (struct slice){text, sizeof(text)});
    ck_assert_str_eq(cut + strlen(cut) - 5, "a...\"");
}
END_TEST

START_TEST(whole_texts_are_neither_quoted_nor_cut)
{
    char text[2 * QUOTE_LENGTH_MAX];
    memset(text, 'a', sizeof(text));
    cleanup_buffer struct buffer out = {0};
    quote_append_visible(&out, (struct slice){text, sizeof(text)});
    ck_assert_uint_eq(out.length, sizeof(text));
    quote_append_visible(&out, slice_of("\x1b[2J\xff\"\xe2\x80\xae"));
    ck_assert_str_eq(buffer_text(&out) + sizeof(text), "\\x1b[2J\\xff\"\\u202e");
    quote_append_visible(&out, (struct slice){NULL, 0});
}
END_TEST

SUITE("quote", plain_text_stands_in_quotes, what_cannot_be_seen_is_escaped,
      long_text_is_cut_between_characters, whole_texts_are_neither_quoted_nor_cut)
