#include "lib/document/json_tree.h"

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "tests/support/json_texts.h"
#include "tests/support/suite.h"

static struct node *parse(struct arena *arena, const char *text)
{
    cleanup_error struct error *error = NULL;
    struct node *root = json_tree_parse(arena, text, strlen(text), NULL, NULL, &error);
    ck_assert_msg(root != NULL, "%s: %s", text, error ? error->message : "");
    return root;
}

static void check_refused(struct slice text, const struct tree_limits *limits, const char *message,
                          unsigned line, unsigned column)
{
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    struct position where = {0};
    ck_assert_msg(!json_tree_parse(&arena, text.data, text.length, limits, &where, &error),
                  "%.*s accepted", (int)text.length, text.data);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_msg(slice_starts_with(slice_of(error->message), message), "%.*s: %s, expected %s",
                  (int)text.length, text.data, error->message, message);
    ck_assert_msg(where.line == line && where.column == column, "%.*s: line %u, column %u",
                  (int)text.length, text.data, where.line, where.column);
}

static void check_text_refused(const char *text, const char *message, unsigned line,
                               unsigned column)
{
    check_refused(slice_of(text), NULL, message, line, column);
}

START_TEST(json_is_read)
{
    for (size_t i = 0; i < json_texts_good_count; i++) {
        struct slice text = json_texts_good[i];
        cleanup_arena struct arena arena = {0};
        cleanup_error struct error *error = NULL;
        struct position where = {77, 77};
        ck_assert_msg(json_tree_parse(&arena, text.data, text.length, NULL, &where, &error),
                      "%.*s: %s", (int)text.length, text.data, error ? error->message : "");
        ck_assert(!error && where.line == 77);
    }
}
END_TEST

START_TEST(everything_else_is_refused)
{
    for (size_t i = 0; i < json_texts_bad_count; i++) {
        const struct json_text_bad *bad = &json_texts_bad[i];
        unsigned line = 1, column = 1;
        for (size_t at = 0; at < bad->at; at++) {
            line += bad->text.data[at] == '\n';
            column =
                bad->text.data[at] == '\n' ? 1 : column + ((bad->text.data[at] & 0xc0) != 0x80);
        }
        check_refused(bad->text, NULL, bad->problem, line, column);
    }
}
END_TEST

START_TEST(failure_needs_no_one_who_listens)
{
    cleanup_arena struct arena arena = {0};
    ck_assert_ptr_null(json_tree_parse(&arena, "[", 1, NULL, NULL, NULL));
    ck_assert_ptr_null(json_tree_parse(&arena, "{\"a\":1,\"a\":1}", 13, NULL, NULL, NULL));
    ck_assert_ptr_null(json_tree_parse(&arena, NULL, 0, NULL, NULL, NULL));
}
END_TEST

START_TEST(values_are_what_they_say)
{
    cleanup_arena struct arena arena = {0};
    const struct node *root = parse(&arena, "{\"s\":\"a\\u0000\\u00e4\",\"t\":true,\"f\":false,"
                                            "\"n\":null,\"l\":[1,2,3],\"o\":{\"\\u006b\":0}}");
    ck_assert_int_eq(root->type, NODE_OBJECT);
    ck_assert_uint_eq(root->count, 6);
    const struct node *string = node_member(root, "s");
    ck_assert_int_eq(string->type, NODE_STRING);
    ck_assert(slice_equal(string->text, (struct slice){"a\0\xc3\xa4", 4}));
    ck_assert_int_eq(string->text.data[4], '\0');
    ck_assert(node_member(root, "t")->type == NODE_BOOLEAN && node_member(root, "t")->boolean);
    ck_assert(node_member(root, "f")->type == NODE_BOOLEAN && !node_member(root, "f")->boolean);
    ck_assert_int_eq(node_member(root, "n")->type, NODE_NULL);
    const struct node *list = node_member(root, "l");
    ck_assert(list->type == NODE_ARRAY && list->count == 3 && list->last->integer == 3);
    ck_assert(!slice_present(list->first->name));
    ck_assert_int_eq(node_member(node_member(root, "o"), "k")->type, NODE_INTEGER);
    ck_assert_ptr_eq(root->last, node_member(root, "o"));
}
END_TEST

