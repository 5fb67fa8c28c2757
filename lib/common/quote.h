/* Quoting somebody else's text in a message. */
#ifndef GMSA_COMMON_QUOTE_H
#define GMSA_COMMON_QUOTE_H

#include "lib/common/arena.h"
#include "lib/common/buffer.h"
#include "lib/common/slice.h"

enum { QUOTE_LENGTH_MAX = 80 };

/* The text in double quotes, for one line of a message: `"` and `\` stay as they are, control
 * characters, bytes that are not UTF-8 and characters that change the direction of text or cannot
 * be seen are escaped (\n, \x1b, \u202e), and what goes beyond QUOTE_LENGTH_MAX bytes is cut and
 * replaced by "...". Lives in the arena. */
const char *quote(struct arena *arena, struct slice text) __attribute__((returns_nonnull));

/* Appends the text with the same escapes, but without quotes and without a limit: for printing
 * whole messages and file names. */
void quote_append_visible(struct buffer *out, struct slice text);

#endif
