/* UTF-8 (RFC 3629): shortest form, no surrogates, at most U+10FFFF. */
#ifndef GMSA_COMMON_UTF8_H
#define GMSA_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the code point at `text`. Returns its length in bytes (1 to 4), or 0 where the bytes are
 * not UTF-8 or `length` is 0. */
size_t utf8_decode(const char *text, size_t length, uint32_t *code_point);
/* Encodes a code point; returns the number of bytes written (1 to 4). A surrogate or a value beyond
 * U+10FFFF is written as U+FFFD. */
size_t utf8_encode(uint32_t code_point, char text[4]);
/* The number of leading bytes that are valid UTF-8: `length` when all are. */
size_t utf8_valid_prefix(const char *text, size_t length);
bool utf8_valid(const char *text, size_t length);
/* Number of code points; each byte that is not UTF-8 counts as one. */
size_t utf8_count(const char *text, size_t length);

#endif