START_TEST(integers_are_those_that_fit)
{
    static const struct {
        const char *text;
        enum node_type type;
        int64_t integer;
    } cases[] = {
        {"0", NODE_INTEGER, 0},
        {"-0", NODE_INTEGER, 0},
        {"-17", NODE_INTEGER, -17},
        {"9223372036854775807", NODE_INTEGER, INT64_MAX},
        {"-9223372036854775808", NODE_INTEGER, INT64_MIN},
        {"9223372036854775808", NODE_NUMBER, 0},
        {"-9223372036854775809", NODE_NUMBER, 0},
        {"92233720368547758070", NODE_NUMBER, 0},
        {"18446744073709551617", NODE_NUMBER, 0},
        {"1.0", NODE_NUMBER, 0},
        {"1e2", NODE_NUMBER, 0},
        {"-0.0", NODE_NUMBER, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cleanup_arena struct arena arena = {0};
        const struct node *number = parse(&arena, cases[i].text);
        ck_assert_msg(number->type == cases[i].type, "%s", cases[i].text);
        if (number->type == NODE_INTEGER)
            ck_assert_msg(number->integer == cases[i].integer, "%s", cases[i].text);
        else
            ck_assert_str_eq(number->text.data, cases[i].text);
    }
}
END_TEST

START_TEST(the_text_is_not_needed_afterwards)
{
    static const char text[] = "{\"name\":\"value\",\"number\":1.25,\"list\":[\"a\\n\"]}";
    cleanup_arena struct arena arena = {0};
    char *copy = xstrdup(text);
    const struct node *root = parse(&arena, copy);
    memset(copy, '#', strlen(copy));
    free(copy);
    cleanup_buffer struct buffer out = {0};
    json_write_canonical(&out, root);
    ck_assert_str_eq(buffer_text(&out), "{\"list\":[\"a\\n\"],\"name\":\"value\",\"number\":1.25}");
}
END_TEST

static void check_position(struct position position, unsigned line, unsigned column)
{
    ck_assert_uint_eq(position.line, line);
    ck_assert_uint_eq(position.column, column);
}

START_TEST(positions_are_kept)
{
    cleanup_arena struct arena arena = {0};
    const struct node *root = parse(&arena, "\n {\"\xc3\xa4\xc3\xa4\" : [1,\r\n\t2, \"x\"],\n"
                                            "  \"b\": {\n    \"c\": null}}");
    check_position(root->position, 2, 2);
    const struct node *list = root->first, *object = root->last;
    check_position(list->name_position, 2, 3);
    check_position(list->position, 2, 10);
    check_position(list->first->position, 2, 11);
    check_position(list->first->next->position, 3, 2);
    check_position(list->last->position, 3, 5);
    check_position(object->name_position, 4, 3);
    check_position(object->position, 4, 8);
    check_position(object->first->name_position, 5, 5);
    check_position(object->first->position, 5, 10);
}
END_TEST

START_TEST(duplicate_keys_are_refused)
{
    check_text_refused("{\"Sid\":1,\"Sid\":1}", "duplicate key \"Sid\"", 1, 10);
    check_text_refused("{\"Sid\":1,\n \"\\u0053id\":2}", "duplicate key \"Sid\"", 2, 2);
    check_text_refused("{\"a\":1,\"b\":{\"c\":1,\"d\":2,\"c\":3}}", "duplicate key \"c\"", 1, 25);
    check_text_refused("[{\"\":1,\"\":1}]", "duplicate key \"\"", 1, 8);
    check_text_refused("{\"b\":1,\"a\":1,\"b\":1,\"a\":1}", "duplicate key \"b\"", 1, 14);
    check_text_refused("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}", "duplicate key", 1, 19);
    check_text_refused("{\"\\n\\u001b\":1,\"\\n\\u001b\":1}", "duplicate key \"\\n\\x1b\"", 1, 15);
    /* The same name in different objects, and names that differ in case, are none. */
    cleanup_arena struct arena arena = {0};
    parse(&arena, "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}],\"A\":1,\"a \":1}");
}
END_TEST

START_TEST(many_members_are_fast_and_checked)
{
    enum { MEMBERS = 200000 };
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer text = {0};
    buffer_append_byte(&text, '{');
    for (int i = 0; i < MEMBERS; i++)
        buffer_append_format(&text, "\"%d\":0,", i);
    size_t kept = text.length;
    buffer_append_text(&text, "\"x\":0}");
    ck_assert_uint_eq(parse(&arena, text.data)->count, MEMBERS + 1);
    text.length = kept;
    buffer_append_text(&text, "\"777\":0}");
    check_refused((struct slice){text.data, text.length}, NULL, "duplicate key \"777\"", 1,
                  (unsigned)kept + 1);
}
END_TEST

START_TEST(depth_is_bounded)
{
    char text[2 * 101];
    memset(text, '[', 101);
    memset(text + 101, ']', 101);
    static const char deep[] = "arrays and objects are nested too deeply";
    check_refused((struct slice){text, sizeof(text)}, NULL, deep, 1, 101);
    cleanup_arena struct arena arena = {0};
    ck_assert_ptr_nonnull(json_tree_parse(&arena, text + 1, sizeof(text) - 2, NULL, NULL, NULL));
    struct tree_limits limits = {.depth = 2};
    check_refused(slice_of("[{\"a\":[]}]"), &limits, deep, 1, 7);
    ck_assert_ptr_nonnull(json_tree_parse(&arena, "[{},[],[0]]", 11, &limits, NULL, NULL));
    /* Beyond what trees may have at all: the limit is cut, nothing overflows. */
    cleanup_buffer struct buffer deeper = {0};
    for (int i = 0; i <= TREE_DEPTH_MAX; i++)
        buffer_append_byte(&deeper, '[');
    limits.depth = 1000000;
    check_refused((struct slice){deeper.data, deeper.length}, &limits, deep, 1, TREE_DEPTH_MAX + 1);
}
END_TEST

START_TEST(number_of_values_is_bounded)
{
    struct tree_limits limits = {.nodes = 4};
    cleanup_arena struct arena arena = {0};
    ck_assert_ptr_nonnull(json_tree_parse(&arena, "[1,2,3]", 7, &limits, NULL, NULL));
    check_refused(slice_of("[1,2,3,4]"), &limits, "too many values in one document", 1, 8);
    check_refused(slice_of("{\"a\":[[[{}]]]}"), &limits, "too many values in one document", 1, 9);
}
END_TEST

SUITE("json_tree", json_is_read, everything_else_is_refused, failure_needs_no_one_who_listens,
      values_are_what_they_say, integers_are_those_that_fit, the_text_is_not_needed_afterwards,
      positions_are_kept, duplicate_keys_are_refused, many_members_are_fast_and_checked,
      depth_is_bounded, number_of_values_is_bounded)
