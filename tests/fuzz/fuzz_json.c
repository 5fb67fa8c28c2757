/* JSON read twice: our tree and our scanner against each other and against jansson.
 *
 * What may differ: jansson refuses a number beyond its range (an integer that is no long long, a
 * real that is no finite double) and a NUL in a name. Duplicate names are beyond json_skip, which
 * sees one value at a time.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/common/buffer.h"
#include "lib/document/json_scan.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "tests/support/jansson_view.h"

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum { DEPTH = 100 };

/* Whether jansson may refuse what is in the tree, or see a real where Go writes an integer. */
static bool beyond_jansson(const struct node *node)
{
    if (node->type == NODE_NUMBER)
        return true;
    if (node->name.length > 0 && memchr(node->name.data, '\0', node->name.length))
        return true;
    node_for_each (child, node) {
        if (beyond_jansson(child))
            return true;
    }
    return false;
}

static bool skip_accepts(const char *text, size_t length)
{
    struct json_scan scan = json_scan_of(text, length, DEPTH);
    struct slice raw;
    bool skipped = json_skip(&scan, &raw) && json_expect_end(&scan);
    REQUIRE(skipped == (scan.problem == NULL));
    REQUIRE(scan.at >= scan.begin && scan.at <= scan.end);
    unsigned line, column;
    json_scan_position(&scan, scan.at, &line, &column);
    REQUIRE(line >= 1 && column >= 1);
    return skipped;
}

static void write_again(struct arena *arena, const struct buffer *text, struct buffer *out)
{
    struct node *root = json_tree_parse(arena, text->data, text->length, NULL, NULL, NULL);
    REQUIRE(root);
    json_write_canonical(out, root);
}

static struct slice slice_of_buffer(const struct buffer *buffer)
{
    return (struct slice){buffer->data, buffer->length};
}

static bool same_text(const struct buffer *a, const struct buffer *b)
{
    return slice_equal(slice_of_buffer(a), slice_of_buffer(b));
}

/* Canonical text reads back as itself. "-0" is the exception: Go writes it for the float64 -0.0 and
 * reads it as the integer 0, and then it stays that. */
static void check_written(struct arena *arena, const struct node *root)
{
    cleanup_buffer struct buffer first = {0}, second = {0}, third = {0}, pretty = {0}, fourth = {0};
    json_write_canonical(&first, root);
    write_again(arena, &first, &second);
    write_again(arena, &second, &third);
    REQUIRE(same_text(&second, &third));
    REQUIRE(same_text(&first, &second) || strstr(buffer_text(&first), "-0"));
    json_write_pretty(&pretty, root);
    write_again(arena, &pretty, &fourth);
    REQUIRE(same_text(&first, &fourth));
}

/* jansson reads the text, and in our canonical text it reads the same. */
static void check_meaning(const struct node *root, struct slice text)
{
    cleanup_buffer struct buffer canonical = {0};
    json_write_canonical(&canonical, root);
    REQUIRE(jansson_accepts(text));
    REQUIRE(jansson_equal(text, slice_of_buffer(&canonical)));
}

static bool says(const struct error *error, const char *words)
{
    return strstr(error->message, words) != NULL;
}

/* Whether jansson accepts what we refuse. A raw NUL behind a number it loses, so such text does not
 * count. */
static bool only_jansson_accepts(struct slice text, const struct error *error)
{
    return !says(error, "nested too deeply") &&
           !(text.length > 0 && memchr(text.data, '\0', text.length)) && jansson_accepts(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    const char *text = (const char *)data;
    struct position where = {0};
    bool skipped = skip_accepts(text, size);
    struct node *root = json_tree_parse(&arena, text, size, NULL, &where, &error);
    REQUIRE((root == NULL) == (error != NULL));
    REQUIRE(root || (where.line >= 1 && where.column >= 1));
    REQUIRE(root ? skipped : !skipped || says(error, "duplicate key "));
    if (!root) {
        REQUIRE(!only_jansson_accepts((struct slice){text, size}, error));
    } else {
        check_written(&arena, root);
        if (!beyond_jansson(root))
            check_meaning(root, (struct slice){text, size});
    }
    return 0;
}
