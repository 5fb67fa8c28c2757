/* UTF-16LE to UTF-8 against another way of doing it: two passes, first to code points. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/directory/utf16.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every unit by itself, then pairs joined, then what is left of surrogates replaced. */
static size_t code_points(const uint8_t *data, size_t size, uint32_t *points)
{
    size_t units = 0, count = 0;
    for (; 2 * units + 1 < size; units++)
        points[units] = (uint32_t)(data[2 * units] + 256 * data[2 * units + 1]);
    for (size_t i = 0; i < units; i++) {
        uint32_t point = points[i];
        if (point / 0x400 == 0x36 && i + 1 < units && points[i + 1] / 0x400 == 0x37)
            point = 0x10000 + point % 0x400 * 0x400 + points[++i] % 0x400;
        points[count++] = point / 0x800 == 0x1B ? 0xFFFD : point;
    }
    if (size % 2 == 1)
        points[count++] = 0xFFFD;
    return count;
}

/* From the last byte to the first. */
static size_t append(uint32_t point, uint8_t *out)
{
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length; i > 1; i--) {
        out[i - 1] = (uint8_t)(0x80 + point % 64);
        point /= 64;
    }
    out[0] = (uint8_t)(leads[length] + point);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t *points = calloc(size / 2 + 1, sizeof(*points));
    uint8_t *expected = malloc(2 * size + 4);
    cleanup_secure_buffer struct secure_buffer utf8 = {0};
    size_t length = 0;
    if (!points || !expected)
        abort();
    size_t count = code_points(data, size, points);
    for (size_t i = 0; i < count; i++)
        length += append(points[i], expected + length);
    if (utf16_to_secure_utf8(data, size, &utf8, NULL) < 0 || utf8.length != length ||
        memcmp(utf8.data, expected, length) != 0 || utf16_utf8_length(data, size) != length)
        abort();
    free(points);
    free(expected);
    return 0;
}
