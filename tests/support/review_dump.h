/* A review as text, for comparing two of them and for looking at one. */
#ifndef GMSA_TESTS_SUPPORT_REVIEW_DUMP_H
#define GMSA_TESTS_SUPPORT_REVIEW_DUMP_H

#include "lib/common/buffer.h"
#include "webhook/decision/review.h"

/* Appends every field, one a line. Raw JSON is shown in one form (compact, members sorted, the last
 * of duplicates), so that different texts of one value look the same. */
void review_dump(struct buffer *out, const struct review *review);
void pod_dump(struct buffer *out, const char *label, const struct pod_view *pod);

#endif
