/* What a string that the scanner has checked means: its escapes resolved. */
#include "lib/common/utf8.h"
#include "lib/document/json_token.h"

static uint32_t escaped_code_point(struct slice *rest)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = rest->data, *end = at + rest->length;
    size_t length = 2;
    uint32_t code_point = (unsigned char)at[1];
    if (at[1] == 'u') {
        int unit = json_hex4(at + 2, end);
        length = 6;
        code_point = (uint32_t)unit;
        if (json_is_high_surrogate(unit)) {
            int low = json_hex4(at + 8, end);
            length = 12;
            code_point = 0x10000 + (((uint32_t)unit & 0x3ff) << 10) + ((uint32_t)low & 0x3ff);
        }
    } else {
        const char *letter = memchr(from, at[1], sizeof(from) - 1);
        if (letter)
            code_point = (unsigned char)to[letter - from];
    }
    rest->data += length;
    rest->length -= length;
    return code_point;
}

/* Takes the first code point off a string that is not empty. */
static uint32_t take_code_point(struct json_string *string)
{
    if (string->escaped && *string->raw.data == '\\')
        return escaped_code_point(&string->raw);
    uint32_t code_point;
    size_t length = utf8_decode(string->raw.data, string->raw.length, &code_point);
    if (length == 0) { /* a caller's text, not a scanned one: no code point, equal to itself */
        code_point = UINT32_MAX - (unsigned char)*string->raw.data;
        length = 1;
    }
    string->raw.data += length;
    string->raw.length -= length;
    return code_point;
}

bool json_string_equal(struct json_string a, struct json_string b)
{
    if (!a.escaped && !b.escaped)
        return slice_equal(a.raw, b.raw);
    while (a.raw.length > 0 && b.raw.length > 0)
        if (take_code_point(&a) != take_code_point(&b))
            return false;
    return a.raw.length == b.raw.length;
}

struct slice json_unescape(struct json_string string, struct arena *arena)
{
    if (!string.escaped)
        return string.raw;
    /* No escape is shorter than what it means. */
    char *text = arena_allocate(arena, string.raw.length + 1);
    struct slice rest = string.raw;
    size_t length = 0;
    while (rest.length > 0) {
        const char *escape = memchr(rest.data, '\\', rest.length);
        size_t plain = escape ? (size_t)(escape - rest.data) : rest.length;
        memcpy(text + length, rest.data, plain);
        length += plain;
        rest.data += plain;
        rest.length -= plain;
        if (escape) {
            char bytes[4];
            size_t written = utf8_encode(escaped_code_point(&rest), bytes);
            memcpy(text + length, bytes, written);
            length += written;
        }
    }
    return (struct slice){text, length};
}
