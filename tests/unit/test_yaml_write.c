#include <stdio.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "lib/document/yaml_tree.h"
#include "lib/document/yaml_write.h"
#include "tests/support/suite.h"

static struct node *read_json(struct arena *arena, const char *json, size_t length)
{
    struct node *root = json_tree_parse(arena, json, length, NULL, NULL, NULL);
    ck_assert_msg(root != NULL, "%s", json);
    return root;
}

static void expect(const char *json, const char *yaml)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer out = {0};
    yaml_write(&out, read_json(&arena, json, strlen(json)));
    ck_assert_str_eq(buffer_text(&out), yaml);
}

/* What is written reads back as the same. */
static void check_round_trip(struct arena *arena, const struct node *root)
{
    cleanup_buffer struct buffer yaml = {0}, before = {0}, after = {0};
    cleanup_error struct error *error = NULL;
    yaml_write(&yaml, root);
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(yaml.data, yaml.length, NULL);
    struct node *again = NULL;
    int status = yaml_reader_next(reader, arena, &again, NULL, &error);
    ck_assert_msg(status == 1 && again, "%s\n%s", yaml.data, error ? error->message : "nothing");
    json_write_canonical(&before, root);
    json_write_canonical(&after, again);
    ck_assert_msg(before.length == after.length &&
                      memcmp(before.data, after.data, before.length) == 0,
                  "%s\nwritten as\n%s\nread as %s", before.data, yaml.data, after.data);
    ck_assert_int_eq(yaml_reader_next(reader, arena, &again, NULL, &error), 0);
}

START_TEST(test_form)
{
    expect(
        "{\"b\": 1, \"a\": [1, {\"x\": null, \"y\": []}, [true, false], {}], \"c\": {\"d\": {}}}",
        "b: 1\na:\n- 1\n- x: null\n  'y': []\n- - true\n  - false\n- {}\nc:\n  d: {}\n");
    expect("{}", "{}\n");
    expect("[]", "[]\n");
    expect("\"x\"", "x\n");
    expect("[1.5, -1, 1e400, 18446744073709551615]",
           "- 1.5\n- -1\n- 1e400\n- 18446744073709551615\n");
}
END_TEST

