/* The question whether somebody may `use` a credential spec, as a LocalSubjectAccessReview
 * (authorization.k8s.io/v1) in the pod's namespace: so RoleBindings count although specs belong to
 * no namespace. The same question as the Go webhook's (windows-gmsa, kube_client.go). */
#ifndef GMSA_WEBHOOK_SOURCES_LOCAL_ACCESS_REVIEW_H
#define GMSA_WEBHOOK_SOURCES_LOCAL_ACCESS_REVIEW_H

#include "lib/common/arena.h"
#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

/* Who sent the request that is decided about: its userInfo. */
struct requester {
    struct slice user;
    struct slice uid; /* absent where there is none */
    const struct slice *groups;
    size_t group_count;
    struct slice extra; /* JSON text of an object, or absent */
};

/* Appends the review's JSON for the service account: groups system:serviceaccounts and
 * system:serviceaccounts:NAMESPACE, and not system:authenticated, as the Go webhook asks. */
void local_access_review_for_account(struct buffer *out, struct slice namespace,
                                     struct slice service_account, struct slice spec_name);
/* The same for the requester, with all that the API server knows of them. */
void local_access_review_for_requester(struct buffer *out, struct slice namespace,
                                       const struct requester *requester, struct slice spec_name);

/* What the API server said. */
struct access_review_answer {
    bool allowed;                  /* `allowed` and not `denied` */
    struct slice evaluation_error; /* why it may not know everything; absent where there is none */
};

/* Reads the review that came back; texts are of `json` or the arena. ERROR_PROTOCOL where it is
 * none, or has no status. */
int local_access_review_read(struct slice json, struct arena *arena,
                             struct access_review_answer *answer, struct error **err);

#endif
