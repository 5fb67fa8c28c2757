#include "lib/document/json_scan.h"

#include "lib/common/memory.h"
#include "tests/support/json_texts.h"
#include "tests/support/suite.h"

static struct json_scan scan_of(const char *text)
{
    return json_scan_of(text, strlen(text), 64);
}

/* Skips the whole text from a copy that ends where its memory does, so that a checker sees each
 * byte read behind the end. */
static struct json_scan skip_copy(struct slice text, size_t *reached)
{
    cleanup_free char *copy = text.length > 0 ? xmalloc(text.length) : NULL;
    if (copy)
        memcpy(copy, text.data, text.length);
    struct json_scan scan = json_scan_of(copy, text.length, 64);
    if (json_skip(&scan, NULL))
        json_expect_end(&scan);
    *reached = (size_t)(scan.at - scan.begin);
    scan.begin = scan.at = scan.end = NULL;
    return scan;
}

START_TEST(skip_accepts_json)
{
    for (size_t i = 0; i < json_texts_good_count; i++) {
        struct slice text = json_texts_good[i];
        size_t reached;
        struct json_scan scan = skip_copy(text, &reached);
        ck_assert_msg(!scan.problem, "%.*s: %s", (int)text.length, text.data, scan.problem);
        ck_assert_uint_eq(reached, text.length);
    }
}
END_TEST

START_TEST(skip_refuses_everything_else)
{
    for (size_t i = 0; i < json_texts_bad_count; i++) {
        const struct json_text_bad *bad = &json_texts_bad[i];
        size_t reached;
        struct json_scan scan = skip_copy(bad->text, &reached);
        ck_assert_msg(scan.problem != NULL, "%.*s accepted", (int)bad->text.length, bad->text.data);
        ck_assert_msg(slice_starts_with(slice_of(scan.problem), bad->problem), "%.*s: %s",
                      (int)bad->text.length, bad->text.data, scan.problem);
        ck_assert_msg(reached == bad->at, "%.*s: place %zu, expected %zu", (int)bad->text.length,
                      bad->text.data, reached, bad->at);
    }
}
END_TEST

/* A byte that ends a plain run is found wherever in a word it stands, and none is found in vain. */
START_TEST(skip_finds_special_bytes_at_every_offset)
{
    for (unsigned byte = 0; byte < 0x100; byte++) {
        for (size_t offset = 0; offset < 20; offset++) {
            char text[32];
            memset(text, 'x', sizeof(text));
            text[0] = text[sizeof(text) - 1] = '"';
            text[1 + offset] = (char)byte;
            size_t reached;
            struct json_scan scan = skip_copy((struct slice){text, sizeof(text)}, &reached);
            bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            ck_assert_msg((scan.problem == NULL) == plain, "byte %#x", byte);
            if (!plain)
                ck_assert_uint_eq(reached, byte == '"' ? offset + 2 : offset + 1);
        }
    }
}
END_TEST

START_TEST(skip_gives_the_text_of_the_value)
{
    struct json_scan scan = scan_of("  {\"a\": [1, \"}\"] }  , ");
    struct slice raw;
    ck_assert(json_skip(&scan, &raw));
    ck_assert(slice_is(raw, "{\"a\": [1, \"}\"] }"));
}
END_TEST

START_TEST(nesting_is_bounded_when_skipped)
{
    struct json_scan scan = json_scan_of("[{\"a\":[]}]", 10, 3);
    ck_assert(json_skip(&scan, NULL));
    scan = json_scan_of("[{\"a\":[]}]", 10, 2);
    ck_assert(!json_skip(&scan, NULL));
    ck_assert_str_eq(scan.problem, "arrays and objects are nested too deeply");
    ck_assert_int_eq(scan.at - scan.begin, 6);
    /* What is open already counts. */
    scan = json_scan_of("[[[]]]", 6, 2);
    ck_assert(json_enter_array(&scan) && json_next_item(&scan));
    ck_assert(!json_skip(&scan, NULL));
    /* Siblings do not add up. */
    scan = json_scan_of("[[],[],{},[]]", 13, 2);
    ck_assert(json_skip(&scan, NULL));
    scan = json_scan_of("1", 1, 0);
    ck_assert(json_skip(&scan, NULL));
    scan = json_scan_of("[]", 2, 0);
    ck_assert(!json_skip(&scan, NULL));
}
END_TEST

