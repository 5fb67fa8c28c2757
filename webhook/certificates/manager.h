/* `serve --self-managed-certs`: the webhook's certificates, made and renewed by itself in a
 * cluster.
 *
 * A thread with a client of its own follows the Secret (stored.h) and the configurations
 * (configuration.h), and gives the serving certificate to the server's store. One of the replicas,
 * which holds the Lease, does what the plan (plan.h) says. What every replica serves and whether
 * the configurations trust it never depends on who leads. */
#ifndef GMSA_WEBHOOK_CERTIFICATES_MANAGER_H
#define GMSA_WEBHOOK_CERTIFICATES_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/http/certificate.h"
#include "lib/kube/client.h"
#include "webhook/certificates/plan.h"

/* Everything must outlive the manager. Times are milliseconds. */
struct certificate_manager_settings {
    const struct kube_config *config; /* its namespace is where Secret, Lease and Service are */
    kube_observer *observer;          /* of every call, from the manager's thread; or NULL */
    void *context;                    /* the observer's */
    struct certificate_store *store;  /* without files */
    const char *secret, *lease, *service;
    const char *configuration; /* the name of both webhook configurations */
    const char *const *names; /* in the certificate beside the Service's; ends with NULL; or NULL */
    int64_t lease_duration;   /* that the others wait for a leader which is gone; whole seconds */
    int64_t authority_life, certificate_life;
    int64_t trust_delay; /* from a bundle standing everywhere to serving a certificate by it */
};

struct certificate_manager;

/* Starts the thread. ERROR_INPUT (no namespace, a name that is none), ERROR_INTERNAL. */
struct certificate_manager *
certificate_manager_create(const struct certificate_manager_settings *settings, struct error **err);
/* Gives the lease back, within two seconds, and ends the thread. NULL is fine. */
void certificate_manager_free(struct certificate_manager *manager);

struct certificate_manager_status {
    bool trusted; /* what is served now is trusted by every configuration that there is */
    bool ready;   /* it was, once */
    bool leads;
    int64_t authority_expiry;      /* of the authority of what is served; 0: nothing is */
    uint64_t done[PLAN_STEPS];     /* by this replica */
    uint64_t failures[PLAN_STEPS]; /* PLAN_WAIT: what is no step (watches, the lease) */
};
/* Any thread. */
void certificate_manager_status(struct certificate_manager *manager,
                                struct certificate_manager_status *status);
/* Appends why it is not trusted, as one line without an end. Any thread. */
void certificate_manager_problem(struct certificate_manager *manager, struct buffer *text);

#endif
