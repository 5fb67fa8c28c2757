/* Which of several replicas leads: a Lease, taken, renewed and given back.
 *
 * The rules stand in lease.h; the times are client-go's defaults. Whoever cannot renew the lease in
 * time stops leading before another one may begin. Leading is no fence by itself: a process that
 * was stopped may wake up and finish a call late. What a leader writes must therefore name the
 * resource version that it is based on. */
#ifndef GMSA_KUBE_LEADER_H
#define GMSA_KUBE_LEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kube/client.h"

/* Texts must outlive the leader. Times are milliseconds; zero means the default. */
struct kube_leader_settings {
    const char *namespace, *name; /* of the Lease */
    const char *identity;         /* of this replica: nobody else's, at most 253 bytes */
    int64_t duration;       /* that others wait for a holder that is silent; 15 s, whole seconds */
    int64_t renew_deadline; /* without a renewal before it stops leading; 10 s */
    int64_t retry;          /* between looks; 2 s, up to a fifth more */
    /* On the client's loop. */
    void (*changed)(bool leads, void *context);
    /* A call failed, and will be repeated. Not for a lease that somebody else took first. */
    void (*failed)(const struct error *error, void *context);
    void (*recovered)(void *context); /* the first call that went well after that */
    void *context;
};

struct kube_leader;

/* Begins to apply for the lease. */
struct kube_leader *kube_leader_create(struct kube_client *client,
                                       const struct kube_leader_settings *settings)
    __attribute__((returns_nonnull));
/* Whether this replica leads at this moment. */
bool kube_leader_leads(const struct kube_leader *leader);
/* Gives the lease back where we hold it, so that the next one need not wait, and applies for it no
 * more. `done` is called once, from the loop: it was given back, or could not be in `timeout`
 * milliseconds. */
void kube_leader_resign(struct kube_leader *leader, int64_t timeout, void (*done)(void *context));
/* NULL is fine. */
void kube_leader_free(struct kube_leader *leader);

#endif
