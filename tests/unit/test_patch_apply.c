#include "webhook/decision/patch_apply.h"

#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "tests/support/suite.h"

static struct arena arena;

static const struct node *parse(const char *text)
{
    struct error *err = NULL;
    const struct node *node = json_tree_parse(&arena, text, strlen(text), NULL, NULL, &err);
    ck_assert_msg(node != NULL, "%s: %s", text, err ? err->message : "");
    return node;
}

static const struct {
    const char *document, *patch, *result;
} applied[] = {
    {"{}", "[]", "{}"},
    /* RFC 6902 appendix A.1 to A.5, A.8, A.14 to A.16 */
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
     "{\"baz\":\"qux\",\"foo\":\"bar\"}"},
    {"{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
     "{\"foo\":[\"bar\",\"qux\",\"baz\"]}"},
    {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]",
     "{\"foo\":\"bar\"}"},
    {"{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
     "{\"foo\":[\"bar\",\"baz\"]}"},
    {"{\"baz\":\"qux\",\"foo\":\"bar\"}",
     "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
     "{\"baz\":\"boo\",\"foo\":\"bar\"}"},
    {"{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
     "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},{\"op\":\"test\",\"path\":\"/foo/1\","
     "\"value\":2}]",
     "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}"},
    {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
     "{\"/\":9,\"~1\":10}"},
    {"{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]",
     "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}"},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":[2]}]", "[2]"},
    {"{\"a\":1}",
     "[{\"op\":\"add\",\"path\":\"/a\",\"value\":{\"b\":{}}},"
     "{\"op\":\"add\",\"path\":\"/a/b/~1~0c\",\"value\":null}]",
     "{\"a\":{\"b\":{\"/~c\":null}}}"},
    {"[1,2,3]",
     "[{\"op\":\"remove\",\"path\":\"/0\"},{\"op\":\"remove\",\"path\":\"/1\"},"
     "{\"op\":\"add\",\"path\":\"/1\",\"value\":4},{\"op\":\"add\",\"path\":\"/0\","
     "\"value\":0}]",
     "[0,2,4]"},
    {"{\"\":1}", "[{\"op\":\"replace\",\"path\":\"/\",\"value\":2}]", "{\"\":2}"},
};

static const struct {
    const char *document, *patch, *part;
} refused[] = {
    {"{}", "{}", "is a list, this is an object"},
    {"{}", "[1]", "operation 1 of the JSON Patch: its \"op\""},
    {"{}", "[{\"op\":\"copy\",\"path\":\"/a\",\"from\":\"/b\"}]", "its \"op\""},
    {"{}", "[{\"op\":\"add\",\"value\":1}]", "path leads nowhere"},
    {"{}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]", "path leads nowhere"},
    {"{}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", "path leads nowhere"},
    {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", "path leads nowhere"},
    {"[]", "[{\"op\":\"add\",\"path\":\"/1\",\"value\":1}]", "path leads nowhere"},
    {"[1,2]", "[{\"op\":\"add\",\"path\":\"/01\",\"value\":1}]", "path leads nowhere"},
    {"[1,2]", "[{\"op\":\"add\",\"path\":\"/x\",\"value\":1}]", "path leads nowhere"},
    {"[1,2]", "[{\"op\":\"add\",\"path\":\"/99999999999999999999\",\"value\":1}]", "nowhere"},
    {"[1]", "[{\"op\":\"replace\",\"path\":\"/-\",\"value\":1}]", "nothing at its path"},
    {"{}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "nothing at its path"},
    {"{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", "no value"},
    {"{}", "[{\"op\":\"remove\",\"path\":\"\"}]", "whole document"},
    {"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":\"1\"}]", "another"},
    {"{}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1},{\"op\":\"remove\",\"path\":\"/b\"}]",
     "operation 2"},
};

START_TEST(applies)
{
    for (size_t i = 0; i < ARRAY_LENGTH(applied); i++) {
        const struct node *document = parse(applied[i].document);
        cleanup_buffer struct buffer out = {0}, kept = {0}, before = {0};
        json_write_canonical(&before, document);
        struct error *err = NULL;
        const struct node *result = patch_apply(&arena, document, parse(applied[i].patch), &err);
        ck_assert_msg(result != NULL, "%s: %s", applied[i].patch, err ? err->message : "");
        json_write_canonical(&out, result);
        ck_assert_str_eq(buffer_text(&out), applied[i].result);
        json_write_canonical(&kept, document);
        ck_assert_str_eq(buffer_text(&kept), buffer_text(&before));
    }
    arena_release(&arena);
}
END_TEST

START_TEST(refuses)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        cleanup_error struct error *err = NULL;
        ck_assert_ptr_null(
            patch_apply(&arena, parse(refused[i].document), parse(refused[i].patch), &err));
        ck_assert_int_eq(err->code, ERROR_INPUT);
        ck_assert_msg(strstr(err->message, refused[i].part), "%s", err->message);
    }
    arena_release(&arena);
}
END_TEST

SUITE("patch_apply", applies, refuses)
