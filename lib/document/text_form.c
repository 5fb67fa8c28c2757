#include "lib/document/text_form.h"

#include "lib/common/utf8.h"
#include "lib/document/json_scan.h"

enum { SAMPLE = 1024 };

/* ASCII in UTF-16 has a zero in every second byte. */
static bool has_zeros_of_utf16(struct slice text)
{
    size_t zeros[2] = {0, 0};
    size_t length = text.length > SAMPLE ? SAMPLE : text.length;
    for (size_t i = 0; i < length; i++)
        if (text.data[i] == '\0')
            zeros[i % 2]++;
    size_t more = zeros[0] > zeros[1] ? zeros[0] : zeros[1];
    size_t fewer = zeros[0] > zeros[1] ? zeros[1] : zeros[0];
    return length >= 4 && more >= length / 4 && fewer <= more / 8;
}

static struct position position_in(struct slice text, size_t offset)
{
    struct json_place place = {text.data, 1, 1};
    json_place_advance(&place, text.data + offset);
    return (struct position){place.line, place.column};
}

int text_form_check(struct slice text, struct position *where, struct error **err)
{
    *where = (struct position){0};
    if (slice_starts_with(text, "\xff\xfe") || slice_starts_with(text, "\xfe\xff") ||
        has_zeros_of_utf16(text))
        return error_set(err, ERROR_INPUT,
                         "the file is UTF-16; save it as UTF-8 (PowerShell: Set-Content -Encoding "
                         "utf8)");
    const char *zero = text.length ? memchr(text.data, '\0', text.length) : NULL;
    size_t valid = utf8_valid_prefix(text.data, text.length);
    if (zero && (size_t)(zero - text.data) <= valid) {
        *where = position_in(text, (size_t)(zero - text.data));
        return error_set(err, ERROR_INPUT,
                         "this is not a text file: it holds a zero byte; name a "
                         "JSON or YAML file");
    }
    if (valid == text.length)
        return 0;
    *where = position_in(text, valid);
    return error_set(err, ERROR_INPUT, "the byte 0x%02x is not UTF-8; save the file as UTF-8",
                     (unsigned)(unsigned char)text.data[valid]);
}

struct slice text_form_skip_mark(struct slice text)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (!slice_starts_with(text, mark))
        return text;
    return (struct slice){text.data + strlen(mark), text.length - strlen(mark)};
}