START_TEST(nesting_is_bounded_when_entered)
{
    struct json_scan scan = json_scan_of("[[]]", 4, 1);
    ck_assert(json_enter_array(&scan) && json_next_item(&scan));
    ck_assert(!json_enter_array(&scan));
    ck_assert_str_eq(scan.problem, "arrays and objects are nested too deeply");
}
END_TEST

START_TEST(nesting_has_a_highest_limit)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];
    size_t half = sizeof(text) / 2;
    memset(text, '[', half);
    memset(text + half, ']', half);
    struct json_scan scan = json_scan_of(text, sizeof(text), 1000000);
    ck_assert(!json_skip(&scan, NULL));
    ck_assert_int_eq(scan.at - scan.begin, JSON_DEPTH_MAX);
    scan = json_scan_of(text + 1, sizeof(text) - 2, 1000000);
    ck_assert(json_skip(&scan, NULL) && json_expect_end(&scan));
}
END_TEST

START_TEST(everything_can_be_read)
{
    struct json_scan scan = scan_of(" { \"s\" : \"a\\n\" , \"b\" : true , \"n\" : null ,"
                                    " \"x\" : -1.5e3 , \"l\" : [ 1 , false ] , \"o\" : { } } ");
    struct json_string name, string;
    struct slice number;
    bool boolean = false;
    ck_assert(json_enter_object(&scan));
    ck_assert(json_next_member(&scan, &name) && json_string_is(name, "s"));
    ck_assert(json_peek(&scan) == JSON_STRING && json_read_string(&scan, &string));
    ck_assert(slice_is(string.raw, "a\\n") && string.escaped);
    ck_assert(json_next_member(&scan, &name) && json_string_is(name, "b"));
    ck_assert(json_peek(&scan) == JSON_TRUE && json_read_boolean(&scan, &boolean) && boolean);
    ck_assert(json_next_member(&scan, &name) && json_string_is(name, "n"));
    ck_assert(json_peek(&scan) == JSON_NULL && json_read_null(&scan));
    ck_assert(json_next_member(&scan, &name) && json_string_is(name, "x"));
    ck_assert(json_peek(&scan) == JSON_NUMBER && json_read_number(&scan, &number));
    ck_assert(slice_is(number, "-1.5e3"));
    ck_assert(json_next_member(&scan, &name) && json_string_is(name, "l"));
    ck_assert(json_peek(&scan) == JSON_ARRAY && json_enter_array(&scan));
    ck_assert(json_next_item(&scan) && json_skip(&scan, NULL));
    ck_assert(json_next_item(&scan) && json_peek(&scan) == JSON_FALSE);
    ck_assert(json_read_boolean(&scan, &boolean) && !boolean);
    ck_assert(!json_next_item(&scan) && !scan.problem);
    ck_assert(json_next_member(&scan, &name) && json_string_is(name, "o"));
    ck_assert(json_peek(&scan) == JSON_OBJECT && json_enter_object(&scan));
    ck_assert(!json_next_member(&scan, &name) && !json_next_member(&scan, &name));
    ck_assert(json_expect_end(&scan) && !scan.problem);
    ck_assert_uint_eq(scan.depth, 0);
}
END_TEST

static bool read_string(struct json_scan *scan)
{
    struct json_string value;
    return json_read_string(scan, &value);
}
static bool read_boolean(struct json_scan *scan)
{
    bool value;
    return json_read_boolean(scan, &value);
}
static bool read_number(struct json_scan *scan)
{
    struct slice text;
    return json_read_number(scan, &text);
}

