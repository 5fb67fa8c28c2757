/* What differs between two texts, line by line, as `diff -u` shows it. */
#ifndef GMSA_WEBHOOK_REPORT_DIFF_H
#define GMSA_WEBHOOK_REPORT_DIFF_H

#include <stdbool.h>

#include "lib/common/buffer.h"
#include "lib/common/slice.h"

/* Appends the hunks with three lines around each change, without a file header; nothing where the
 * texts are equal. Lines end with a newline. `colour` adds terminal colours. Where so much differs
 * that comparing would take long, the whole differing part is one change. */
void diff_write(struct buffer *out, struct slice before, struct slice after, bool colour);

#endif
