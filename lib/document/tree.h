/* A document as a tree: what JSON and YAML text mean, with the place where each part stood.
 *
 * Nodes live in an arena and are never freed alone; strings are UTF-8, may hold NUL bytes where the
 * text said so, and are followed by a NUL. Members and items keep the order of the text.
 */
#ifndef GMSA_DOCUMENT_TREE_H
#define GMSA_DOCUMENT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "lib/common/slice.h"

/* Counted from 1, in characters (code points); a line of 0 means that the place is not known. */
struct position {
    unsigned line;
    unsigned column;
};

enum node_type {
    NODE_NULL,
    NODE_BOOLEAN,
    NODE_INTEGER, /* fits into int64_t and was written without fraction or exponent */
    NODE_NUMBER,  /* any other number: `text` holds it as JSON writes it */
    NODE_STRING,
    NODE_ARRAY,
    NODE_OBJECT,
};

struct node {
    enum node_type type;
    struct position position; /* where the value begins */
    bool boolean;
    int64_t integer;
    struct slice text;         /* NODE_STRING, NODE_NUMBER */
    struct node *first, *last; /* NODE_ARRAY, NODE_OBJECT */
    size_t count;              /* number of items or members */
    /* As part of an array or object: */
    struct slice name;             /* member name; absent in an array */
    struct position name_position; /* where the name begins */
    struct node *next;             /* next item or member */
};

/* Bounds for text from outside. Zero means the default. */
struct tree_limits {
    size_t depth; /* nested arrays and objects; default 100, at most TREE_DEPTH_MAX */
    size_t nodes; /* nodes of one document, after aliases are followed; default 1,000,000 */
};

/* Trees are walked by recursion, so none may be deeper. */
enum { TREE_DEPTH_MAX = 512 };

/* The limits with defaults filled in and the depth kept in bounds; NULL means all defaults. */
struct tree_limits tree_limits_effective(const struct tree_limits *limits);

#define node_for_each(child, parent)                                                               \
    for (const struct node *child = (parent)->first; child; child = (child)->next)

/* The member of that exact name, or NULL: also where `object` is NULL or no object. */
const struct node *node_member(const struct node *object, const char *name);
/* The text of the string member of that name; absent where it is missing or no string. */
struct slice node_text(const struct node *object, const char *name);
/* "null", "a boolean", "a number", "a string", "a list", "an object": for messages. */
const char *node_type_name(const struct node *node);

/* The members of an object in the order of their names' bytes; members of the same name keep their
 * order. Owned by the caller (free); object->count long. */
const struct node **node_sorted_members(const struct node *object) __attribute__((returns_nonnull));
/* The first member whose name an earlier one has already, or NULL. Takes n log n time whatever the
 * names are. */
const struct node *node_duplicate_member(const struct node *object);

/* For building. A node is part of one array or object only. */
struct node *node_create(struct arena *arena, enum node_type type);
struct node *node_create_text(struct arena *arena, struct slice text); /* NODE_STRING; copies */
/* Adds an item to an array, or a member whose name is set already to an object, as the last;
 * whether the name is unique is not looked at. */
void node_append(struct node *parent, struct node *child);
/* Adds a member, or replaces the one of that name in its place. The name is copied. */
void node_set_member(struct arena *arena, struct node *object, const char *name,
                     struct node *value);
/* A copy that shares no node with the original (strings are copied too); it has no name and is part
 * of nothing. */
struct node *node_copy(struct arena *arena, const struct node *node);

/* The node an RFC 6901 JSON pointer names ("" is the root), or NULL: also where `pointer` is no
 * JSON pointer, and for "-", the item behind the last. */
const struct node *node_at_pointer(const struct node *root, const char *pointer);
/* Appends "/token" to a pointer with ~ and / escaped (RFC 6901 section 3). */
struct buffer;
void pointer_append(struct buffer *pointer, struct slice token);

#endif
