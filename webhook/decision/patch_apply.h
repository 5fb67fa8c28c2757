/* Applying a JSON Patch (RFC 6902) to a tree: `add`, `remove`, `replace` and `test`. For what shows
 * the object as the API server would store it. */
#ifndef GMSA_WEBHOOK_DECISION_PATCH_APPLY_H
#define GMSA_WEBHOOK_DECISION_PATCH_APPLY_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

/* Returns a changed copy in the arena; `document` stays as it is. NULL where the patch is none or
 * does not fit the document (a path that leads nowhere, a failed test): ERROR_INPUT, with the
 * number of the operation, counted from 1. */
struct node *patch_apply(struct arena *arena, const struct node *document, const struct node *patch,
                         struct error **err);

#endif
