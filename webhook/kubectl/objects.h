/* Objects of a list as trees: items of a list do not say their own kind. */
#ifndef GMSA_WEBHOOK_KUBECTL_OBJECTS_H
#define GMSA_WEBHOOK_KUBECTL_OBJECTS_H

#include "lib/document/tree.h"

#include "lib/common/error.h"

/* Reads the object, and puts in `api_version` and `kind` where it lacks them. In the arena. NULL
 * with ERROR_PROTOCOL. */
struct node *object_read(struct arena *arena, struct slice json, const char *api_version,
                         const char *kind, struct error **err);

#endif
