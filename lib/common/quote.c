#include "lib/common/quote.h"

#include "lib/common/utf8.h"

/* Characters that a terminal or a reader does not show as what they are. */
static bool misleads(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0xA0) || code_point == 0xAD ||
           (code_point >= 0x200B && code_point <= 0x200F) ||
           (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2060 && code_point <= 0x2069) || code_point == 0xFEFF;
}

static void append_escape(struct buffer *out, uint32_t code_point)
{
    if (code_point == '\n')
        buffer_append_text(out, "\\n");
    else if (code_point == '\r')
        buffer_append_text(out, "\\r");
    else if (code_point == '\t')
        buffer_append_text(out, "\\t");
    else if (code_point < 0x100)
        buffer_append_format(out, "\\x%02x", code_point);
    else
        buffer_append_format(out, "\\u%04x", code_point);
}

/* The text up to the limit, in bytes; returns where it stopped. */
static size_t append_visible(struct buffer *out, struct slice text, size_t limit)
{
    size_t i = 0;
    while (i < text.length) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(text.data + i, text.length - i, &code_point);
        if (i + length > limit)
            break;
        if (length == 0)
            append_escape(out, (unsigned char)text.data[i]);
        else if (misleads(code_point))
            append_escape(out, code_point);
        else
            buffer_append(out, text.data + i, length);
        i += length ? length : 1;
    }
    return i;
}

const char *quote(struct arena *arena, struct slice text)
{
    cleanup_buffer struct buffer out = {0};
    buffer_append_byte(&out, '"');
    if (append_visible(&out, text, QUOTE_LENGTH_MAX) < text.length)
        buffer_append_text(&out, "...");
    buffer_append_byte(&out, '"');
    return arena_copy(arena, out.data, out.length);
}

void quote_append_visible(struct buffer *out, struct slice text)
{
    (void)append_visible(out, text, SIZE_MAX);
}
