/* A small cluster for the decision: specs of every kind, and who may use them.
 *
 *   webapp01, webapp02   valid, permitted
 *   defaulted            default user NT AUTHORITY\NETWORK SERVICE, no list
 *   listed               no default; allows ContainerAdministrator and NT AUTHORITY\SYSTEM
 *   strict               default CORP\svc; allows it and NT AUTHORITY\SYSTEM
 *   broken, empty        permitted, but not valid: a wrong SID; no credspec
 *   secret, ghost        not permitted: exists; does not exist
 *   absent               permitted, does not exist
 *   unsure, away         authorisation unavailable; look-up unavailable
 *
 * Any other name is neither permitted nor there. The subject is not looked at, but recorded.
 */
#ifndef GMSA_TESTS_SUPPORT_WORLD_H
#define GMSA_TESTS_SUPPORT_WORLD_H

#include "webhook/decision/decision.h"

enum { WORLD_SPECS = 12 };

struct world {
    struct arena arena;
    struct decision_settings settings;
    struct grant_keys *keys; /* what settings.grant_keys points to at first */
    struct world_spec {
        const char *name;
        enum authorisation authorisation;
        enum lookup lookup;
        struct credspec_resource *resource; /* also where it must not be looked at */
    } specs[WORLD_SPECS];
};

void world_open(struct world *world);
void world_close(struct world *world);

const struct world_spec *world_spec(const struct world *world, struct slice name);
/* The canonical text of a spec, quoted as a JSON string. */
const char *world_contents(struct world *world, const char *name);

/* JSON with ' for ", and @NAME@ for the quoted canonical text of a spec. */
const char *world_json(struct world *world, const char *text);

/* Everything about one decision. */
struct outcome {
    struct review review;
    struct questions questions;
    struct verdict verdict;
};

/* Reads a whole AdmissionReview, asks, answers and decides. False where the reader refuses it. */
bool world_decide(struct world *world, enum endpoint endpoint, struct slice body,
                  struct outcome *outcome);

/* An AdmissionReview around JSON of objects; `old` or `object` may be NULL. Namespace "shop". */
const char *world_review(struct world *world, const char *operation, const char *subresource,
                         const char *object, const char *old);

/* The object as it is after the verdict's patch. Aborts where the patch does not fit. */
const char *world_apply(struct world *world, const char *object, const char *patch);

#endif
