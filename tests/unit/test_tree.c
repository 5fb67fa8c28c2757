#include "lib/document/tree.h"

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "tests/support/suite.h"

static struct node *parse(struct arena *arena, const char *text)
{
    struct node *root = json_tree_parse(arena, text, strlen(text), NULL, NULL, NULL);
    ck_assert_ptr_nonnull(root);
    return root;
}

static void check_tree(const struct node *node, const char *expected)
{
    cleanup_buffer struct buffer compact = {0};
    json_write_canonical(&compact, node);
    ck_assert_str_eq(buffer_text(&compact), expected);
}

START_TEST(limits_have_defaults)
{
    struct tree_limits limits = tree_limits_effective(NULL);
    ck_assert_uint_eq(limits.depth, 100);
    ck_assert_uint_eq(limits.nodes, 1000000);
    limits = tree_limits_effective(&(struct tree_limits){.depth = 7});
    ck_assert_uint_eq(limits.depth, 7);
    ck_assert_uint_eq(limits.nodes, 1000000);
    limits = tree_limits_effective(&(struct tree_limits){.depth = 100000, .nodes = 9});
    ck_assert_uint_eq(limits.depth, TREE_DEPTH_MAX);
    ck_assert_uint_eq(limits.nodes, 9);
}
END_TEST

START_TEST(members_are_found_by_name)
{
    cleanup_arena struct arena arena = {0};
    const struct node *root = parse(&arena, "{\"a\":1,\"b\":\"x\",\"\":2,\"a\\u0000\":3}");
    ck_assert_int_eq(node_member(root, "a")->integer, 1);
    ck_assert_int_eq(node_member(root, "")->integer, 2);
    ck_assert_ptr_null(node_member(root, "c"));
    ck_assert_ptr_null(node_member(root, "A"));
    ck_assert_ptr_null(node_member(NULL, "a"));
    ck_assert_ptr_null(node_member(node_member(root, "a"), "a"));
    ck_assert_ptr_null(node_member(parse(&arena, "[1]"), ""));
}
END_TEST

START_TEST(text_is_that_of_strings_only)
{
    cleanup_arena struct arena arena = {0};
    const struct node *root = parse(&arena, "{\"a\":1.5,\"b\":\"x\",\"c\":\"\"}");
    ck_assert(slice_is(node_text(root, "b"), "x"));
    ck_assert(slice_present(node_text(root, "c")) && node_text(root, "c").length == 0);
    ck_assert(!slice_present(node_text(root, "a")));
    ck_assert(!slice_present(node_text(root, "d")));
    ck_assert(!slice_present(node_text(NULL, "d")));
}
END_TEST

START_TEST(types_have_names)
{
    static const char *const cases[][2] = {
        {"null", "null"},     {"true", "a boolean"}, {"1", "a number"},   {"1.5", "a number"},
        {"\"\"", "a string"}, {"[]", "a list"},      {"{}", "an object"},
    };
    cleanup_arena struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        ck_assert_str_eq(node_type_name(parse(&arena, cases[i][0])), cases[i][1]);
}
END_TEST

START_TEST(trees_can_be_built)
{
    cleanup_arena struct arena arena = {0};
    struct node *root = node_create(&arena, NODE_OBJECT), *list = node_create(&arena, NODE_ARRAY);
    char name[] = "list", text[] = "one";
    node_append(list, node_create_text(&arena, slice_of(text)));
    node_append(list, node_create(&arena, NODE_NULL));
    node_set_member(&arena, root, name, list);
    memset(name, 'x', sizeof(name) - 1);
    memset(text, 'x', sizeof(text) - 1);
    node_set_member(&arena, root, "a", node_create(&arena, NODE_OBJECT));
    ck_assert_uint_eq(root->count, 2);
    ck_assert_uint_eq(list->count, 2);
    ck_assert_int_eq(list->first->text.data[3], '\0');
    ck_assert_uint_eq(list->position.line, 0);
    check_tree(root, "{\"a\":{},\"list\":[\"one\",null]}");
}
END_TEST

START_TEST(members_are_replaced_in_their_place)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char *const expected[] = {
        "{\n  \"a\": \"new\",\n  \"b\": 2,\n  \"c\": 3,\n  \"d\": null\n}",
        "{\n  \"a\": 1,\n  \"b\": \"new\",\n  \"c\": 3,\n  \"d\": null\n}",
        "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": \"new\",\n  \"d\": null\n}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_buffer struct buffer pretty = {0};
        struct node *root = parse(&arena, "{\"a\":1,\"b\":2,\"c\":3}");
        struct node *value = node_create_text(&arena, slice_of("new"));
        node_set_member(&arena, root, names[i], value);
        ck_assert_uint_eq(root->count, 3);
        ck_assert_uint_eq(value->name_position.column, 2 + 6 * i);
        node_set_member(&arena, root, names[i], value); /* itself: nothing changes */
        node_set_member(&arena, root, "d", node_create(&arena, NODE_NULL)); /* the end is right */
        json_write_pretty(&pretty, root);
        ck_assert_str_eq(buffer_text(&pretty), expected[i]);
    }
}
END_TEST

