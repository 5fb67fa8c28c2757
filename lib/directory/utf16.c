#include "lib/directory/utf16.h"

#include <stdint.h>
#include <string.h>

#include "lib/common/utf8.h"

enum { REPLACEMENT = 0xFFFD };

static bool is_high(uint32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}
static bool is_low(uint32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static uint32_t unit_at(const unsigned char *text)
{
    return (uint32_t)text[0] | (uint32_t)text[1] << 8;
}

/* The character at the begin of `length` > 0 bytes; returns how many bytes it has. */
static size_t next(const unsigned char *text, size_t length, uint32_t *character)
{
    *character = REPLACEMENT;
    if (length < 2)
        return 1;
    uint32_t unit = unit_at(text);
    if (is_high(unit) && length >= 4 && is_low(unit_at(text + 2))) {
        *character = 0x10000 + ((unit - 0xD800) << 10) + (unit_at(text + 2) - 0xDC00);
        return 4;
    }
    if (!is_high(unit) && !is_low(unit))
        *character = unit;
    return 2;
}

size_t utf16_utf8_length(const void *text, size_t length)
{
    size_t sum = 0;
    for (size_t at = 0; at < length;) {
        uint32_t character;
        at += next((const unsigned char *)text + at, length - at, &character);
        sum += character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    }
    return sum;
}

size_t utf16_to_utf8(const void *text, size_t length, char *utf8)
{
    size_t sum = 0;
    for (size_t at = 0; at < length;) {
        uint32_t character;
        char encoded[4];
        at += next((const unsigned char *)text + at, length - at, &character);
        size_t size = utf8_encode(character, encoded);
        memcpy(utf8 + sum, encoded, size);
        sum += size;
        explicit_bzero(encoded, sizeof(encoded));
    }
    return sum;
}

int utf16_to_secure_utf8(const void *text, size_t length, struct secure_buffer *utf8,
                         struct error **err)
{
    if (secure_buffer_create(utf8, utf16_utf8_length(text, length), err) < 0)
        return -1;
    utf8->length = utf16_to_utf8(text, length, (char *)utf8->data);
    utf8->data[utf8->length] = '\0';
    return 0;
}

void utf16_append_utf8(const void *text, size_t length, struct buffer *utf8)
{
    buffer_reserve(utf8, utf16_utf8_length(text, length));
    utf8->length += utf16_to_utf8(text, length, utf8->data + utf8->length);
    utf8->data[utf8->length] = '\0';
}
