/* What every object of the API carries: metav1.ObjectMeta, or ListMeta, as far as a client needs
 * it. */
#ifndef GMSA_KUBE_METADATA_H
#define GMSA_KUBE_METADATA_H

#include <stdbool.h>

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

/* Texts of the JSON or of the arena; absent where they are missing. */
struct kube_metadata {
    struct slice name, namespace, uid;
    struct slice resource_version; /* sent back as it came */
    struct slice continue_token;   /* of a list: where the next page begins */
};

enum { KUBE_VERSION_MAX = 256 }; /* bytes of a resource version */

/* Reads `metadata` of an object. ERROR_PROTOCOL where it is no JSON object, its metadata is none,
 * or a resource version is longer than any. */
int kube_metadata_read(struct slice json, struct arena *arena, struct kube_metadata *metadata,
                       struct error **err);

#endif
