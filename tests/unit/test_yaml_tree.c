#include <stdio.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/common/utf8.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "lib/document/yaml_tree.h"
#include "tests/support/suite.h"

/* What reading a whole text gave: the canonical JSON of each document, "null" for an empty one,
 * with a line end between them, or the error. */
struct result {
    struct buffer json;
    struct error *error;
    struct position where;
    size_t documents;
};

static void result_release(struct result *result)
{
    buffer_release(&result->json);
    error_free(result->error);
}
#define cleanup_result __attribute__((cleanup(result_release)))

static struct result read_limited(const char *text, size_t length, const struct tree_limits *limits)
{
    struct result result = {0};
    cleanup_arena struct arena arena = {0};
    cleanup_yaml_reader struct yaml_reader *reader = yaml_reader_create(text, length, limits);
    struct node *root = NULL;
    int status;
    while ((status = yaml_reader_next(reader, &arena, &root, &result.where, &result.error)) == 1) {
        if (result.documents++ > 0)
            buffer_append_byte(&result.json, '\n');
        if (root)
            json_write_canonical(&result.json, root);
        else
            buffer_append_text(&result.json, "null");
    }
    ck_assert_int_eq(status, result.error ? -1 : 0);
    ck_assert_int_eq(yaml_reader_next(reader, &arena, &root, NULL, NULL), 0);
    return result;
}

static struct result read_text(const char *text)
{
    return read_limited(text, strlen(text), NULL);
}

static void expect(const char *text, const char *json)
{
    cleanup_result struct result result = read_text(text);
    ck_assert_msg(!result.error, "%s: %s", text, result.error ? result.error->message : "");
    ck_assert_str_eq(buffer_text(&result.json), json);
}

static void expect_error(const char *text, unsigned line, unsigned column, const char *message)
{
    cleanup_result struct result result = read_text(text);
    ck_assert_msg(result.error != NULL, "%s: taken", text);
    ck_assert_int_eq(result.error->code, ERROR_INPUT);
    ck_assert_str_eq(result.error->message, message);
    ck_assert_msg(result.where.line == line && result.where.column == column, "%s: at %u:%u", text,
                  result.where.line, result.where.column);
}

/* --- The table of what kubectl's library does ------------------------------------------------- */

static uint32_t hexadecimal(const char **at, int digits)
{
    char text[9] = {0};
    memcpy(text, *at, (size_t)digits);
    *at += digits;
    return (uint32_t)strtoul(text, NULL, 16);
}

/* Reads a quoted Go string; returns what follows it. */
static const char *unquote(const char *at, struct buffer *out)
{
    static const char letters[] = "abfnrtv\\\"", bytes[] = "\a\b\f\n\r\t\v\\\"";
    ck_assert_int_eq(*at++, '"');
    while (*at != '"') {
        if (*at != '\\') {
            buffer_append_byte(out, *at++);
            continue;
        }
        char letter = at[1];
        at += 2;
        if (letter == 'x') {
            buffer_append_byte(out, (char)hexadecimal(&at, 2));
        } else if (letter == 'u' || letter == 'U') {
            char utf8[4];
            buffer_append(out, utf8, utf8_encode(hexadecimal(&at, letter == 'u' ? 4 : 8), utf8));
        } else {
            const char *known = strchr(letters, letter);
            ck_assert_ptr_nonnull(known);
            buffer_append_byte(out, bytes[known - letters]);
        }
    }
    return at + 1;
}

/* Numbers beyond int64_t may be written in another way, so the expected text is read as well. */
static void check_row(const char *line)
{
    cleanup_buffer struct buffer text = {0}, expected = {0};
    const char *json = unquote(line, &text) + 1;
    cleanup_result struct result result = read_limited(buffer_text(&text), text.length, NULL);
    if (strcmp(json, "error") == 0) {
        ck_assert_msg(result.error != NULL, "%s: taken as %s", line, buffer_text(&result.json));
        return;
    }
    ck_assert_msg(!result.error, "%s: %s", line, result.error ? result.error->message : "");
    cleanup_arena struct arena arena = {0};
    const struct node *root = json_tree_parse(&arena, json, strlen(json), NULL, NULL, NULL);
    ck_assert_ptr_nonnull(root);
    json_write_canonical(&expected, root);
    if (result.documents == 0)
        buffer_append_text(&result.json, "null");
    /* The library reads the first document only. */
    char *end = strchr(result.json.data, '\n');
    if (end)
        *end = '\0';
    ck_assert_msg(strcmp(result.json.data, json) == 0 ||
                      strcmp(result.json.data, buffer_text(&expected)) == 0,
                  "%s: taken as %s", line, result.json.data);
}