START_TEST(copies_share_nothing)
{
    static const char text[] = "{\"a\":[1,2.50,\"x\\u0000y\",true,null,{}],\"b\":\"\"}";
    cleanup_arena struct arena arena = {0};
    struct node *copy;
    {
        cleanup_arena struct arena first = {0};
        const struct node *original = parse(&first, text);
        copy = node_copy(&arena, original);
        ck_assert(copy->position.line == 1 && copy->first->next->name_position.column == 39);
        copy = node_copy(&arena, original->first);
        ck_assert(!slice_present(copy->name) && !copy->next);
        copy = node_copy(&arena, original);
    }
    check_tree(copy, "{\"a\":[1,2.5,\"x\\u0000y\",true,null,{}],\"b\":\"\"}");
}
END_TEST

START_TEST(members_are_sorted_by_bytes)
{
    cleanup_arena struct arena arena = {0};
    const struct node *root = parse(&arena, "{\"b\":1,\"\":2,\"ab\":3,\"\\uffff\":4,\"a\":5,"
                                            "\"\\ud83d\\ude00\":6,\"B\":7}");
    static const int expected[] = {2, 7, 5, 3, 1, 4, 6};
    cleanup_free const struct node **sorted = node_sorted_members(root);
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        ck_assert_int_eq(sorted[i]->integer, expected[i]);
    cleanup_free const struct node **none = node_sorted_members(parse(&arena, "{}"));
    ck_assert_ptr_nonnull(none);
}
END_TEST

static void append_named(struct arena *arena, struct node *object, struct slice name, int number)
{
    struct node *member = node_create(arena, NODE_INTEGER);
    member->name = name;
    member->integer = number;
    node_append(object, member);
}

START_TEST(members_of_one_name_keep_their_order)
{
    cleanup_arena struct arena arena = {0};
    struct node *root = node_create(&arena, NODE_OBJECT);
    for (int i = 0; i < 100; i++)
        append_named(&arena, root, slice_of(i % 2 ? "odd" : "even"), i);
    cleanup_free const struct node **sorted = node_sorted_members(root);
    for (size_t i = 1; i < 100; i++)
        if (i != 50)
            ck_assert_int_eq(sorted[i]->integer, sorted[i - 1]->integer + 2);
}
END_TEST

START_TEST(the_first_duplicate_is_found)
{
    cleanup_arena struct arena arena = {0};
    struct node *root = node_create(&arena, NODE_OBJECT);
    ck_assert_ptr_null(node_duplicate_member(root));
    append_named(&arena, root, slice_of("z"), 0);
    append_named(&arena, root, slice_of("a"), 1);
    append_named(&arena, root, (struct slice){"z\0", 2}, 2);
    append_named(&arena, root, slice_of(""), 3);
    ck_assert_ptr_null(node_duplicate_member(root));
    append_named(&arena, root, slice_of("z"), 4);
    append_named(&arena, root, slice_of("z"), 5);
    append_named(&arena, root, slice_of("a"), 6);
    ck_assert_int_eq(node_duplicate_member(root)->integer, 4);
}
END_TEST

START_TEST(pointers_are_followed)
{
    static const struct {
        const char *pointer, *expected; /* canonical text; NULL where there is no such node */
    } cases[] = {
        {"/a/0", "1"},
        {"/a/1/b", "\"x\""},
        {"/a~1b", "2"},
        {"/m~0n", "3"},
        {"/~01", "4"},
        {"/", "5"},
        {"/a/11", "12"},
        {"/0", "6"},
        {"/a/12", NULL},
        {"/a/-", NULL},
        {"/a/00", NULL},
        {"/a/01", NULL},
        {"/a/", NULL},
        {"/a/1x", NULL},
        {"/a/+1", NULL},
        {"/a/18446744073709551616", NULL},
        {"/a/18446744073709551617", NULL},
        {"/a/0/", NULL},
        {"a", NULL},
        {"/nothing", NULL},
        {"/nothing/0", NULL},
        {"/m~2n", NULL},
        {"/m~", NULL},
        {"/a/1/b/", NULL},
    };
    cleanup_arena struct arena arena = {0};
    const struct node *root =
        parse(&arena, "{\"a\":[1,{\"b\":\"x\"},3,4,5,6,7,8,9,10,11,12],\"a/b\":2,\"m~n\":3,"
                      "\"~1\":4,\"\":5,\"0\":6}");
    ck_assert_ptr_eq(node_at_pointer(root, ""), root);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct node *node = node_at_pointer(root, cases[i].pointer);
        ck_assert_msg((node != NULL) == (cases[i].expected != NULL), "%s", cases[i].pointer);
        if (node)
            check_tree(node, cases[i].expected);
    }
    ck_assert_ptr_null(node_at_pointer(NULL, ""));
}
END_TEST

START_TEST(pointers_are_escaped)
{
    cleanup_buffer struct buffer pointer = {0};
    pointer_append(&pointer, slice_of("metadata"));
    pointer_append(&pointer, slice_of("gmsa-identity.dev/a~b~1"));
    pointer_append(&pointer, slice_of(""));
    ck_assert_str_eq(buffer_text(&pointer), "/metadata/gmsa-identity.dev~1a~0b~01/");
}
END_TEST

SUITE("tree", limits_have_defaults, members_are_found_by_name, text_is_that_of_strings_only,
      types_have_names, trees_can_be_built, members_are_replaced_in_their_place,
      copies_share_nothing, members_are_sorted_by_bytes, members_of_one_name_keep_their_order,
      the_first_duplicate_is_found, pointers_are_followed, pointers_are_escaped)
