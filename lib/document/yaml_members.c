#include "lib/document/yaml_members.h"

#include "lib/common/memory.h"
#include "lib/common/quote.h"

void yaml_members_add(struct yaml_members *members, struct node *node, bool merged)
{
    if (members->count == members->capacity) {
        members->capacity = members->capacity ? members->capacity * 2 : 8;
        members->items =
            xreallocarray(members->items, members->capacity, sizeof(members->items[0]));
    }
    members->items[members->count] = (struct yaml_member){node, members->count, merged};
    members->count++;
}

int yaml_members_begin_merge(struct yaml_members *members, struct position position,
                             struct error **err)
{
    if (members->merge.line)
        return error_set(err, ERROR_INPUT,
                         "duplicate key \"<<\" (first at line %u); give one \"<<\" a list",
                         members->merge.line);
    members->merge = position;
    return 0;
}

void yaml_members_release(struct yaml_members *members)
{
    free(members->items);
    *members = (struct yaml_members){0};
}

static int refuse_name(const struct yaml_member *first, const struct yaml_member *second,
                       struct position *position, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    const char *name = quote(&arena, second->node->name);
    unsigned line = first->node->name_position.line;
    if (!second->merged) {
        *position = second->node->name_position;
        return error_set(err, ERROR_INPUT, "duplicate key %s (first at line %u)", name, line);
    }
    return error_set(err, ERROR_INPUT,
                     "\"<<\" merges the key %s, which stands before it at line %u; move \"<<\" "
                     "to the top",
                     name, line);
}

static int compare_members(const void *a, const void *b)
{
    const struct yaml_member *first = a, *second = b;
    int order = slice_compare(first->node->name, second->node->name);
    if (order != 0)
        return order;
    return (first->order > second->order) - (first->order < second->order);
}

static int compare_order(const void *a, const void *b)
{
    const struct yaml_member *first = a, *second = b;
    return (first->order > second->order) - (first->order < second->order);
}

/* Leaves one of the members of the same name, which are in the order of the text. */
static int settle_name(struct yaml_member *members, size_t count, struct position *position,
                       struct error **err)
{
    struct yaml_member *counts = &members[0];
    for (size_t i = 1; i < count; i++) {
        if (!counts->merged)
            return refuse_name(counts, &members[i], position, err);
        if (members[i].merged) {
            members[i].node = NULL;
        } else {
            counts->node = NULL;
            counts = &members[i];
        }
    }
    return 0;
}

int yaml_members_settle(struct yaml_members *members, struct node *object,
                        struct position *position, struct error **err)
{
    *position = members->merge;
    /* Sorting, and not a table of hashes: nobody can choose names that make it slow. */
    if (members->count > 1)
        qsort(members->items, members->count, sizeof(members->items[0]), compare_members);
    for (size_t begin = 0, end; begin < members->count; begin = end) {
        struct slice name = members->items[begin].node->name;
        for (end = begin + 1; end < members->count; end++)
            if (!slice_equal(members->items[end].node->name, name))
                break;
        if (settle_name(members->items + begin, end - begin, position, err) < 0)
            return -1;
    }
    if (members->count > 1)
        qsort(members->items, members->count, sizeof(members->items[0]), compare_order);
    for (size_t i = 0; i < members->count; i++)
        if (members->items[i].node)
            node_append(object, members->items[i].node);
    return 0;
}
