/* A GMSACredentialSpec as the API server gave it: immutable, shared by whoever holds it. */
#ifndef GMSA_WEBHOOK_SOURCES_KNOWN_SPEC_H
#define GMSA_WEBHOOK_SOURCES_KNOWN_SPEC_H

#include <stdatomic.h>
#include <stdbool.h>

#include "credspec/resource.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

struct known_spec {
    struct credspec_resource *resource; /* valid or not */
    char *uid, *version;                /* metadata.uid, metadata.resourceVersion; "" if missing */
    /* It has no allow-list, but had one when it was last seen whole: see spec_snapshot.h. Set only
     * before it is shared. */
    bool had_allow_list;
    atomic_size_t references;
    char texts[]; /* what uid and version point to */
};

/* Reads the object's JSON. ERROR_PROTOCOL where it is none, ERROR_INPUT where it has no usable
 * name. The caller owns the one reference. */
struct known_spec *known_spec_read(struct slice json, struct error **err);
/* One that nothing is known of but its name. */
struct known_spec *known_spec_named(struct slice name);
/* Takes another reference; returns the spec. */
struct known_spec *known_spec_hold(struct known_spec *spec);
/* Gives a reference back; NULL is fine. */
void known_spec_drop(struct known_spec *spec);
/* Whether both are the same version of the same object and say the same. */
bool known_spec_equal(const struct known_spec *a, const struct known_spec *b);

static inline void known_spec_drop_at(struct known_spec **spec)
{
    known_spec_drop(*spec);
}
#define cleanup_known_spec __attribute__((cleanup(known_spec_drop_at)))

#endif
