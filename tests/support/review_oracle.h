/* What an AdmissionReview says, found out over jansson's tree: the judge of review_read(), with
 * which it shares no code. */
#ifndef GMSA_TESTS_SUPPORT_REVIEW_ORACLE_H
#define GMSA_TESTS_SUPPORT_REVIEW_ORACLE_H

#include "webhook/decision/review.h"

enum oracle_verdict {
    ORACLE_REFUSES,   /* must be refused */
    ORACLE_ACCEPTS,   /* must be read, as in `review` */
    ORACLE_DUPLICATE, /* may be refused, since a member stands somewhere twice; or as in `review` */
    ORACLE_UNDECIDED, /* jansson cannot hold it: a number beyond a double, a NUL in a name */
};

/* Fills `review` unless it refuses or cannot decide. Everything lives in the arena; raw JSON is not
 * the original text, but one that means the same. */
enum oracle_verdict review_oracle(struct arena *arena, const char *body, size_t length,
                                  struct review *review);

/* Reads a body with review_read() and with the oracle. NULL where both agree, else what differs, in
 * the arena. */
const char *review_disagreement(struct arena *arena, const char *body, size_t length);

#endif
