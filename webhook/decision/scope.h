/* What is ours: which requests an endpoint judges, and whether they are what they must be. */
#ifndef GMSA_WEBHOOK_DECISION_SCOPE_H
#define GMSA_WEBHOOK_DECISION_SCOPE_H

#include "webhook/decision/opinion.h"

enum scope {
    SCOPE_FOREIGN,  /* not ours: allowed, with a warning, so that a too wide rule blocks nothing */
    SCOPE_DELETION, /* ours, but there is nothing to judge: allowed */
    SCOPE_REFUSED,  /* ours, but not what it must be: already refused */
    SCOPE_POD,
    SCOPE_SPEC,
    SCOPE_WORKLOAD,
};

/* Decides, and for SCOPE_FOREIGN and SCOPE_REFUSED writes the verdict. */
enum scope scope_of(const struct review *review, enum endpoint endpoint, struct opinion *opinion);

/* Member names that lead from a workload to its pod template ({"spec", "template", NULL}). Only for
 * SCOPE_WORKLOAD. */
const char *const *scope_template_path(const struct review *review);

/* The subject: its service account's name, "default" where the pod names none. */
struct slice scope_service_account(const struct pod_view *pod);

#endif
