#include "lib/common/base64.h"

#include <stdint.h>
#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct buffer *out, const void *data, size_t length, const char *alphabet,
                   bool padded)
{
    const unsigned char *bytes = data;
    buffer_reserve(out, length / 3 * 4 + 4);
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        char text[4];
        for (size_t k = 0; k < 4; k++)
            text[k] = k <= left ? alphabet[(group >> (18 - 6 * k)) & 63] : '=';
        buffer_append(out, text, padded ? 4 : left + 1);
    }
}

void base64_encode(struct buffer *out, const void *data, size_t length)
{
    encode(out, data, length, standard, true);
}

void base64url_encode(struct buffer *out, const void *data, size_t length)
{
    encode(out, data, length, url, false);
}

/* The six bits of a digit of the standard alphabet, or 64. */
static uint32_t standard_digit(char c)
{
    const char *found = c ? memchr(standard, c, sizeof(standard) - 1) : NULL;
    return found ? (uint32_t)(found - standard) : 64;
}

bool base64_decode(struct slice text, void *out, size_t capacity, size_t *length)
{
    unsigned char *bytes = out;
    uint32_t group = 0;
    size_t digits = 0, padding = 0;
    *length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '\n' || c == '\r')
            continue;
        bool pads = c == '=' && digits % 4 >= 2;
        uint32_t bits = pads ? 0 : standard_digit(c);
        if (bits > 63 || (padding > 0 && (!pads || digits % 4 == 0)))
            return false;
        padding += pads;
        group = group << 6 | bits;
        if (++digits % 4 != 0)
            continue;
        for (size_t k = 0; k < 3 - padding; k++) {
            if (*length >= capacity)
                return false;
            bytes[(*length)++] = (unsigned char)(group >> (16 - 8 * k));
        }
    }
    return digits % 4 == 0;
}

/* The six bits of a digit, or 64. */
static uint32_t digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '-' ? 62 : c == '_' ? 63 : 64;
}

bool base64url_decode(struct buffer *out, struct slice text)
{
    if (text.length % 4 == 1)
        return false;
    size_t before = out->length;
    buffer_reserve(out, text.length / 4 * 3 + 3);
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint32_t value = digit(text.data[i]);
        if (value == 64) {
            group = 1;
            break;
        }
        group = group << 6 | value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buffer_append_byte(out, (char)(group >> bits));
            group &= (1U << bits) - 1;
        }
    }
    if (group == 0)
        return true;
    out->length = before;
    out->data[before] = '\0';
    return false;
}
