/* GMSACredentialSpec objects as an API server sends them. */
#ifndef GMSA_TESTS_SUPPORT_SPEC_OBJECT_H
#define GMSA_TESTS_SUPPORT_SPEC_OBJECT_H

#include "lib/common/arena.h"
#include "webhook/sources/known_spec.h"

struct spec_object {
    const char *name;
    const char *uid;     /* NULL: "u-NAME" */
    int version;         /* metadata.resourceVersion */
    const char *account; /* NULL: "webapp" */
    const char *allowed; /* allowedRunAsUserNames: JSON text, or NULL */
    bool invalid;        /* without `credspec` */
};

/* Its JSON, in the arena. */
const char *spec_object_json(const struct spec_object *object, struct arena *arena);
/* The same, read; the test fails where that fails. */
struct known_spec *spec_object_read(const struct spec_object *object);

#endif
