/* Base64 (RFC 4648): section 4 with padding, and the URL alphabet of section 5 without. */
#ifndef GMSA_COMMON_BASE64_H
#define GMSA_COMMON_BASE64_H

#include <stdbool.h>

#include "lib/common/buffer.h"
#include "lib/common/slice.h"

/* Appends the standard form, with '=' padding. */
void base64_encode(struct buffer *out, const void *data, size_t length);

/* Decodes the standard form into memory of the caller's, as Go's base64.StdEncoding does: padding
 * is needed, line ends are skipped. False where the text is something else or gives more than
 * `capacity` bytes; what has been written then is of no use. */
bool base64_decode(struct slice text, void *out, size_t capacity, size_t *length);

/* Appends the URL form: '-' and '_', no padding. */
void base64url_encode(struct buffer *out, const void *data, size_t length);

/* Appends the bytes that a URL form stands for. Only the one text that base64url_encode() would
 * write for them is accepted: no padding, no white space, unused bits zero. False (with `out`
 * unchanged) for any other. */
bool base64url_decode(struct buffer *out, struct slice text);

#endif