START_TEST(reading_another_kind_is_a_problem)
{
    static const struct {
        bool (*read)(struct json_scan *scan);
        const char *good, *bad, *problem;
    } cases[] = {
        {read_string, "\"\"", "1", "expected a string"},
        {read_boolean, "true", "null", "expected true or false"},
        {read_number, "1", "\"1\"", "expected a number"},
        {json_read_null, "null", "false", "expected null"},
        {json_enter_object, "{", "[]", "expected an object"},
        {json_enter_array, "[", "{}", "expected an array"},
        {read_string, "\"a\"", "\"a", "the string is never closed"},
        {read_boolean, "false", "folse", "expected a value"},
        {read_number, "0", "-", "expected a digit"},
        {json_read_null, " null", "nil", "expected a value"},
        {json_read_null, "null", "", "the text ends too early"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct json_scan scan = scan_of(cases[i].good);
        ck_assert_msg(cases[i].read(&scan), "%s", cases[i].good);
        scan = scan_of(cases[i].bad);
        ck_assert_msg(!cases[i].read(&scan), "%s", cases[i].bad);
        ck_assert(slice_starts_with(slice_of(scan.problem), cases[i].problem));
    }
}
END_TEST

/* The pull functions refuse what json_skip refuses. */
START_TEST(stepping_refuses_wrong_structure)
{
    static const char *const bad[] = {"{\"a\" 1}",   "{\"a\":1,}", "{1:1}",    "{\"a\":1 \"b\":1}",
                                      "{,}",         "{\"a\":1]",  "{\"a\":1", "{",
                                      "{\"a\n\":1}", "{\"a\":1,"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct json_scan scan = scan_of(bad[i]);
        struct json_string name;
        ck_assert(json_enter_object(&scan));
        while (json_next_member(&scan, &name))
            json_skip(&scan, NULL);
        ck_assert_msg(scan.problem != NULL, "%s", bad[i]);
    }
    static const char *const bad_lists[] = {"[1 2]", "[1,]", "[,]", "[1}", "[1", "["};
    for (size_t i = 0; i < ARRAY_LENGTH(bad_lists); i++) {
        struct json_scan scan = scan_of(bad_lists[i]);
        ck_assert(json_enter_array(&scan));
        while (json_next_item(&scan))
            json_skip(&scan, NULL);
        ck_assert_msg(scan.problem != NULL, "%s", bad_lists[i]);
    }
}
END_TEST

START_TEST(the_first_problem_stays)
{
    struct json_scan scan = scan_of("[1 2]");
    struct json_string string;
    struct slice raw;
    bool boolean;
    ck_assert(json_enter_array(&scan) && json_next_item(&scan) && json_skip(&scan, NULL));
    ck_assert(!json_next_item(&scan));
    const char *problem = scan.problem, *at = scan.at;
    ck_assert(!json_next_item(&scan) && !json_skip(&scan, &raw) && !json_expect_end(&scan));
    ck_assert(!json_read_string(&scan, &string) && !json_read_boolean(&scan, &boolean));
    ck_assert(!json_read_null(&scan) && !json_read_number(&scan, &raw));
    ck_assert(!json_enter_array(&scan) && !json_enter_object(&scan));
    ck_assert(!json_next_member(&scan, &string) && json_peek(&scan) == JSON_INVALID);
    ck_assert(!json_scan_fail(&scan, "another"));
    ck_assert_ptr_eq(scan.problem, problem);
    ck_assert_ptr_eq(scan.at, at);
}
END_TEST

START_TEST(a_caller_can_report_a_problem)
{
    struct json_scan scan = scan_of("{}");
    ck_assert(!json_scan_fail(&scan, "uid is given twice"));
    ck_assert_str_eq(scan.problem, "uid is given twice");
    ck_assert(!json_enter_object(&scan));
}
END_TEST

START_TEST(peek_goes_by_the_first_byte)
{
    static const struct {
        const char *text;
        enum json_kind kind;
    } cases[] = {{"nix", JSON_NULL},  {"f", JSON_FALSE},    {" t", JSON_TRUE},
                 {"-", JSON_NUMBER},  {"\n9", JSON_NUMBER}, {"0", JSON_NUMBER},
                 {"\"", JSON_STRING}, {"[", JSON_ARRAY},    {"{", JSON_OBJECT},
                 {"", JSON_INVALID},  {"}", JSON_INVALID},  {"x", JSON_INVALID}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct json_scan scan = scan_of(cases[i].text);
        ck_assert_int_eq(json_peek(&scan), cases[i].kind);
        ck_assert_ptr_null(scan.problem);
    }
}
END_TEST

static struct json_string string_of(const char *text)
{
    return (struct json_string){slice_of(text), strchr(text, '\\') != NULL};
}

START_TEST(strings_are_compared_by_what_they_mean)
{
    static const char *const same[][2] = {
        {"", ""},
        {"uid", "\\u0075\\u0069\\u0064"},
        {"uid", "u\\u0069d"},
        {"a/b", "a\\/b"},
        {"\\n\\t\\r\\b\\f", "\\u000a\\u0009\\u000D\\u0008\\u000C"},
        {"\\\"\\\\", "\\u0022\\u005c"},
        {"\xc3\xa4", "\\u00e4"},
        {"\xf0\x9f\x98\x80", "\\ud83d\\ude00"},
        {"\\uD83D\\uDE00", "\\ud83d\\ude00"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(same); i++) {
        ck_assert_msg(json_string_equal(string_of(same[i][0]), string_of(same[i][1])), "%zu", i);
        ck_assert_msg(json_string_equal(string_of(same[i][1]), string_of(same[i][0])), "%zu", i);
    }
    static const char *const different[][2] = {
        {"uid", "ui"},
        {"uid", "\\u0075i"},
        {"uid", "\\u0075idx"},
        {"uid", "\\u0055id"},
        {"", "\\u0000"},
        {"n", "\\n"},
        {"u0061", "\\u0061"},
        {"\\\\u0061", "a"},
        {"\\ud83d\\ude00", "\\ud83d\\ude01"},
        {"", "a"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(different); i++) {
        struct json_string a = string_of(different[i][0]), b = string_of(different[i][1]);
        ck_assert_msg(!json_string_equal(a, b) && !json_string_equal(b, a), "%zu", i);
    }
}
END_TEST

START_TEST(strings_are_compared_with_plain_text)
{
    ck_assert(json_string_is(string_of("uid"), "uid"));
    ck_assert(json_string_is(string_of("\\u0075id"), "uid"));
    ck_assert(json_string_is(string_of("a\\\\n"), "a\\n"));
    ck_assert(!json_string_is(string_of("a\\n"), "a\\n"));
    ck_assert(!json_string_is(string_of("uid"), "UID"));
    ck_assert(!json_string_is(string_of("uid\\u0000"), "uid"));
    ck_assert(!json_string_is(string_of("\\u00ff"), "\xff")); /* a byte is no character */
}
END_TEST

START_TEST(escapes_are_resolved)
{
    cleanup_arena struct arena arena = {0};
    struct json_string plain = string_of("plain");
    ck_assert_ptr_eq(json_unescape(plain, &arena).data, plain.raw.data);
    struct slice text = json_unescape(string_of("a\\\"\\\\\\/\\b\\f\\n\\r\\tz"), &arena);
    ck_assert(slice_is(text, "a\"\\/\b\f\n\r\tz"));
    ck_assert_int_eq(text.data[text.length], '\0');
    text = json_unescape(string_of("\\u0041\\u00e4\\u20AC\\ud83d\\ude00!"), &arena);
    ck_assert(slice_is(text, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80!"));
    text = json_unescape(string_of("a\\u0000b"), &arena);
    ck_assert(slice_equal(text, (struct slice){"a\0b", 3}));
    text = json_unescape(string_of("\\udbff\\udfff\\ud800\\udc00"), &arena);
    ck_assert(slice_is(text, "\xf4\x8f\xbf\xbf\xf0\x90\x80\x80"));
}
END_TEST

START_TEST(places_have_lines_and_columns)
{
    struct json_scan scan = scan_of("{\n  \"\xc3\xa4\xf0\x9f\x98\x80\": x");
    unsigned line, column;
    ck_assert(!json_skip(&scan, NULL));
    json_scan_position(&scan, scan.at, &line, &column);
    ck_assert_uint_eq(line, 2);
    ck_assert_uint_eq(column, 9);
    json_scan_position(&scan, scan.begin, &line, &column);
    ck_assert_uint_eq(line, 1);
    ck_assert_uint_eq(column, 1);
    json_scan_position(&scan, scan.begin + 2, &line, &column);
    ck_assert_uint_eq(line, 2);
    ck_assert_uint_eq(column, 1);
}
END_TEST

SUITE("json_scan", skip_accepts_json, skip_refuses_everything_else,
      skip_finds_special_bytes_at_every_offset, skip_gives_the_text_of_the_value,
      nesting_is_bounded_when_skipped, nesting_is_bounded_when_entered, nesting_has_a_highest_limit,
      everything_can_be_read, reading_another_kind_is_a_problem, stepping_refuses_wrong_structure,
      the_first_problem_stays, a_caller_can_report_a_problem, peek_goes_by_the_first_byte,
      strings_are_compared_by_what_they_mean, strings_are_compared_with_plain_text,
      escapes_are_resolved, places_have_lines_and_columns)
