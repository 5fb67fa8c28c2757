#include "lib/directory/guid.h"

#include <string.h>

#include "lib/common/ascii.h"

/* The wire's bytes in the order in which the text has them. */
static const unsigned char order[GUID_LENGTH] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15};

enum { TEXT_LENGTH = GUID_TEXT_SIZE - 1 };

static bool is_hyphen_at(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

int guid_decode(struct guid *guid, const void *data, size_t length, struct error **err)
{
    if (length != GUID_LENGTH)
        return error_set(err, ERROR_PROTOCOL, "%zu bytes are no GUID, which has 16", length);
    memcpy(guid->bytes, data, GUID_LENGTH);
    return 0;
}

static bool parse(struct guid *guid, struct slice text)
{
    if (text.length == TEXT_LENGTH + 2 && text.data[0] == '{' && text.data[text.length - 1] == '}')
        text = (struct slice){text.data + 1, TEXT_LENGTH};
    if (!slice_present(text) || text.length != TEXT_LENGTH)
        return false;
    size_t digits = 0;
    for (size_t i = 0; i < TEXT_LENGTH; i++) {
        char c = ascii_to_lower(text.data[i]);
        if (is_hyphen_at(i)) {
            if (c != '-')
                return false;
            continue;
        }
        if (!ascii_is_hex(c))
            return false;
        unsigned char *byte = &guid->bytes[order[digits / 2]];
        *byte = (unsigned char)(*byte << 4 | (ascii_is_digit(c) ? c - '0' : c - 'a' + 10));
        digits++;
    }
    return true;
}

int guid_parse(struct guid *guid, struct slice text, struct error **err)
{
    struct guid parsed = {0};
    if (!parse(&parsed, text))
        return error_set(err, ERROR_INPUT,
                         "not a GUID, which looks like 22c7cc8e-a5f5-489e-b576-cc2350042e7b");
    *guid = parsed;
    return 0;
}

void guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = 0;
    for (size_t i = 0; i < TEXT_LENGTH; i++) {
        if (is_hyphen_at(i)) {
            text[i] = '-';
            continue;
        }
        unsigned char byte = guid->bytes[order[digits / 2]];
        text[i] = hex[digits % 2 == 0 ? byte >> 4 : byte & 0xF];
        digits++;
    }
    text[TEXT_LENGTH] = '\0';
}

bool guid_equal(const struct guid *a, const struct guid *b)
{
    return memcmp(a->bytes, b->bytes, GUID_LENGTH) == 0;
}
