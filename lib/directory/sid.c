#include "lib/directory/sid.h"

#include <stdio.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/directory/little_endian.h"

enum { REVISION = 1, HEAD = 8 };
#define AUTHORITY_MAX ((UINT64_C(1) << 48) - 1)

size_t sid_read(struct sid *sid, const void *data, size_t length)
{
    const unsigned char *byte = data;
    if (length < HEAD || byte[0] != REVISION || byte[1] > SID_PARTS_MAX)
        return 0;
    size_t count = byte[1], size = HEAD + 4 * count;
    if (length < size)
        return 0;
    *sid = (struct sid){.count = count};
    for (size_t i = 2; i < HEAD; i++)
        sid->authority = sid->authority << 8 | byte[i];
    for (size_t i = 0; i < count; i++)
        sid->parts[i] = le32(byte + HEAD + 4 * i);
    return size;
}

int sid_decode(struct sid *sid, const void *data, size_t length, struct error **err)
{
    struct sid read;
    size_t size = sid_read(&read, data, length);
    if (size == 0 || size != length)
        return error_set(err, ERROR_PROTOCOL, "%zu bytes are no SID (MS-DTYP 2.4.2.2)", length);
    *sid = read;
    return 0;
}

size_t sid_encode(const struct sid *sid, unsigned char bytes[SID_LENGTH_MAX])
{
    bytes[0] = REVISION;
    bytes[1] = (unsigned char)sid->count;
    for (size_t i = 0; i < 6; i++)
        bytes[2 + i] = (unsigned char)(sid->authority >> (40 - 8 * i));
    for (size_t i = 0; i < 4 * sid->count; i++)
        bytes[HEAD + i] = (unsigned char)(sid->parts[i / 4] >> (8 * (i % 4)));
    return HEAD + 4 * sid->count;
}

/* Takes a decimal number without leading zeros off the front of `text`. */
static bool take_decimal(struct slice *text, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < text->length && ascii_is_digit(text->data[i]); i++) {
        unsigned digit = (unsigned)(text->data[i] - '0');
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (i == 0 || (i > 1 && text->data[0] == '0'))
        return false;
    *number = value;
    *text = (struct slice){text->data + i, text->length - i};
    return true;
}

/* "0x" and 12 hexadecimal digits, for what does not fit 32 bits; decimal else. */
static bool take_authority(struct slice *text, uint64_t *authority)
{
    enum { DIGITS = 12 };
    if (text->length < 2 || text->data[0] != '0' || ascii_to_lower(text->data[1]) != 'x')
        return take_decimal(text, UINT32_MAX, authority);
    if (text->length < 2 + DIGITS)
        return false;
    uint64_t value = 0;
    for (size_t i = 2; i < 2 + DIGITS; i++) {
        char c = ascii_to_lower(text->data[i]);
        if (!ascii_is_hex(c))
            return false;
        value = value << 4 | (unsigned)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *authority = value;
    *text = (struct slice){text->data + 2 + DIGITS, text->length - 2 - DIGITS};
    return value > UINT32_MAX;
}

static bool take(struct slice *text, const char *prefix)
{
    size_t length = strlen(prefix);
    if (!slice_present(*text) || text->length < length ||
        !slice_equal_ignoring_case((struct slice){text->data, length}, slice_of(prefix)))
        return false;
    *text = (struct slice){text->data + length, text->length - length};
    return true;
}

static bool parse(struct sid *sid, struct slice text)
{
    if (!take(&text, "S-1-") || !take_authority(&text, &sid->authority))
        return false;
    while (text.length > 0) {
        uint64_t part;
        if (sid->count == SID_PARTS_MAX || !take(&text, "-") ||
            !take_decimal(&text, UINT32_MAX, &part))
            return false;
        sid->parts[sid->count++] = (uint32_t)part;
    }
    return sid->authority <= AUTHORITY_MAX;
}

int sid_parse(struct sid *sid, struct slice text, struct error **err)
{
    struct sid parsed = {0};
    if (!parse(&parsed, text))
        return error_set(err, ERROR_INPUT, "not a SID, which looks like S-1-5-21-1-2-3");
    *sid = parsed;
    return 0;
}

void sid_format(const struct sid *sid, char text[SID_TEXT_SIZE])
{
    /* Longest: "S-1-0x", 12 digits, 15 times "-" and 10 digits: 183 characters. */
    unsigned long long authority = sid->authority;
    size_t length =
        (size_t)(authority > UINT32_MAX ? snprintf(text, SID_TEXT_SIZE, "S-1-0x%012llx", authority)
                                        : snprintf(text, SID_TEXT_SIZE, "S-1-%llu", authority));
    for (size_t i = 0; i < sid->count; i++)
        length += (size_t)snprintf(text + length, SID_TEXT_SIZE - length, "-%lu",
                                   (unsigned long)sid->parts[i]);
}

bool sid_equal(const struct sid *a, const struct sid *b)
{
    return a->authority == b->authority && a->count == b->count &&
           memcmp(a->parts, b->parts, a->count * sizeof(a->parts[0])) == 0;
}

bool sid_split(const struct sid *account, struct sid *domain, uint32_t *relative)
{
    if (account->count == 0)
        return false;
    struct sid split = *account;
    split.count--;
    uint32_t last = split.parts[split.count];
    split.parts[split.count] = 0;
    if (domain)
        *domain = split;
    if (relative)
        *relative = last;
    return true;
}

bool sid_is_of_domain(const struct sid *account, const struct sid *domain)
{
    struct sid of;
    return sid_split(account, &of, NULL) && sid_equal(&of, domain);
}
