#include "lib/document/json_token.h"

#include <endian.h>

#include "lib/common/utf8.h"

/* Bytes that mean themselves inside a string. Those from 0x80 on are left out, for they need to be
 * checked for being UTF-8. */
static const bool plain_byte[256] = {
    [' ' ... '!'] = true,
    ['#' ... '['] = true,
    [']' ... 0x7f] = true,
};

/* A word with this byte in each of its eight places. */
#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Skips the bytes that mean themselves, eight at a time.
 *
 * The subtractions set the top bit of each byte that is smaller than what is subtracted. A quote
 * (0x22) flipped in bit 1 is 0x20 and so falls, with the control characters (0x00 to 0x1f, which
 * the flip only permutes), below 0x21; '!' (0x21) and the space (0x20) become 0x23 and 0x22.
 * A byte from 0x80 on keeps its top bit in the second subtraction, save 0xdc, which flipped is
 * 0x80 exactly; that one keeps it in the first. A borrow can raise false alarms only in bytes
 * behind a true one, and only the first one counts. */
static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        word = le64toh(word);
        uint64_t quote_or_control = (word ^ EIGHT(0x02)) - EIGHT(0x21);
        uint64_t backslash = (word ^ EIGHT('\\')) - EIGHT(0x01);
        uint64_t special = (quote_or_control | backslash) & EIGHT(0x80);
        if (special)
            return at + (__builtin_ctzll(special) >> 3);
        at += 8;
    }
    while (at < end && plain_byte[(unsigned char)*at])
        at++;
    return at;
}

static const char *check_unicode_escape(struct json_scan *scan, const char *at)
{
    int unit = json_hex4(at + 2, scan->end);
    if (unit < 0)
        return json_problem_at(scan, at, "expected four hexadecimal digits after \\u");
    if (json_is_low_surrogate(unit))
        return json_problem_at(scan, at, "unpaired surrogate in a \\u escape");
    if (!json_is_high_surrogate(unit))
        return at + 6;
    const char *second = at + 6;
    if (scan->end - second < 2 || second[0] != '\\' || second[1] != 'u' ||
        !json_is_low_surrogate(json_hex4(second + 2, scan->end)))
        return json_problem_at(scan, at, "unpaired surrogate in a \\u escape");
    return second + 6;
}

static const char *check_escape(struct json_scan *scan, const char *at)
{
    if (scan->end - at < 2)
        return json_problem_at(scan, at, "the text ends within a string");
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        return check_unicode_escape(scan, at);
    default:
        return json_problem_at(scan, at,
                               "unknown escape in a string (a backslash is written \\\\)");
    }
}

static const char *check_utf8(struct json_scan *scan, const char *at)
{
    while (at < scan->end && (unsigned char)*at >= 0x80) {
        uint32_t code_point;
        size_t length = utf8_decode(at, (size_t)(scan->end - at), &code_point);
        if (length == 0)
            return json_problem_at(scan, at, "invalid UTF-8");
        at += length;
    }
    return at;
}

const char *json_check_string(struct json_scan *scan, const char *at, bool *escaped)
{
    const char *quote = at++;
    *escaped = false;
    while (at) {
        at = skip_plain(at, scan->end);
        if (at == scan->end)
            return json_problem_at(scan, quote, "the string is never closed");
        if (*at == '"')
            return at + 1;
        if (*at == '\\') {
            *escaped = true;
            at = check_escape(scan, at);
        } else if ((unsigned char)*at >= 0x80) {
            at = check_utf8(scan, at);
        } else {
            return json_problem_at(scan, at,
                                   "control character in a string (write it as an escape)");
        }
    }
    return NULL;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static const char *check_digits(struct json_scan *scan, const char *at)
{
    if (at == scan->end || !is_digit(*at))
        return json_problem_at(scan, at, "expected a digit");
    while (at < scan->end && is_digit(*at))
        at++;
    return at;
}

const char *json_check_number(struct json_scan *scan, const char *at)
{
    const char *begin = at;
    if (*at == '-')
        at++;
    const char *digits = at;
    at = check_digits(scan, at);
    if (at && *digits == '0' && at - digits > 1)
        return json_problem_at(scan, begin, "a number must not begin with 0");
    if (at && at < scan->end && *at == '.')
        at = check_digits(scan, at + 1);
    if (at && at < scan->end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < scan->end && (*at == '+' || *at == '-'))
            at++;
        at = check_digits(scan, at);
    }
    return at;
}

const char *json_check_literal(struct json_scan *scan, const char *at, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(scan->end - at) < length || memcmp(at, text, length) != 0)
        return json_problem_at(scan, at, "expected a value (a string stands in double quotes)");
    return at + length;
}
