/* Whether a list of RBAC objects shows another state than the one last known, without keeping any
 * of them: how many there were, and the newest of their versions, tell it.
 *
 * When the API server has started anew, it has forgotten the version that a watch would go on from,
 * and everything must be listed again. Mostly nothing has changed meanwhile, and then what is
 * stored about permissions still counts. Whatever was created or modified since has a version
 * beyond the newest; what was deleted is missing from the number. Resource versions are decimal
 * numbers that grow (Kubernetes' KEP-5504); where one is none, the state counts as another.
 */
#ifndef GMSA_WEBHOOK_SOURCES_RBAC_CENSUS_H
#define GMSA_WEBHOOK_SOURCES_RBAC_CENSUS_H

#include "lib/common/slice.h"
#include "lib/kube/watch.h"

struct rbac_state {
    uint64_t count, newest;
    /* Not after a deletion, which may have taken the newest away, nor before the first list. */
    bool exact;
};

/* Of one resource. A zeroed census knows nothing. */
struct rbac_census {
    struct rbac_state known, listing;
};

/* A list begins. */
void rbac_census_begin(struct rbac_census *census);
/* An object of the list, or an event of the watch, with the object's JSON. */
void rbac_census_count(struct rbac_census *census, enum kube_event event, struct slice json);
/* The list is complete. Returns whether its state may be another than the one before. */
bool rbac_census_end(struct rbac_census *census);

#endif
