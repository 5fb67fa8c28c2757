/* Looking credential specs up by their names: for those that no snapshot shows, and for the moment
 * before a pod is refused.
 *
 * Belongs to one thread and its client. Whoever asks for a name that is being asked for joins,
 * unless the answer must be fresh. That a spec does not exist is remembered for a second, so that
 * pods which name what is not there cost the API server little. */
#ifndef GMSA_WEBHOOK_SOURCES_SPEC_LOOKUP_H
#define GMSA_WEBHOOK_SOURCES_SPEC_LOOKUP_H

#include <sys/queue.h>

#include "lib/kube/client.h"
#include "webhook/decision/decision.h"
#include "webhook/sources/known_spec.h"

struct spec_lookups;
struct spec_lookup;
struct spec_lookup_waiter;

/* `spec` with LOOKUP_FOUND: hold it to keep it. `detail` says why it is unavailable (static).
 * The waiter has left. */
typedef void spec_looked_up(struct spec_lookup_waiter *waiter, enum lookup result,
                            struct known_spec *spec, const char *detail);

/* The caller's, who sets the first two. */
struct spec_lookup_waiter {
    spec_looked_up *answered;
    void *context;
    struct spec_lookup *lookup; /* NULL while it waits for nothing */
    TAILQ_ENTRY(spec_lookup_waiter) link;
};

struct spec_lookups *spec_lookups_create(struct kube_client *client);
/* Forgets what is under way without an answer. Before the client goes. NULL is fine. */
void spec_lookups_free(struct spec_lookups *lookups);

/* Whether a look-up within the last second found that there is none. */
bool spec_lookups_is_missing(const struct spec_lookups *lookups, struct slice name);
/* Asks; the answer never comes before it returns. `fresh`: of a call that begins now. */
void spec_lookups_ask(struct spec_lookups *lookups, struct slice name, bool fresh,
                      struct spec_lookup_waiter *waiter);
/* The waiter waits no longer and is not called. */
void spec_lookups_leave(struct spec_lookup_waiter *waiter);

/* Why a call to the API server gave no answer, in words for the author of a pod: without addresses.
 * Static. */
const char *api_failure_detail(const struct kube_answer *answer);

#endif
