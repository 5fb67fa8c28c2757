#include "webhook/decision/patch_apply.h"

#include "lib/common/buffer.h"
#include "lib/document/json_write.h"

/* Where an operation takes place: a member or item of `parent`. */
struct target {
    struct node *parent;   /* NULL: the whole document */
    struct slice token;    /* the last token, unescaped */
    struct node *before;   /* the sibling before the target's place, or NULL for the first */
    struct node *existing; /* what is there, or NULL */
    bool at_end;           /* the place behind the last item of a list */
};

static struct slice unescape(struct arena *arena, struct slice token)
{
    char *text = arena_copy(arena, token.data, token.length);
    size_t length = 0;
    for (size_t i = 0; i < token.length; i++) {
        bool escape = token.data[i] == '~' && i + 1 < token.length;
        if (escape && (token.data[i + 1] == '0' || token.data[i + 1] == '1'))
            text[length++] = token.data[++i] == '0' ? '~' : '/';
        else
            text[length++] = token.data[i];
    }
    text[length] = '\0';
    return (struct slice){text, length};
}

/* RFC 6901: digits without a leading zero. SIZE_MAX for anything else. */
static size_t parse_index(struct slice token)
{
    size_t index = 0;
    if (token.length == 0 || token.length > 9 || (token.length > 1 && token.data[0] == '0'))
        return SIZE_MAX;
    for (size_t i = 0; i < token.length; i++) {
        if (token.data[i] < '0' || token.data[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(token.data[i] - '0');
    }
    return index;
}

static bool locate(struct target *target)
{
    struct node *parent = target->parent;
    if (parent->type == NODE_OBJECT) {
        for (struct node *child = parent->first; child; child = child->next) {
            if (slice_equal(child->name, target->token)) {
                target->existing = child;
                return true;
            }
            target->before = child;
        }
        return true;
    }
    if (parent->type != NODE_ARRAY)
        return false;
    size_t index = slice_is(target->token, "-") ? parent->count : parse_index(target->token);
    if (index > parent->count)
        return false;
    target->existing = parent->first;
    for (size_t i = 0; i < index; i++) {
        target->before = target->existing;
        target->existing = target->existing->next;
    }
    target->at_end = index == parent->count;
    return true;
}

/* Follows a pointer to its last token. */
static bool find_target(struct arena *arena, struct node *root, struct slice path,
                        struct target *target)
{
    *target = (struct target){.existing = root};
    while (path.length > 0) {
        if (path.data[0] != '/' || !target->existing)
            return false;
        const char *slash = memchr(path.data + 1, '/', path.length - 1);
        size_t length = slash ? (size_t)(slash - path.data) : path.length;
        *target = (struct target){
            .parent = target->existing,
            .token = unescape(arena, (struct slice){path.data + 1, length - 1}),
        };
        if (!locate(target))
            return false;
        path = (struct slice){path.data + length, path.length - length};
    }
    return true;
}

static void unlink_existing(struct target *target)
{
    struct node *parent = target->parent, *node = target->existing;
    if (target->before)
        target->before->next = node->next;
    else
        parent->first = node->next;
    if (parent->last == node)
        parent->last = target->before;
    parent->count--;
}

static void link_in(struct target *target, struct node *node)
{
    struct node *parent = target->parent;
    struct node **slot = target->before ? &target->before->next : &parent->first;
    node->name = parent->type == NODE_OBJECT ? target->token : (struct slice){0};
    node->next = *slot;
    *slot = node;
    if (!node->next)
        parent->last = node;
    parent->count++;
}

static bool is_equal(const struct node *a, const struct node *b)
{
    cleanup_buffer struct buffer left = {0}, right = {0};
    json_write_canonical(&left, a);
    json_write_canonical(&right, b);
    return left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
}

/* A static text of what does not fit, or NULL. */
static const char *apply_one(struct arena *arena, struct node **root, const struct node *operation)
{
    struct slice name = node_text(operation, "op"), path = node_text(operation, "path");
    const struct node *value = node_member(operation, "value");
    struct target target;
    bool add = slice_is(name, "add"), replace = slice_is(name, "replace");
    bool test = slice_is(name, "test");
    if (!add && !replace && !test && !slice_is(name, "remove"))
        return "its \"op\" is not one of add, remove, replace, test";
    if (!slice_present(path) || !find_target(arena, *root, path, &target))
        return "its path leads nowhere";
    if ((add || replace || test) && !value)
        return "it has no value";
    if (!add && !target.existing)
        return "there is nothing at its path";
    if (test)
        return is_equal(target.existing, value) ? NULL : "the value at its path is another";
    if (!target.parent) {
        if (!value)
            return "it would remove the whole document";
        *root = node_copy(arena, value);
        return NULL;
    }
    /* An item is inserted before what is there; a member takes its place. */
    if (target.existing && (!add || target.parent->type == NODE_OBJECT))
        unlink_existing(&target);
    if (value)
        link_in(&target, node_copy(arena, value));
    return NULL;
}

struct node *patch_apply(struct arena *arena, const struct node *document, const struct node *patch,
                         struct error **err)
{
    struct node *root = node_copy(arena, document);
    size_t number = 0;
    if (patch->type != NODE_ARRAY) {
        error_set(err, ERROR_INPUT, "a JSON Patch is a list, this is %s", node_type_name(patch));
        return NULL;
    }
    node_for_each (operation, patch) {
        const char *problem = apply_one(arena, &root, operation);
        number++;
        if (problem) {
            error_set(err, ERROR_INPUT, "operation %zu of the JSON Patch: %s", number, problem);
            return NULL;
        }
    }
    return root;
}
