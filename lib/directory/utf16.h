/* UTF-16LE to UTF-8 the way Active Directory does it when it makes a Kerberos key of a managed
 * password: a surrogate pair is one character, and every lone surrogate (a high one that no low one
 * follows, a low one that no high one precedes) becomes one U+FFFD; the unit behind it is not
 * swallowed. Nearly every managed password has some, since it is random bytes, so a strict
 * converter cannot be used. An odd byte at the end is one U+FFFD as well. NUL is a character like
 * any other.
 *
 * Source: the Unicode Standard 3.9, D91 and "U+FFFD substitution"; found equal to a DC's keys. */
#ifndef GMSA_DIRECTORY_UTF16_H
#define GMSA_DIRECTORY_UTF16_H

#include <stddef.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

/* The number of bytes that the text has in UTF-8; at most 3 for 2. `length` is in bytes. */
size_t utf16_utf8_length(const void *text, size_t length);
/* Writes these bytes, without a NUL behind. Returns their number. */
size_t utf16_to_utf8(const void *text, size_t length, char *utf8);
/* The same into a new secure buffer of exactly that size, with a NUL behind. `utf8` must be empty.
 * ERROR_UNAVAILABLE: no memory for secrets. */
int utf16_to_secure_utf8(const void *text, size_t length, struct secure_buffer *utf8,
                         struct error **err);
/* For what is not secret: appends to a plain buffer. */
void utf16_append_utf8(const void *text, size_t length, struct buffer *utf8);

#endif
