#include "webhook/report/nodes.h"

#include "lib/document/json_write.h"

void report_set_text(struct arena *arena, struct node *object, const char *name, struct slice text)
{
    if (slice_present(text))
        node_set_member(arena, object, name, node_create_text(arena, text));
}

void report_set_boolean(struct arena *arena, struct node *object, const char *name, bool value)
{
    struct node *node = node_create(arena, NODE_BOOLEAN);
    node->boolean = value;
    node_set_member(arena, object, name, node);
}

void report_set_count(struct arena *arena, struct node *object, const char *name, size_t value)
{
    struct node *node = node_create(arena, NODE_INTEGER);
    node->integer = (int64_t)value;
    node_set_member(arena, object, name, node);
}

struct node *report_set_list(struct arena *arena, struct node *object, const char *name)
{
    struct node *list = node_create(arena, NODE_ARRAY);
    node_set_member(arena, object, name, list);
    return list;
}

struct node *report_add_object(struct arena *arena, struct node *list)
{
    struct node *object = node_create(arena, NODE_OBJECT);
    node_append(list, object);
    return object;
}

void report_write_json(struct buffer *out, const struct node *root)
{
    json_write_pretty(out, root);
    if (out->length > 0 && out->data[out->length - 1] != '\n')
        buffer_append_byte(out, '\n');
}