START_TEST(test_as_kubectl)
{
    cleanup_buffer struct buffer table = {0};
    ck_assert_int_eq(file_read("tests/unit/yaml/table.txt", 1 << 20, &table, NULL), 0);
    size_t rows = 0;
    char *rest = NULL;
    for (char *line = strtok_r(table.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '#')
            continue;
        check_row(line);
        rows++;
    }
    ck_assert_uint_gt(rows, 1000);
}
END_TEST

/* --- Places ----------------------------------------------------------------------------------- */

static void expect_place(const struct node *root, const char *pointer, unsigned line,
                         unsigned column, unsigned name_line, unsigned name_column)
{
    const struct node *node = node_at_pointer(root, pointer);
    ck_assert_msg(node != NULL, "%s is missing", pointer);
    ck_assert_msg(node->position.line == line && node->position.column == column,
                  "%s: value at %u:%u", pointer, node->position.line, node->position.column);
    ck_assert_msg(
        node->name_position.line == name_line && node->name_position.column == name_column,
        "%s: name at %u:%u", pointer, node->name_position.line, node->name_position.column);
}

START_TEST(test_places)
{
    static const char text[] =
        "\xef\xbb\xbf"
        "a: 1\r\n"
        "\xc3\xa9\xf0\x9f\x98\x80: {b: \"\xe6\x97\xa5\xe6\x9c\xac\", c: 2}\r\n"
        "list:\n"
        "- x\n"
        "-   k: &m {z: 1}\n"
        "again: *m\n"
        "merged:\n"
        "  <<: *m\n"
        "empty:\n";
    cleanup_arena struct arena arena = {0};
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(text, sizeof(text) - 1, NULL);
    struct node *root = NULL;
    ck_assert_int_eq(yaml_reader_next(reader, &arena, &root, NULL, NULL), 1);
    expect_place(root, "", 1, 1, 0, 0);
    expect_place(root, "/a", 1, 4, 1, 1);
    expect_place(root, "/\xc3\xa9\xf0\x9f\x98\x80", 2, 5, 2, 1);
    expect_place(root, "/\xc3\xa9\xf0\x9f\x98\x80/b", 2, 9, 2, 6);
    expect_place(root, "/\xc3\xa9\xf0\x9f\x98\x80/c", 2, 18, 2, 15);
    expect_place(root, "/list", 4, 1, 3, 1);
    expect_place(root, "/list/0", 4, 3, 0, 0);
    expect_place(root, "/list/1/k", 5, 8, 5, 5);
    expect_place(root, "/again", 6, 8, 6, 1);
    expect_place(root, "/again/z", 5, 15, 5, 12);
    expect_place(root, "/merged/z", 5, 15, 5, 12);
    expect_place(root, "/empty", 9, 7, 9, 1);
}
END_TEST

START_TEST(test_aliases_share_no_nodes)
{
    static const char text[] = "a: &x [1]\nb: [*x, *x]\n";
    cleanup_arena struct arena arena = {0};
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(text, sizeof(text) - 1, NULL);
    struct node *root = NULL;
    ck_assert_int_eq(yaml_reader_next(reader, &arena, &root, NULL, NULL), 1);
    const struct node *item = node_at_pointer(root, "/b/0");
    ck_assert_ptr_ne(item, node_at_pointer(root, "/a"));
    ck_assert_ptr_ne(item, node_at_pointer(root, "/b/1"));
    ck_assert(!slice_present(item->name));
}
END_TEST

/* --- Documents -------------------------------------------------------------------------------- */

START_TEST(test_documents)
{
    expect("", "");
    expect("# nothing\n", "");
    expect("---\n---\na: 1\n...\n---\n# x\n---\n- b\n", "null\n{\"a\":1}\nnull\n[\"b\"]");
    expect("--- ~\n", "null");
    expect("a: &x 1\n---\nb: &x 2\nc: *x\n", "{\"a\":1}\n{\"b\":2,\"c\":2}");
    expect_error("a: &x 1\n---\nb: *x\n", 3, 4,
                 "there is no anchor \"x\" before this alias; define it, or quote the value");
}
END_TEST

static void expect_names(const struct node *object, const char *names)
{
    cleanup_buffer struct buffer found = {0};
    node_for_each (member, object)
        buffer_append(&found, member->name.data, member->name.length);
    ck_assert_str_eq(buffer_text(&found), names);
}

