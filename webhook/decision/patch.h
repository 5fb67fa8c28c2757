/* A JSON Patch (RFC 6902) with as few operations as do it. Parents that are missing are created in
 * the one operation that needs them. */
#ifndef GMSA_WEBHOOK_DECISION_PATCH_H
#define GMSA_WEBHOOK_DECISION_PATCH_H

#include "lib/common/buffer.h"
#include "webhook/decision/review.h"

/* The API server stores no object near this size (etcd: 1.5 MiB); a request must not make a patch
 * that is far larger than itself. */
enum { PATCH_SIZE_MAX = 4 * 1024 * 1024 };

struct patch {
    struct arena *arena;
    struct buffer text; /* operations, each but the first with a comma before it */
    bool overflow;      /* PATCH_SIZE_MAX was reached; the text is of no use */
};

enum patch_operation { PATCH_ADD, PATCH_REPLACE };

/* A string at a pointer whose tokens are escaped already. */
void patch_text(struct patch *patch, enum patch_operation operation, const char *pointer,
                struct slice value);
/* gmsaCredentialSpec and runAsUserName of a place; absent ones are left as they are. */
void patch_windows_options(struct patch *patch, const struct place *place, struct slice contents,
                           struct slice run_as_user_name);
/* An annotation; `exists`: it is there already. */
void patch_annotation(struct patch *patch, const struct pod_view *pod, struct slice key,
                      bool exists, struct slice value);
void patch_remove_annotation(struct patch *patch, struct slice key);

/* The whole patch in the arena, or NULL where it has no operation. */
const char *patch_finish(struct patch *patch);
void patch_release(struct patch *patch);

#define cleanup_patch __attribute__((cleanup(patch_release)))

#endif
