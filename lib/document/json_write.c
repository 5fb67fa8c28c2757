#include "lib/document/json_write.h"

#include <inttypes.h>

#include "lib/common/memory.h"
#include "lib/common/utf8.h"
#include "lib/document/json_number.h"

/* Whether `<`, `>`, `&` and the line separators are escaped, as for text within HTML. */
enum html { HTML_PLAIN, HTML_ESCAPED };

static void write_escape(struct buffer *out, uint32_t code_point)
{
    switch (code_point) {
    case '"':
        buffer_append_text(out, "\\\"");
        break;
    case '\\':
        buffer_append_text(out, "\\\\");
        break;
    case '\n':
        buffer_append_text(out, "\\n");
        break;
    case '\r':
        buffer_append_text(out, "\\r");
        break;
    case '\t':
        buffer_append_text(out, "\\t");
        break;
    default:
        buffer_append_format(out, "\\u%04" PRIx32, code_point);
        break;
    }
}

static bool needs_escape(uint32_t code_point, enum html html)
{
    if (code_point < 0x20 || code_point == '"' || code_point == '\\')
        return true;
    if (html == HTML_PLAIN)
        return false;
    return code_point == '<' || code_point == '>' || code_point == '&' || code_point == 0x2028 ||
           code_point == 0x2029;
}

static void write_string(struct buffer *out, struct slice text, enum html html)
{
    size_t written = 0, at = 0;
    buffer_reserve(out, text.length + 2);
    buffer_append_byte(out, '"');
    while (at < text.length) {
        uint32_t code_point = (unsigned char)text.data[at];
        size_t length = 1;
        if (code_point >= 0x80)
            length = utf8_decode(text.data + at, text.length - at, &code_point);
        if (length != 0 && !needs_escape(code_point, html)) {
            at += length;
            continue;
        }
        if (at > written)
            buffer_append(out, text.data + written, at - written);
        write_escape(out, length != 0 ? code_point : 0xfffd);
        at += length != 0 ? length : 1;
        written = at;
    }
    if (at > written)
        buffer_append(out, text.data + written, at - written);
    buffer_append_byte(out, '"');
}

void json_write_string(struct buffer *out, struct slice text)
{
    write_string(out, text, HTML_ESCAPED);
}

static void write_canonical_array(struct buffer *out, const struct node *array)
{
    buffer_append_byte(out, '[');
    node_for_each (item, array) {
        if (item != array->first)
            buffer_append_byte(out, ',');
        json_write_canonical(out, item);
    }
    buffer_append_byte(out, ']');
}

static void write_canonical_object(struct buffer *out, const struct node *object)
{
    cleanup_free const struct node **members = node_sorted_members(object);
    buffer_append_byte(out, '{');
    for (size_t i = 0; i < object->count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        json_write_string(out, members[i]->name);
        buffer_append_byte(out, ':');
        json_write_canonical(out, members[i]);
    }
    buffer_append_byte(out, '}');
}

void json_write_canonical(struct buffer *out, const struct node *node)
{
    switch (node->type) {
    case NODE_BOOLEAN:
        buffer_append_text(out, node->boolean ? "true" : "false");
        break;
    case NODE_INTEGER:
        buffer_append_format(out, "%" PRId64, node->integer);
        break;
    case NODE_NUMBER:
        json_write_number(out, node->text.data);
        break;
    case NODE_STRING:
        json_write_string(out, node->text);
        break;
    case NODE_ARRAY:
        write_canonical_array(out, node);
        break;
    case NODE_OBJECT:
        write_canonical_object(out, node);
        break;
    case NODE_NULL:
    default:
        buffer_append_text(out, "null");
        break;
    }
}

static void start_line(struct buffer *out, unsigned level)
{
    buffer_append_byte(out, '\n');
    for (unsigned i = 0; i < level; i++)
        buffer_append_text(out, "  ");
}

static void write_pretty(struct buffer *out, const struct node *node, unsigned level);

/* An array or object that is not empty. */
static void write_pretty_parts(struct buffer *out, const struct node *parent, unsigned level)
{
    bool object = parent->type == NODE_OBJECT;
    buffer_append_byte(out, object ? '{' : '[');
    node_for_each (part, parent) {
        if (part != parent->first)
            buffer_append_byte(out, ',');
        start_line(out, level + 1);
        if (object) {
            write_string(out, part->name, HTML_PLAIN);
            buffer_append_text(out, ": ");
        }
        write_pretty(out, part, level + 1);
    }
    start_line(out, level);
    buffer_append_byte(out, object ? '}' : ']');
}

static void write_pretty(struct buffer *out, const struct node *node, unsigned level)
{
    if (node->type == NODE_STRING)
        write_string(out, node->text, HTML_PLAIN);
    else if (node->type == NODE_NUMBER)
        buffer_append(out, node->text.data, node->text.length);
    else if (node->count > 0)
        write_pretty_parts(out, node, level);
    else
        json_write_canonical(out, node);
}

void json_write_pretty(struct buffer *out, const struct node *node)
{
    write_pretty(out, node, 0);
}
