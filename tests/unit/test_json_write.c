/* The expected texts stand in canonical/table.txt, which canonical/generate.go printed: they are
 * Go's, not ours. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "lib/document/json_number.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "tests/support/suite.h"

static struct node *parse(struct arena *arena, const char *text, size_t length)
{
    cleanup_error struct error *error = NULL;
    struct node *root = json_tree_parse(arena, text, length, NULL, NULL, &error);
    ck_assert_msg(root != NULL, "%.*s: %s", (int)length, text, error ? error->message : "");
    return root;
}

static char *canonical_text(const char *text, size_t length)
{
    cleanup_arena struct arena arena = {0};
    struct buffer out = {0};
    json_write_canonical(&out, parse(&arena, text, length));
    return buffer_steal(&out);
}

static char *pretty_text(const char *text)
{
    cleanup_arena struct arena arena = {0};
    struct buffer out = {0};
    json_write_pretty(&out, parse(&arena, text, strlen(text)));
    return buffer_steal(&out);
}

static void unhex(struct buffer *out, const char *digits, size_t count)
{
    ck_assert_uint_eq(count % 2, 0);
    for (size_t i = 0; i < count; i += 2) {
        char pair[3] = {digits[i], digits[i + 1], '\0'};
        char *end;
        buffer_append_byte(out, (char)strtol(pair, &end, 16));
        ck_assert_ptr_eq(end, pair + 2);
    }
}

static void check_row(const char *line)
{
    cleanup_buffer struct buffer input = {0}, expected = {0};
    size_t first = strcspn(line, " ");
    unhex(&input, line, first);
    unhex(&expected, line + first + 1, strcspn(line + first + 1, "\n"));
    cleanup_free char *got = canonical_text(input.data, input.length);
    ck_assert_msg(strcmp(got, buffer_text(&expected)) == 0, "%s: got %s, expected %s",
                  buffer_text(&input), got, buffer_text(&expected));
}

START_TEST(canonical_text_is_that_of_go)
{
    cleanup_free char *path =
        xasprintf("%.*s/canonical/table.txt", (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
    cleanup_file FILE *table = fopen(path, "re");
    ck_assert_msg(table != NULL, "%s: run the tests from the top folder", path);
    cleanup_free char *line = NULL;
    size_t size = 0, rows = 0;
    while (getline(&line, &size, table) > 0) {
        if (line[0] == '#')
            continue;
        check_row(line);
        rows++;
    }
    ck_assert_uint_ge(rows, 400);
}
END_TEST

static const struct {
    const char *text, *expected;
} numbers[] = {
    {"0.5", "0.5"},           {"-0.0", "-0"},     {"1e-9", "1e-9"},
    {"1E+21", "1e+21"},       {"1e400", "1e400"}, /* beyond a float64: kept */
    {"-1.5E999", "-1.5E999"},
};

START_TEST(numbers_beyond_float64_keep_their_text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        cleanup_buffer struct buffer out = {0};
        json_write_number(&out, numbers[i].text);
        ck_assert_str_eq(buffer_text(&out), numbers[i].expected);
    }
}
END_TEST

static const struct {
    struct slice text;
    const char *expected;
} strings[] = {
    {{"", 0}, "\"\""},
    {{"\x80", 1}, "\"\\ufffd\""},
    {{"a\xff\xfe"
      "b",
      4},
     "\"a\\ufffd\\ufffdb\""},
    {{"\xc3", 1}, "\"\\ufffd\""},                       /* cut short */
    {{"\xed\xa0\x80", 3}, "\"\\ufffd\\ufffd\\ufffd\""}, /* a surrogate */
    {{"\xc0\xaf", 2}, "\"\\ufffd\\ufffd\""},            /* not the shortest form */
    {{"\xef\xbf\xbd", 3}, "\"\xef\xbf\xbd\""},          /* U+FFFD itself */
    {{"a\0b", 3}, "\"a\\u0000b\""},
};

START_TEST(bytes_that_are_no_utf8_become_u_fffd)
{
    for (size_t i = 0; i < ARRAY_LENGTH(strings); i++) {
        cleanup_buffer struct buffer out = {0};
        json_write_string(&out, strings[i].text);
        ck_assert_str_eq(buffer_text(&out), strings[i].expected);
    }
}
END_TEST

START_TEST(canonical_text_does_not_reorder_the_tree)
{
    const char *text = "{\"b\":1,\"a\":[2]}";
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer first = {0}, second = {0};
    struct node *root = parse(&arena, text, strlen(text));
    json_write_canonical(&first, root);
    json_write_canonical(&second, root);
    ck_assert_str_eq(buffer_text(&first), buffer_text(&second));
    ck_assert(slice_is(root->first->name, "b"));
}
END_TEST

START_TEST(pretty_text_keeps_order_and_characters)
{
    cleanup_free char *text = pretty_text("{\"b\":[1,{\"c\":null}],\"a\":{},\"d\":[],"
                                          "\"<&>\":\"<\\u2028\\n\",\"n\":1.50,\"t\":true}");
    ck_assert_str_eq(text, "{\n"
                           "  \"b\": [\n"
                           "    1,\n"
                           "    {\n"
                           "      \"c\": null\n"
                           "    }\n"
                           "  ],\n"
                           "  \"a\": {},\n"
                           "  \"d\": [],\n"
                           "  \"<&>\": \"<\xe2\x80\xa8\\n\",\n"
                           "  \"n\": 1.50,\n"
                           "  \"t\": true\n"
                           "}");
}
END_TEST

START_TEST(pretty_scalar_stands_alone)
{
    cleanup_free char *text = pretty_text(" \"a\" ");
    ck_assert_str_eq(text, "\"a\"");
}
END_TEST

SUITE("json_write", canonical_text_is_that_of_go, numbers_beyond_float64_keep_their_text,
      bytes_that_are_no_utf8_become_u_fffd, canonical_text_does_not_reorder_the_tree,
      pretty_text_keeps_order_and_characters, pretty_scalar_stands_alone)
