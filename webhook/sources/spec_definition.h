/* The CustomResourceDefinition of credential specs: whether it knows our fields. The Go webhook's,
 * applied over ours, does not, and the API server then drops them from every spec. */
#ifndef GMSA_WEBHOOK_SOURCES_SPEC_DEFINITION_H
#define GMSA_WEBHOOK_SOURCES_SPEC_DEFINITION_H

#include <stdbool.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"

#define SPEC_DEFINITION_NAME "gmsacredentialspecs.windows.k8s.io"

/* Reads a definition's JSON (apiextensions.k8s.io/v1): *keeps tells whether the schema of version
 * v1 has runAsUserName and allowedRunAsUserNames, or keeps whatever is there. ERROR_INPUT where it
 * is no JSON object. */
int spec_definition_read(struct slice json, bool *keeps, struct error **err);

#endif
