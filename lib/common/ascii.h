/* Classes of ASCII characters, whatever the locale: <ctype.h> and strcasecmp() follow it. */
#ifndef GMSA_COMMON_ASCII_H
#define GMSA_COMMON_ASCII_H

#include <stdbool.h>

#include "lib/common/slice.h"

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool ascii_is_alphanumeric(char c)
{
    return ascii_is_digit(c) || ascii_is_lower(c) || ascii_is_upper(c);
}
static inline bool ascii_is_hex(char c)
{
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/* 0x00 to 0x1F and 0x7F. */
static inline bool ascii_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}
static inline char ascii_to_lower(char c)
{
    return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}
static inline char ascii_to_upper(char c)
{
    return ascii_is_lower(c) ? (char)(c - 'a' + 'A') : c;
}

/* Order by bytes without regard to the case of ASCII letters, shorter first. */
static inline int slice_compare_ignoring_case(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < shorter; i++) {
        unsigned char left = (unsigned char)ascii_to_lower(a.data[i]);
        unsigned char right = (unsigned char)ascii_to_lower(b.data[i]);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}
/* Equal but for the case of ASCII letters; an absent slice equals only another absent one. */
static inline bool slice_equal_ignoring_case(struct slice a, struct slice b)
{
    if (!a.data || !b.data)
        return a.data == b.data;
    return a.length == b.length && slice_compare_ignoring_case(a, b) == 0;
}

#endif