START_TEST(test_strings)
{
    static const struct {
        const char *json, *yaml;
    } cases[] = {
        {"\"\"", "''\n"},
        {"\"yes\"", "'yes'\n"},
        {"\"Y\"", "'Y'\n"},
        {"\"on\"", "'on'\n"},
        {"\"null\"", "'null'\n"},
        {"\"~\"", "'~'\n"},
        {"\"0x1f\"", "'0x1f'\n"},
        {"\"1_000\"", "'1_000'\n"},
        {"\"4e5\"", "'4e5'\n"},
        {"\".inf\"", "'.inf'\n"},
        {"\"12:30\"", "'12:30'\n"},
        {"\"2001-01-01\"", "'2001-01-01'\n"},
        {"\"<<\"", "'<<'\n"},
        {"\"=\"", "'='\n"},
        {"\"- x\"", "'- x'\n"},
        {"\"a: b\"", "'a: b'\n"},
        {"\"a #b\"", "'a #b'\n"},
        {"\" a\"", "' a'\n"},
        {"\"it's\"", "it's\n"},
        {"\"'a\"", "'''a'\n"},
        {"\"---\"", "'---'\n"},
        {"\"@x\"", "'@x'\n"},
        {"\"S-1-5-21-2126449477-2524075714-3094792973\"",
         "S-1-5-21-2126449477-2524075714-3094792973\n"},
        {"\"244818ae-87ac-4fcd-92ec-e79e5252348a\"", "244818ae-87ac-4fcd-92ec-e79e5252348a\n"},
        {"\"{859E1386-BDB4-49E8-85C7-3070B13920E1}\"",
         "'{859E1386-BDB4-49E8-85C7-3070B13920E1}'\n"},
        {"\"CONTOSO\\\\WebApp01$\"", "CONTOSO\\WebApp01$\n"},
        {"\"\\u00e9\\u65e5\"", "\xc3\xa9\xe6\x97\xa5\n"},
        {"\"a\\tb\"", "\"a\\tb\"\n"},
        {"\"\\u0000\\u001b\\u0085\"", "\"\\0\\e\\N\"\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        expect(cases[i].json, cases[i].yaml);
}
END_TEST

START_TEST(test_lines)
{
    expect("{\"a\": \"b\\nc\"}", "a: |-\n  b\n  c\n");
    expect("{\"a\": \"b\\n\\n  c\\n\"}", "a: |\n  b\n\n    c\n");
    expect("{\"a\": \"b \\nc\"}", "a: \"b \\nc\"\n");
    expect("{\"a\": \" b\\nc\"}", "a: \" b\\nc\"\n");
    expect("{\"a\": \"b\\nc\\n\\n\"}", "a: \"b\\nc\\n\\n\"\n");
    expect("{\"a\": \"b\\r\\nc\"}", "a: \"b\\r\\nc\"\n");
}
END_TEST

START_TEST(test_no_folding)
{
    cleanup_buffer struct buffer json = {0}, yaml = {0};
    buffer_append_text(&json, "\"x");
    buffer_append_text(&yaml, "x");
    for (int i = 0; i < 200; i++) {
        buffer_append_text(&json, " word");
        buffer_append_text(&yaml, " word");
    }
    buffer_append_text(&json, "\"");
    buffer_append_text(&yaml, "\n");
    expect(json.data, yaml.data);
}
END_TEST

START_TEST(test_bytes_that_are_not_utf8)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer out = {0};
    yaml_write(&out, node_create_text(&arena, slice_of("a\xff\xfe b")));
    ck_assert_str_eq(buffer_text(&out), "a\xef\xbf\xbd\xef\xbf\xbd b\n");
}
END_TEST

/* Every scalar and structure of the table, and each of their texts as a string and a name. */
START_TEST(test_round_trip_of_the_table)
{
    cleanup_buffer struct buffer table = {0};
    ck_assert_int_eq(file_read("tests/unit/yaml/table.txt", 1 << 20, &table, NULL), 0);
    char *rest = NULL;
    for (char *line = strtok_r(table.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *json = strchr(line, '\t');
        if (*line == '#' || !json)
            continue;
        *json++ = '\0';
        cleanup_arena struct arena arena = {0};
        if (strcmp(json, "error") != 0)
            check_round_trip(&arena, read_json(&arena, json, strlen(json)));
        struct node *object = node_create(&arena, NODE_OBJECT);
        node_set_member(&arena, object, line, node_create_text(&arena, slice_of(line)));
        char *text = arena_copy(&arena, line + 4, strlen(line) > 5 ? strlen(line) - 5 : 0);
        node_set_member(&arena, object, text, node_create_text(&arena, slice_of(text)));
        check_round_trip(&arena, object);
    }
}
END_TEST

/* Strings of all the characters that mean something to YAML, up to five long. */
START_TEST(test_round_trip_of_strings)
{
    static const char *const parts[] = {"a",
                                        " ",
                                        "\n",
                                        "\t",
                                        ":",
                                        "#",
                                        "-",
                                        "'",
                                        "\"",
                                        "\\",
                                        "{",
                                        "[",
                                        ",",
                                        "?",
                                        "|",
                                        ">",
                                        "%",
                                        "&",
                                        "*",
                                        "!",
                                        "0",
                                        ".",
                                        "\r",
                                        "\xc2\x85",
                                        "\xe2\x80\xa8",
                                        "\xef\xbb\xbf",
                                        "\xf0\x9f\x98\x80"};
    uint32_t state = 1;
    unsigned rounds = suite_rounds(20000);
    for (unsigned round = 0; round < rounds; round++) {
        cleanup_arena struct arena arena = {0};
        cleanup_buffer struct buffer text = {0};
        for (unsigned i = 0; i < 1 + round % 6; i++) {
            state = state * 1664525 + 1013904223;
            buffer_append_text(&text, parts[(state >> 16) % ARRAY_LENGTH(parts)]);
        }
        struct node *object = node_create(&arena, NODE_OBJECT);
        node_set_member(&arena, object, text.data, node_create_text(&arena, slice_of(text.data)));
        struct node *list = node_create(&arena, NODE_ARRAY);
        node_append(list, object);
        node_append(list, node_create_text(&arena, slice_of(text.data)));
        check_round_trip(&arena, list);
        check_round_trip(&arena, list->last);
    }
}
END_TEST

START_TEST(test_round_trip_of_long_names)
{
    cleanup_arena struct arena arena = {0};
    for (size_t length = 120; length < 1100; length += 7) {
        struct node *object = node_create(&arena, NODE_OBJECT);
        char *name = arena_allocate(&arena, length + 1);
        memset(name, 'n', length);
        node_set_member(&arena, object, name, node_create(&arena, NODE_ARRAY));
        node_set_member(&arena, object, "z", node_create(&arena, NODE_NULL));
        check_round_trip(&arena, object);
    }
}
END_TEST

SUITE("yaml_write", test_form, test_strings, test_lines, test_no_folding,
      test_bytes_that_are_not_utf8, test_round_trip_of_the_table, test_round_trip_of_strings,
      test_round_trip_of_long_names)
