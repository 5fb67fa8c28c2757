/* A tree to libyaml's emitter events. The emitter knows where a plain scalar would be cut off; that
 * it would be taken for something else than a string is decided here. */
#include "lib/document/yaml_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "lib/common/memory.h"
#include "lib/common/utf8.h"
#include "lib/document/yaml_scalar.h"

/* --- Events --------------------------------------------------------------------------------- */

static int append_output(void *context, unsigned char *data, size_t length)
{
    buffer_append(context, data, length);
    return 1;
}

/* The emitter fails only on a wrong order of events or without memory. */
static void emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    if (!made || !yaml_emitter_emit(emitter, event))
        abort();
}

static void emit_scalar(yaml_emitter_t *emitter, struct slice text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    emit(emitter, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text.data,
                                      (int)text.length, 1, 1, style));
}

/* --- Strings -------------------------------------------------------------------------------- */

/* Dates, times and numbers of base 60: strings for go-yaml v2, not for every reader of YAML 1.1. */
static bool looks_like_time(struct slice text)
{
    static const char others[] = "0123456789_:.+-TtZz ";
    if (!memchr("+-0123456789", text.data[0], 12))
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!memchr(others, text.data[i], sizeof(others) - 1))
            return false;
    return true;
}

static bool may_be_plain(struct slice text)
{
    /* Never empty: that is null. `=` is a type of its own in YAML 1.1. */
    return yaml_scalar_of_plain(text).type == YAML_SCALAR_STRING && !slice_is(text, "<<") &&
           !slice_is(text, "=") && !looks_like_time(text);
}

/* Whether a literal block keeps the text and shows it as it is: no white space at the begin or at
 * the end of a line, at most one line end at the end. The emitter itself refuses characters that
 * cannot be shown, and then quotes. */
static bool may_be_literal(struct slice text)
{
    const char *data = text.data;
    size_t length = text.length;
    if (data[0] == ' ' || data[0] == '\t' || data[0] == '\n' ||
        (length > 1 && data[length - 1] == '\n' && data[length - 2] == '\n'))
        return false;
    for (size_t i = 0; i < length; i++) {
        bool line_ends = i + 1 == length || data[i + 1] == '\n';
        if (data[i] == '\t' || data[i] == '\r' || (data[i] == ' ' && line_ends))
            return false;
    }
    return true;
}

static yaml_scalar_style_t string_style(struct slice text)
{
    if (text.length > 0 && memchr(text.data, '\n', text.length))
        return may_be_literal(text) ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    return may_be_plain(text) ? YAML_PLAIN_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
}

/* As everywhere in JSON: U+FFFD for each byte that is not UTF-8. */
static void append_valid(struct buffer *out, struct slice text)
{
    while (text.length > 0) {
        size_t valid = utf8_valid_prefix(text.data, text.length);
        buffer_append(out, text.data, valid);
        if (valid == text.length)
            return;
        buffer_append_text(out, "\xef\xbf\xbd");
        text = (struct slice){text.data + valid + 1, text.length - valid - 1};
    }
}

static void emit_string(yaml_emitter_t *emitter, struct slice text)
{
    cleanup_buffer struct buffer valid = {0};
    if (!utf8_valid(text.data, text.length)) {
        append_valid(&valid, text);
        text = (struct slice){valid.data, valid.length};
    }
    emit_scalar(emitter, text, string_style(text));
}

/* --- Values --------------------------------------------------------------------------------- */

static void emit_plain(yaml_emitter_t *emitter, const char *text)
{
    emit_scalar(emitter, slice_of(text), YAML_PLAIN_SCALAR_STYLE);
}

static void emit_node(yaml_emitter_t *emitter, const struct node *node);

static void emit_array(yaml_emitter_t *emitter, const struct node *array)
{
    yaml_event_t event;
    emit(emitter, &event,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    node_for_each (item, array)
        emit_node(emitter, item);
    emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static void emit_object(yaml_emitter_t *emitter, const struct node *object)
{
    yaml_event_t event;
    emit(emitter, &event,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
    node_for_each (member, object) {
        emit_string(emitter, member->name);
        emit_node(emitter, member);
    }
    emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static void emit_node(yaml_emitter_t *emitter, const struct node *node)
{
    char integer[32];
    switch (node->type) {
    case NODE_NULL:
        emit_plain(emitter, "null");
        return;
    case NODE_BOOLEAN:
        emit_plain(emitter, node->boolean ? "true" : "false");
        return;
    case NODE_INTEGER:
        (void)snprintf(integer, sizeof(integer), "%" PRId64, node->integer);
        emit_plain(emitter, integer);
        return;
    case NODE_NUMBER:
        emit_scalar(emitter, node->text, YAML_PLAIN_SCALAR_STYLE);
        return;
    case NODE_STRING:
        emit_string(emitter, node->text);
        return;
    case NODE_ARRAY:
        emit_array(emitter, node);
        return;
    case NODE_OBJECT:
        emit_object(emitter, node);
        return;
    }
}

void yaml_write(struct buffer *out, const struct node *node)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!yaml_emitter_initialize(&emitter))
        abort();
    yaml_emitter_set_output(&emitter, append_output, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    emit_node(&emitter, node);
    emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
}
