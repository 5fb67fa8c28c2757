/* --check-requesting-user: whether the user who sends a request must be permitted to `use` the
 * specs too, beside the pod's service account. */
#ifndef GMSA_WEBHOOK_SERVER_REQUESTER_POLICY_H
#define GMSA_WEBHOOK_SERVER_REQUESTER_POLICY_H

#include "webhook/decision/review.h"
#include "webhook/sources/local_access_review.h"

struct requester_policy {
    const char *const *controllers; /* users who create pods for others */
    size_t controller_count;
};

/* True for a person, with who it is in *requester (texts of the review): everyone but nodes (group
 * system:nodes), Kubernetes' own controllers (group system:serviceaccounts:kube-system) and the
 * users of the policy. */
bool requester_must_be_permitted(const struct requester_policy *policy, const struct review *review,
                                 struct requester *requester);

#endif
