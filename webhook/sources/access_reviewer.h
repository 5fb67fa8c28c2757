/* Who may `use` a spec: asked of the API server, with the answers that may be kept kept.
 *
 * Belongs to one thread and its client. */
#ifndef GMSA_WEBHOOK_SOURCES_ACCESS_REVIEWER_H
#define GMSA_WEBHOOK_SOURCES_ACCESS_REVIEWER_H

#include "lib/kube/client.h"
#include "webhook/sources/authorisation_cache.h"
#include "webhook/sources/local_access_review.h"

struct access_reviewer;

/* `maximum_age` of a kept answer is in nanoseconds; see authorisation_cache.h. */
struct access_reviewer *access_reviewer_create(struct kube_client *client,
                                               const struct rbac_epoch *epoch, int64_t maximum_age);
/* Forgets what is under way without an answer. Before the client goes. NULL is fine. */
void access_reviewer_free(struct access_reviewer *reviewer);

/* Whether the service account, or the requester where one is given, may use the spec: true where it
 * is known to. Else the waiter waits; its answer never comes before this returns. */
struct access_question {
    struct slice namespace;
    struct slice service_account;
    const struct requester *requester; /* or NULL */
    struct slice spec_name;
};
bool access_reviewer_ask(struct access_reviewer *reviewer, const struct access_question *question,
                         struct authorisation_waiter *waiter);

/* Any thread. */
struct authorisation_statistics access_reviewer_statistics(const struct access_reviewer *reviewer);

#endif
