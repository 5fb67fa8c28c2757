#include "lib/document/json_split.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* What came out, each object on a line of its own. */
static int collect(struct slice json, void *context, struct error **err)
{
    (void)err;
    buffer_append(context, json.data, json.length);
    buffer_append_byte(context, '\n');
    return 0;
}

static int refuse(struct slice json, void *context, struct error **err)
{
    (void)json;
    (void)context;
    return error_set(err, ERROR_INPUT, "not wanted");
}

enum { FRAME_LIMIT = 200, OBJECT_LIMIT = 60 };

static struct json_split split_of(const char *list, json_split_object *object, void *context)
{
    return (struct json_split){.settings = {list, OBJECT_LIMIT, FRAME_LIMIT, object, context}};
}

/* In pieces that end at `first` and `second`, each in memory of its own, so that reading beyond
 * one shows. Returns the error, or NULL. */
static struct error *split_at(const char *list, const char *text, size_t first, size_t second,
                              struct buffer *objects, struct buffer *frame)
{
    struct error *error = NULL;
    cleanup_json_split struct json_split split = split_of(list, collect, objects);
    const size_t ends[] = {first, second, strlen(text)};
    size_t begin = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(ends) && !error; i++) {
        cleanup_free char *piece = xmalloc(ends[i] - begin + 1);
        memcpy(piece, text + begin, ends[i] - begin);
        (void)json_split_feed(&split, (struct slice){piece, ends[i] - begin}, &error);
        begin = ends[i];
    }
    struct slice rest = {0};
    if (!error && json_split_end(&split, &rest, &error) == 0)
        buffer_append(frame, rest.data, rest.length);
    return error;
}

/* One text at every pair of places. `objects` is NULL where it must be refused. */
static void check_everywhere(const char *list, const char *text, const char *objects,
                             const char *frame, const char *message)
{
    size_t length = strlen(text);
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second++) {
            cleanup_buffer struct buffer out = {0}, rest = {0};
            cleanup_error struct error *error = split_at(list, text, first, second, &out, &rest);
            if (objects) {
                ck_assert_msg(!error, "%s at %zu and %zu: %s", text, first, second, error->message);
                ck_assert_str_eq(buffer_text(&out), objects);
                ck_assert_str_eq(buffer_text(&rest), frame);
            } else {
                ck_assert_msg(error != NULL, "%s at %zu and %zu", text, first, second);
                ck_assert_int_eq(error->code, ERROR_PROTOCOL);
                ck_assert_str_eq(error->message, message);
            }
        }
    }
}

