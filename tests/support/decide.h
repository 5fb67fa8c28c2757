/* What most tests of the decision do: a pod in, a verdict out, and what it should be. */
#ifndef GMSA_TESTS_SUPPORT_DECIDE_H
#define GMSA_TESTS_SUPPORT_DECIDE_H

#include "tests/support/world.h"

/* All texts are world_json(). A pod of os windows: members of spec's securityContext.windowsOptions
 * and of those of its container "web", init container "migrate", ephemeral container "debug", in
 * braces. NULL leaves one out. */
const char *windows_pod(struct world *world, const char *pod, const char *web, const char *migrate,
                        const char *debug);
/* The same options at one kind of place only. */
const char *windows_pod_at(struct world *world, enum place_kind kind, const char *options);
/* A Linux pod with containers "web" and "migrate" (init): members of metadata.annotations. */
const char *linux_pod(struct world *world, const char *annotations);

/* Decides about the CREATE of a pod, or the UPDATE where `old` is given ("ephemeralcontainers"
 * or "" for the subresource). The test fails where the review cannot be read. */
const struct verdict *create(struct world *world, enum endpoint endpoint, const char *pod);
const struct verdict *update(struct world *world, enum endpoint endpoint, const char *subresource,
                             const char *pod, const char *old);
/* The same for any request: its members beside the uid. */
const struct verdict *decide_request(struct world *world, enum endpoint endpoint,
                                     const char *request);
/* The questions of create(). */
struct questions ask(struct world *world, enum endpoint endpoint, const char *pod);

/* The stored pod: /mutate allows it and its patch is applied. */
const char *mutated(struct world *world, const char *pod);

void expect_allowed(const struct verdict *verdict);
/* Refused with that status and reason, and a message that contains `part`. */
void expect_refused(const struct verdict *verdict, int code, const char *reason, const char *part);
/* One of the warnings contains `part`. */
void expect_warning(const struct verdict *verdict, const char *part);

#endif
