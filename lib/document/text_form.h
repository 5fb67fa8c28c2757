/* Whether bytes are a text that JSON or YAML can be read from, and what to do when not. */
#ifndef GMSA_DOCUMENT_TEXT_FORM_H
#define GMSA_DOCUMENT_TEXT_FORM_H

#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/document/tree.h"

/* Refuses UTF-16, with or without a byte order mark, NUL bytes and what is not UTF-8: ERROR_INPUT,
 * with the place in `where` (line 0 for UTF-16). */
int text_form_check(struct slice text, struct position *where, struct error **err);

/* The text without the UTF-8 byte order mark that Windows' editors put in front. */
struct slice text_form_skip_mark(struct slice text);

#endif
