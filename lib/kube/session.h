/* Calls to the Kubernetes API for programs that do one thing after another: a client with a loop of
 * its own, which runs until the answer is there. */
#ifndef GMSA_KUBE_SESSION_H
#define GMSA_KUBE_SESSION_H

#include "lib/common/arena.h"
#include "lib/kube/client.h"
#include "lib/kube/list.h"

struct kube_session;

/* `config` must outlive it. `timeout`: milliseconds for each call, and each page of a list, that
 * says nothing itself; 0: the client's own. ERROR_INTERNAL. */
struct kube_session *kube_session_create(const struct kube_config *config, int64_t timeout,
                                         struct error **err);
void kube_session_free(struct kube_session *session);

static inline void kube_session_free_at(struct kube_session **session)
{
    kube_session_free(*session);
}
#define cleanup_kube_session __attribute__((cleanup(kube_session_free_at)))

/* Makes the call, whose callbacks are not used, and waits for its answer: its body in the arena. On
 * failure *status (may be NULL) is HTTP's, or 0 where no answer came; the errors of
 * kube_answer. */
int kube_session_call(struct kube_session *session, const struct kube_call *call,
                      struct arena *arena, struct slice *body, int *status, struct error **err);

/* Lists, and waits for the end; `done` and its context are not used. The other callbacks are called
 * from within and must not use the session. */
int kube_session_list(struct kube_session *session, const struct kube_list_settings *settings,
                      int *status, struct error **err);

#endif
