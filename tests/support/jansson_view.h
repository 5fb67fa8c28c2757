/* JSON as jansson sees it: the judge that our reader is held against. jansson's own header cannot
 * stand beside lib/document/json_scan.h, for both name the kinds of values JSON_OBJECT and so on.
 */
#ifndef GMSA_TESTS_SUPPORT_JANSSON_VIEW_H
#define GMSA_TESTS_SUPPORT_JANSSON_VIEW_H

#include <stdbool.h>

#include "lib/common/slice.h"

/* Any value, NUL in strings allowed, duplicate names refused. */
bool jansson_accepts(struct slice text);
/* Whether it accepts both and they mean the same. */
bool jansson_equal(struct slice a, struct slice b);

#endif