START_TEST(a_list_is_split_wherever_the_pieces_end)
{
    static const struct {
        const char *text, *objects, *frame;
    } rows[] = {
        {"{\"kind\":\"L\",\"metadata\":{\"continue\":\"c\"},\"items\":[{\"a\":1},{\"b\":[{}]}]}",
         "{\"a\":1}\n{\"b\":[{}]}\n",
         "{\"kind\":\"L\",\"metadata\":{\"continue\":\"c\"},\"items\":[]}"},
        {" { \"items\" : [ { \"a\" : 1 } , { } ] , \"z\" : \"] }\" } \n", "{ \"a\" : 1 }\n{ }\n",
         "{\"items\":[],\"z\":\"] }\"}"},
        {"{\"items\":[{\"q\":\"}\\\"{\\\\\"}],\"m\":{\"items\":[1]}}", "{\"q\":\"}\\\"{\\\\\"}\n",
         "{\"items\":[],\"m\":{\"items\":[1]}}"},
        {"{\"items\":[]}", "", "{\"items\":[]}"},
        {"{\"items\":null}", "", "{\"items\":null}"},
        {"{\"x\":\"items\",\"y\":[[2]]}", "", "{\"x\":\"items\",\"y\":[[2]]}"},
        {"{\"x\":[\"items\"],\"items\\u0020\":[3]}", "",
         "{\"x\":[\"items\"],\"items\\u0020\":[3]}"},
        {"{}", "", "{}"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_everywhere("items", rows[i].text, rows[i].objects, rows[i].frame, NULL);
}
END_TEST

START_TEST(a_stream_is_split_wherever_the_pieces_end)
{
    check_everywhere(NULL, "{\"a\":1}{\"b\":\"\\\"}\"}\n\n {\"c\":{}}\n",
                     "{\"a\":1}\n{\"b\":\"\\\"}\"}\n{\"c\":{}}\n", "", NULL);
    check_everywhere(NULL, "", "", "", NULL);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
    static const char behind[] = "expected ',' or ']' after an object of the list";
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "the text ends too early"},
        {"[{}]", "expected an object"},
        {"{\"items\":[{}", "the text ends too early"},
        {"{\"items\":[{\"a\":1", "the text ends too early"},
        {"{\"items\":[{}]", "the text ends too early"},
        {"{\"items\":[{},]}", "expected an object"},
        {"{\"items\":[,{}]}", "expected an object"},
        {"{\"items\":[{}{}]}", behind},
        {"{\"items\":[{}}}", behind},
        {"{\"items\":[1]}", "expected an object"},
        {"{\"items\":[\"{}\"]}", "expected an object"},
        {"{\"items\":[{]]}", "expected the name of a member, in double quotes"},
        {"{\"items\":[{\"a\":1]]}", "expected ',' or '}' after a member"},
        {"{\"items\":[{\"a\":01}]}", "a number must not begin with 0"},
        {"{\"items\":[]}}", "more text after the end"},
        {"{\"items\":[]} x", "more text after the end"},
        {"{\"items\" [{}]}", "expected ':' after the name of a member"},
        {"{\"items\":[],}", "expected the name of a member, in double quotes"},
        {"{\"a\":[}]", "expected a value"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_everywhere("items", rows[i].text, NULL, NULL, rows[i].message);
}
END_TEST

START_TEST(what_is_no_stream_of_objects_is_refused)
{
    check_everywhere(NULL, "{} 1", NULL, NULL, "expected an object");
    check_everywhere(NULL, "{},{}", NULL, NULL, "expected an object");
    check_everywhere(NULL, "{\"a\":{}", NULL, NULL, "the text ends too early");
    check_everywhere(NULL, "{}]", NULL, NULL, "expected an object");
}
END_TEST

/* An object, or a frame, of `length` bytes. */
static char *text_of_length(const char *before, size_t length, const char *behind)
{
    int fill = (int)(length - strlen(before) - strlen(behind));
    return xasprintf("%s%0*d%s", before, fill, 0, behind);
}

START_TEST(objects_are_bounded)
{
    cleanup_free char *object = text_of_length("{\"a\":\"", OBJECT_LIMIT, "\"}");
    cleanup_free char *larger = text_of_length("{\"a\":\"", OBJECT_LIMIT + 1, "\"}");
    cleanup_free char *fits = xasprintf("{\"items\":[%s]}", object);
    cleanup_free char *exceeds = xasprintf("{\"items\":[%s]}", larger);
    cleanup_free char *line = xasprintf("%s\n", object);
    check_everywhere("items", fits, line, "{\"items\":[]}", NULL);
    check_everywhere(NULL, object, line, "", NULL);
    check_everywhere("items", exceeds, NULL, NULL, "an object is larger than 60 bytes");
    check_everywhere(NULL, larger, NULL, NULL, "an object is larger than 60 bytes");
}
END_TEST

START_TEST(what_stands_around_a_list_is_bounded)
{
    cleanup_free char *fits = text_of_length("{\"items\":[],\"a\":\"", FRAME_LIMIT, "\"}");
    cleanup_free char *exceeds = text_of_length("{\"items\":[],\"a\":\"", FRAME_LIMIT + 1, "\"}");
    check_everywhere("items", fits, "", fits, NULL);
    check_everywhere("items", exceeds, NULL, NULL, "there are more than 200 bytes around the list");
}
END_TEST

START_TEST(the_receiver_can_stop_it)
{
    cleanup_error struct error *error = NULL;
    cleanup_json_split struct json_split split = split_of(NULL, refuse, NULL);
    ck_assert_int_eq(json_split_feed(&split, slice_of("{}{}"), &error), -1);
    ck_assert_str_eq(error->message, "not wanted");
}
END_TEST

SUITE("json_split", a_list_is_split_wherever_the_pieces_end,
      a_stream_is_split_wherever_the_pieces_end, what_is_no_list_is_refused,
      what_is_no_stream_of_objects_is_refused, objects_are_bounded,
      what_stands_around_a_list_is_bounded, the_receiver_can_stop_it)
