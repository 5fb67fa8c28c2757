#include "credspec/check.h"

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

struct location location_top(const char *pointer, const struct node *node)
{
    return (struct location){.pointer = pointer, .node = node};
}

struct location location_member(const struct location *parent, const char *name)
{
    return (struct location){
        .parent = parent, .name = slice_of(name), .node = node_member(parent->node, name)};
}

struct location location_child(const struct location *parent, const struct node *child,
                               size_t index)
{
    return (struct location){.parent = parent, .name = child->name, .index = index, .node = child};
}

void location_pointer(const struct location *location, struct buffer *out)
{
    if (!location->parent) {
        buffer_append_text(out, location->pointer);
        return;
    }
    location_pointer(location->parent, out);
    if (slice_present(location->name))
        pointer_append(out, location->name);
    else
        buffer_append_format(out, "/%zu", location->index);
}

static void add(struct findings *findings, enum rule_number rule, const struct location *location,
                struct position position, const char *hint, const char *format, va_list arguments)
    __attribute__((format(printf, 6, 0)));
static void add(struct findings *findings, enum rule_number rule, const struct location *location,
                struct position position, const char *hint, const char *format, va_list arguments)
{
    cleanup_buffer struct buffer pointer = {0};
    location_pointer(location, &pointer);
    findings_add(findings, rule_of(rule), buffer_text(&pointer), position, hint, format, arguments);
}

void report(struct findings *findings, enum rule_number rule, const struct location *location,
            const char *hint, const char *format, ...)
{
    const struct location *present = location;
    while (!present->node && present->parent)
        present = present->parent;
    struct position position = present->node ? present->node->position : (struct position){0};
    va_list arguments;
    va_start(arguments, format);
    add(findings, rule, location, position, hint, format, arguments);
    va_end(arguments);
}

void report_name(struct findings *findings, enum rule_number rule, const struct location *location,
                 const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(findings, rule, location, location->node->name_position, hint, format, arguments);
    va_end(arguments);
}

struct slice location_text(const struct location *location)
{
    const struct node *node = location->node;
    if (!node || node->type != NODE_STRING || node->text.length == 0)
        return (struct slice){0};
    if (node->text.data[0] == ' ' || node->text.data[node->text.length - 1] == ' ')
        return (struct slice){0};
    for (size_t i = 0; i < node->text.length; i++)
        if (ascii_is_control(node->text.data[i]))
            return (struct slice){0};
    return node->text;
}

const char *hint_format(struct findings *findings, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *text = xvasprintf(format, arguments);
    va_end(arguments);
    return arena_copy(findings->arena, text, strlen(text));
}

const char *quoted(struct findings *findings, struct slice text)
{
    return quote(findings->arena, text);
}
