/* Numbers as Go's encoding/json writes a float64. */
#ifndef GMSA_DOCUMENT_JSON_NUMBER_H
#define GMSA_DOCUMENT_JSON_NUMBER_H

#include "lib/common/buffer.h"

/* Appends the shortest decimal that reads back as the same float64 as `text` (a JSON number): with
 * an exponent below 1e-6 and from 1e21 on, without one between. A number beyond the range of a
 * float64 is appended as it is.
 *
 * Source of the rule: encoding/json's floatEncoder and strconv.FormatFloat with precision -1. */
void json_write_number(struct buffer *out, const char *text);

#endif
