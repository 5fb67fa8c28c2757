#include "lib/document/tree.h"

#include "lib/common/buffer.h"
#include "lib/common/memory.h"

struct tree_limits tree_limits_effective(const struct tree_limits *limits)
{
    struct tree_limits effective = {0};
    if (limits)
        effective = *limits;
    if (effective.depth == 0)
        effective.depth = 100;
    if (effective.depth > TREE_DEPTH_MAX)
        effective.depth = TREE_DEPTH_MAX;
    if (effective.nodes == 0)
        effective.nodes = 1000000;
    return effective;
}

/* --- Looking ------------------------------------------------------------------------------- */

static struct node *find_member(const struct node *object, struct slice name)
{
    if (!object || object->type != NODE_OBJECT)
        return NULL;
    for (struct node *member = object->first; member; member = member->next)
        if (slice_equal(member->name, name))
            return member;
    return NULL;
}

const struct node *node_member(const struct node *object, const char *name)
{
    return find_member(object, slice_of(name));
}

struct slice node_text(const struct node *object, const char *name)
{
    const struct node *member = node_member(object, name);
    return member && member->type == NODE_STRING ? member->text : (struct slice){0};
}

const char *node_type_name(const struct node *node)
{
    switch (node->type) {
    case NODE_BOOLEAN:
        return "a boolean";
    case NODE_INTEGER:
    case NODE_NUMBER:
        return "a number";
    case NODE_STRING:
        return "a string";
    case NODE_ARRAY:
        return "a list";
    case NODE_OBJECT:
        return "an object";
    case NODE_NULL:
    default:
        return "null";
    }
}

/* --- Sorting ------------------------------------------------------------------------------- */

/* A member with its number, for qsort does not promise to keep the order of equals. */
struct numbered {
    const struct node *member;
    size_t number;
};

static int compare_numbered(const void *first, const void *second)
{
    const struct numbered *a = first, *b = second;
    int order = slice_compare(a->member->name, b->member->name);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* NULL where there are no members. */
static struct numbered *sort_members(const struct node *object)
{
    if (object->count == 0)
        return NULL;
    struct numbered *sorted = xcalloc(object->count, sizeof(*sorted));
    size_t count = 0;
    node_for_each (member, object) {
        sorted[count] = (struct numbered){member, count};
        count++;
    }
    qsort(sorted, count, sizeof(*sorted), compare_numbered);
    return sorted;
}

const struct node **node_sorted_members(const struct node *object)
{
    cleanup_free struct numbered *sorted = sort_members(object);
    const struct node **members = xcalloc(object->count + 1, sizeof(*members));
    for (size_t i = 0; i < object->count; i++)
        members[i] = sorted[i].member;
    return members;
}

const struct node *node_duplicate_member(const struct node *object)
{
    cleanup_free struct numbered *sorted = sort_members(object);
    const struct numbered *first = NULL;
    for (size_t i = 1; i < object->count; i++) {
        if (slice_equal(sorted[i - 1].member->name, sorted[i].member->name) &&
            (!first || sorted[i].number < first->number))
            first = &sorted[i];
    }
    return first ? first->member : NULL;
}

/* --- Building ------------------------------------------------------------------------------ */

struct node *node_create(struct arena *arena, enum node_type type)
{
    struct node *node = arena_allocate(arena, sizeof(*node));
    node->type = type;
    return node;
}

struct node *node_create_text(struct arena *arena, struct slice text)
{
    struct node *node = node_create(arena, NODE_STRING);
    node->text = (struct slice){arena_copy(arena, text.data, text.length), text.length};
    return node;
}

void node_append(struct node *parent, struct node *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

/* Puts `new` where `old` stands. */
static void replace_member(struct node *object, const struct node *old, struct node *new)
{
    struct node *before = NULL;
    for (struct node *member = object->first; member != old; member = member->next)
        before = member;
    if (before)
        before->next = new;
    else
        object->first = new;
    if (object->last == old)
        object->last = new;
    new->next = old->next;
    new->name = old->name;
    new->name_position = old->name_position;
}

void node_set_member(struct arena *arena, struct node *object, const char *name, struct node *value)
{
    const struct node *old = find_member(object, slice_of(name));
    if (old) {
        replace_member(object, old, value);
    } else {
        value->name = arena_copy_slice(arena, slice_of(name));
        value->name_position = (struct position){0, 0};
        node_append(object, value);
    }
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
    struct node *copy = node_create(arena, node->type);
    copy->position = node->position;
    copy->boolean = node->boolean;
    copy->integer = node->integer;
    copy->text = arena_copy_slice(arena, node->text);
    node_for_each (child, node) {
        struct node *part = node_copy(arena, child);
        part->name = arena_copy_slice(arena, child->name);
        part->name_position = child->name_position;
        node_append(copy, part);
    }
    return copy;
}

/* --- JSON pointers ------------------------------------------------------------------------- */

/* Resolves ~0 and ~1 of the token from `at` to `end`; false where a ~ stands alone. */
static bool unescape_token(const char *at, const char *end, struct buffer *token)
{
    for (; at < end; at++) {
        if (*at != '~') {
            buffer_append_byte(token, *at);
            continue;
        }
        at++;
        if (at == end || (*at != '0' && *at != '1'))
            return false;
        buffer_append_byte(token, *at == '0' ? '~' : '/');
    }
    return true;
}

/* The item whose number is written without leading zeros (RFC 6901 section 4). */
static const struct node *item_at(const struct node *array, struct slice token)
{
    if (token.length == 0 || (token.length > 1 && token.data[0] == '0'))
        return NULL;
    size_t number = 0;
    for (size_t i = 0; i < token.length; i++) {
        if (token.data[i] < '0' || token.data[i] > '9')
            return NULL;
        number = number * 10 + (size_t)(token.data[i] - '0');
        if (number >= array->count)
            return NULL;
    }
    const struct node *item = array->first;
    for (; number > 0; number--)
        item = item->next;
    return item;
}

const struct node *node_at_pointer(const struct node *root, const char *pointer)
{
    cleanup_buffer struct buffer token = {0};
    const struct node *node = root;
    while (node && *pointer) {
        if (*pointer++ != '/')
            return NULL;
        const char *end = strchrnul(pointer, '/');
        buffer_clear(&token);
        if (!unescape_token(pointer, end, &token))
            return NULL;
        struct slice name = {buffer_text(&token), token.length};
        node = node->type == NODE_ARRAY ? item_at(node, name) : find_member(node, name);
        pointer = end;
    }
    return node;
}

void pointer_append(struct buffer *pointer, struct slice token)
{
    buffer_append_byte(pointer, '/');
    for (size_t i = 0; i < token.length; i++) {
        if (token.data[i] == '~')
            buffer_append_text(pointer, "~0");
        else if (token.data[i] == '/')
            buffer_append_text(pointer, "~1");
        else
            buffer_append_byte(pointer, token.data[i]);
    }
}
