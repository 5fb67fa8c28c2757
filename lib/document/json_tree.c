#include "lib/document/json_tree.h"

#include "lib/common/quote.h"
#include "lib/document/json_scan.h"

_Static_assert((int)TREE_DEPTH_MAX <= (int)JSON_DEPTH_MAX, "the scanner is the first bound");

struct parser {
    struct json_scan scan;
    struct json_place place; /* how far lines and columns have been counted */
    struct arena *arena;
    size_t nodes_left;
    struct node *open[TREE_DEPTH_MAX]; /* arrays and objects that are being read */
    size_t depth;
    struct position where; /* of the failure */
    struct error **err;
};

static struct position position_of(struct parser *parser, const char *at)
{
    json_place_advance(&parser->place, at);
    return (struct position){parser->place.line, parser->place.column};
}

static int fail_at_scan(struct parser *parser)
{
    parser->where = position_of(parser, parser->scan.at);
    return error_set(parser->err, ERROR_INPUT, "%s", parser->scan.problem);
}

static int fail_duplicate(struct parser *parser, const struct node *member)
{
    parser->where = member->name_position;
    return error_set(parser->err, ERROR_INPUT, "duplicate key %s",
                     quote(parser->arena, member->name));
}

/* A copy of the string's text in the arena. */
static struct slice take_text(struct parser *parser, struct json_string string)
{
    struct slice text = json_unescape(string, parser->arena);
    return string.escaped ? text : arena_copy_slice(parser->arena, text);
}

static bool parse_integer(struct slice text, int64_t *value)
{
    bool negative = text.data[0] == '-';
    int64_t sum = 0;
    for (size_t i = negative ? 1 : 0; i < text.length; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9) /* a fraction or an exponent */
            return false;
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

static bool parse_number(struct parser *parser, struct node *node)
{
    struct slice text;
    if (!json_read_number(&parser->scan, &text))
        return false;
    if (parse_integer(text, &node->integer)) {
        node->type = NODE_INTEGER;
    } else {
        node->type = NODE_NUMBER;
        node->text = arena_copy_slice(parser->arena, text);
    }
    return true;
}

static bool parse_string(struct parser *parser, struct node *node)
{
    struct json_string string;
    if (!json_read_string(&parser->scan, &string))
        return false;
    node->type = NODE_STRING;
    node->text = take_text(parser, string);
    return true;
}

static bool open_container(struct parser *parser, struct node *node, enum node_type type)
{
    bool entered =
        type == NODE_OBJECT ? json_enter_object(&parser->scan) : json_enter_array(&parser->scan);
    if (!entered)
        return false;
    node->type = type;
    parser->open[parser->depth++] = node;
    return true;
}

/* Fills the node with the value that comes next; an array or object is only opened. */
static bool parse_value(struct parser *parser, struct node *node)
{
    switch (json_peek(&parser->scan)) {
    case JSON_OBJECT:
        return open_container(parser, node, NODE_OBJECT);
    case JSON_ARRAY:
        return open_container(parser, node, NODE_ARRAY);
    case JSON_STRING:
        return parse_string(parser, node);
    case JSON_NUMBER:
        return parse_number(parser, node);
    case JSON_TRUE:
    case JSON_FALSE:
        node->type = NODE_BOOLEAN;
        return json_read_boolean(&parser->scan, &node->boolean);
    case JSON_NULL:
        node->type = NODE_NULL;
        return json_read_null(&parser->scan);
    case JSON_INVALID:
    default:
        return json_skip(&parser->scan, NULL); /* which says what is wrong */
    }
}

/* Creates the node of the next member or item of what is innermost, closing what has ended. NULL
 * without a problem means that all has ended. */
static int next_node(struct parser *parser, struct node **node)
{
    *node = NULL;
    while (parser->depth > 0) {
        struct node *parent = parser->open[parser->depth - 1];
        struct json_string name = {0};
        bool more = parent->type == NODE_OBJECT ? json_next_member(&parser->scan, &name)
                                                : json_next_item(&parser->scan);
        if (parser->scan.problem)
            return fail_at_scan(parser);
        if (more) {
            *node = node_create(parser->arena, NODE_NULL);
            if (parent->type == NODE_OBJECT) {
                (*node)->name_position = position_of(parser, name.raw.data - 1);
                (*node)->name = take_text(parser, name);
            }
            node_append(parent, *node);
            return 0;
        }
        parser->depth--;
        if (parent->type == NODE_OBJECT) {
            const struct node *duplicate = node_duplicate_member(parent);
            if (duplicate)
                return fail_duplicate(parser, duplicate);
        }
    }
    return 0;
}

static int parse_document(struct parser *parser, struct node *root)
{
    for (struct node *node = root; node;) {
        (void)json_peek(&parser->scan); /* skips white space */
        node->position = position_of(parser, parser->scan.at);
        if (parser->nodes_left-- == 0) {
            parser->where = node->position;
            return error_set(parser->err, ERROR_INPUT, "too many values in one document");
        }
        if (!parse_value(parser, node))
            return fail_at_scan(parser);
        if (next_node(parser, &node) < 0)
            return -1;
    }
    return json_expect_end(&parser->scan) ? 0 : fail_at_scan(parser);
}

struct node *json_tree_parse(struct arena *arena, const char *text, size_t length,
                             const struct tree_limits *limits, struct position *where,
                             struct error **err)
{
    struct tree_limits effective = tree_limits_effective(limits);
    struct parser parser = {
        .scan = json_scan_of(text, length, (unsigned)effective.depth),
        .place = {text, 1, 1},
        .arena = arena,
        .nodes_left = effective.nodes,
        .err = err,
    };
    struct node *root = node_create(arena, NODE_NULL);
    if (parse_document(&parser, root) < 0) {
        if (where)
            *where = parser.where;
        return NULL;
    }
    return root;
}