START_TEST(test_order_is_kept)
{
    static const char text[] =
        "m: &m {v: 1, x: 2}\no: {b: 1, a: 2}\np:\n  <<: *m\n  x: 3\n  w: 4\n";
    cleanup_arena struct arena arena = {0};
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(text, sizeof(text) - 1, NULL);
    struct node *root = NULL;
    ck_assert_int_eq(yaml_reader_next(reader, &arena, &root, NULL, NULL), 1);
    expect_names(root, "mop");
    expect_names(node_member(root, "o"), "ba");
    expect_names(node_member(root, "p"), "vxw");
}
END_TEST

/* --- Refusals --------------------------------------------------------------------------------- */

START_TEST(test_messages)
{
    static const struct {
        const char *text;
        unsigned line, column;
        const char *message;
    } cases[] = {
        {"a:\n\tb: 1", 2, 1,
         "found a tab character where indentation is expected; indent with spaces"},
        {"a: |\n  b\n \tc\n d", 3, 2,
         "found a tab character where an indentation space is expected while scanning a block "
         "scalar that began at line 1; indent with spaces"},
        {"x:\n  Sid: a\n  y: 1\n  Sid: b", 4, 3, "duplicate key \"Sid\" (first at line 2)"},
        {"\"a\\nb\": 1\n\"a\\nb\": 1", 2, 1, "duplicate key \"a\\nb\" (first at line 1)"},
        {"a: &x {p: 1}\nb:\n  p: 2\n  <<: *x", 4, 3,
         "\"<<\" merges the key \"p\", which stands before it at line 3; move \"<<\" to the top"},
        {"a: {<<: {p: 1}, <<: {q: 1}}", 1, 17,
         "duplicate key \"<<\" (first at line 1); give one \"<<\" a list"},
        {"<<: [1]", 1, 6,
         "\"<<\" takes an object or a list of objects; give it an alias of one, or quote it"},
        {"a: &x [*x]", 1, 8, "the alias \"x\" stands inside the value it names; remove it"},
        {"a: \"CONTOSO\\webapp\"", 1, 12,
         "found unknown escape character; double the backslash, or use single quotes, which know "
         "no escapes"},
        {"a: @x", 1, 4, "a value cannot begin with \"@\"; quote it"},
        {"a: \"x\nb: 1\n", 3, 1,
         "found unexpected end of stream while scanning a quoted scalar that began at line 1; "
         "close the quote"},
        {"a: [1,\n2", 2, 2,
         "did not find expected ',' or ']' while parsing a flow sequence that began at line 1; "
         "close the list with \"]\""},
        {"a: 1\n~: 2", 2, 1, "null cannot be a key; quote it when text is meant"},
        {"a: 1\n[x]: 2", 2, 1,
         "a list cannot be a key; quote a key or value that begins with \"{\" or \"[\""},
        {"{{x}}: 2", 1, 2,
         "an object cannot be a key; quote a key or value that begins with \"{\" or \"[\""},
        {"9223372036854775808: 2", 1, 1, "the number is too large for a key; quote it"},
        {"a: .inf", 1, 4, "infinity (.inf) has no form in JSON; quote it when text is meant"},
        {"a: .nan", 1, 4, "not-a-number (.nan) has no form in JSON; quote it when text is meant"},
        {"a: !!int x", 1, 4, "the value does not go with its tag !!int; leave the tag out"},
        {"a: !!binary aGk=", 1, 4,
         "the tag !!binary is not supported; write the value as a quoted string"},
        {"a: 1\n\xc3\xa9: \x01", 2, 4,
         "control characters are not allowed; remove them, or write an escape in double quotes"},
        {"a: 1\r\nb: \xff", 2, 4, "invalid leading UTF-8 octet; save the file as UTF-8"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        expect_error(cases[i].text, cases[i].line, cases[i].column, cases[i].message);
}
END_TEST

static void append_times(struct buffer *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buffer_append_text(out, text);
}

START_TEST(test_depth)
{
    static const struct {
        const char *open, *inside, *close;
    } forms[] = {{"[", "", "]"}, {"{a: ", "1", "}"}, {"- ", "1", ""}, {"? ", "a", ""}};
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        for (size_t depth = 20; depth <= 100000; depth = depth == 20 ? 21 : depth * 70) {
            cleanup_buffer struct buffer text = {0};
            append_times(&text, forms[i].open, depth);
            buffer_append_text(&text, forms[i].inside);
            append_times(&text, forms[i].close, depth);
            const struct tree_limits limits = {.depth = 20};
            cleanup_result struct result result =
                read_limited(buffer_text(&text), text.length, &limits);
            /* A complex key is refused for being one, when it is not too deep. */
            ck_assert_int_eq(result.error == NULL, depth == 20 && *forms[i].open != '?');
            if (depth > 20)
                ck_assert_str_eq(
                    result.error->message,
                    "lists and objects are nested more than 20 deep; flatten the document");
        }
    }
}
END_TEST

START_TEST(test_depth_counts_through_aliases)
{
    const struct tree_limits limits = {.depth = 4};
    static const char fits[] = "a: &x [[1]]\nb: [*x]", deep[] = "a: &x [[1]]\nb: [[*x]]",
                      merged[] = "a: &x {p: [[1]]}\nb: {c: {<<: *x}}";
    cleanup_result struct result first = read_limited(fits, strlen(fits), &limits);
    ck_assert(!first.error);
    cleanup_result struct result second = read_limited(deep, strlen(deep), &limits);
    ck_assert_ptr_nonnull(second.error);
    ck_assert_uint_eq(second.where.line, 2);
    ck_assert_uint_eq(second.where.column, 6);
    cleanup_result struct result third = read_limited(merged, strlen(merged), &limits);
    ck_assert_ptr_nonnull(third.error);
}
END_TEST

/* Nine levels of nine aliases each: a gigabyte of values out of half a kilobyte. */
START_TEST(test_alias_bomb)
{
    cleanup_buffer struct buffer text = {0};
    buffer_append_text(&text, "l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for (int level = 1; level < 10; level++) {
        buffer_append_format(&text, "l%d: &l%d [", level, level);
        for (int i = 0; i < 9; i++)
            buffer_append_format(&text, "%s*l%d", i ? ", " : "", level - 1);
        buffer_append_text(&text, "]\n");
    }
    const struct tree_limits limits = {.nodes = 10000};
    cleanup_result struct result result = read_limited(buffer_text(&text), text.length, &limits);
    ck_assert_ptr_nonnull(result.error);
    ck_assert_str_eq(result.error->message,
                     "the document holds more than 10000 values, aliases counted as what they "
                     "stand for; split it");
}
END_TEST

/* A long text behind an alias must not be copied. */
START_TEST(test_aliases_share_text)
{
    cleanup_buffer struct buffer text = {0};
    buffer_append_text(&text, "- &x ");
    append_times(&text, "long", 25000);
    append_times(&text, "\n- *x\n- &y [*x]\n- *y", 2000);
    cleanup_arena struct arena arena = {0};
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(buffer_text(&text), text.length, NULL);
    struct node *root = NULL;
    ck_assert_int_eq(yaml_reader_next(reader, &arena, &root, NULL, NULL), 1);
    const char *shared = node_at_pointer(root, "/0")->text.data;
    ck_assert_ptr_eq(node_at_pointer(root, "/1")->text.data, shared);
    ck_assert_ptr_eq(node_at_pointer(root, "/6000/0")->text.data, shared);
}
END_TEST

START_TEST(test_nodes)
{
    const struct tree_limits limits = {.nodes = 4};
    static const char fits[] = "a: [1]\n---\nb: [2]", many[] = "[1, 2, 3, 4]";
    cleanup_result struct result first = read_limited(fits, strlen(fits), &limits);
    ck_assert(!first.error);
    cleanup_result struct result second = read_limited(many, strlen(many), &limits);
    ck_assert_ptr_nonnull(second.error);
    ck_assert_uint_eq(second.where.column, 11);
}
END_TEST

START_TEST(test_anchors)
{
    cleanup_buffer struct buffer text = {0};
    for (int i = 0; i < 256; i++)
        buffer_append_format(&text, "- &a%d x\n", i);
    cleanup_result struct result fits = read_limited(buffer_text(&text), text.length, NULL);
    ck_assert(!fits.error);
    buffer_append_text(&text, "- &a0 x\n- &more x\n");
    cleanup_result struct result many = read_limited(buffer_text(&text), text.length, NULL);
    ck_assert_ptr_nonnull(many.error);
    ck_assert_str_eq(many.error->message,
                     "the document has more than 256 anchors; write the values out");
    ck_assert_uint_eq(many.where.line, 258);
}
END_TEST

/* No list of names may make finding duplicates slow. */
START_TEST(test_many_members)
{
    cleanup_buffer struct buffer text = {0};
    for (int i = 0; i < 200000; i++)
        buffer_append_format(&text, "k%d: 1\n", i);
    buffer_append_text(&text, "k77: 2\n");
    cleanup_result struct result result = read_limited(buffer_text(&text), text.length, NULL);
    ck_assert_ptr_nonnull(result.error);
    ck_assert_str_eq(result.error->message, "duplicate key \"k77\" (first at line 78)");
}
END_TEST

SUITE("yaml_tree", test_as_kubectl, test_places, test_aliases_share_no_nodes, test_documents,
      test_order_is_kept, test_messages, test_depth, test_depth_counts_through_aliases,
      test_alias_bomb, test_aliases_share_text, test_nodes, test_anchors, test_many_members)
