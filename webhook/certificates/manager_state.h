/* The inside of the certificate manager: what its thread knows. */
#ifndef GMSA_WEBHOOK_CERTIFICATES_MANAGER_STATE_H
#define GMSA_WEBHOOK_CERTIFICATES_MANAGER_STATE_H

#include <pthread.h>

#include "lib/common/secure_buffer.h"
#include "lib/kube/backoff.h"
#include "lib/kube/leader.h"
#include "lib/kube/watch.h"
#include "webhook/certificates/configuration.h"
#include "webhook/certificates/manager.h"
#include "webhook/certificates/stored.h"

struct event_base;
struct event;

/* One configuration that is followed. */
struct followed_configuration {
    struct certificate_manager *owner;
    struct kube_watch *watch;
    struct configuration present;
    char *selector;
    bool known; /* it was listed once */
    bool seen;  /* in the list that is being read */
    bool lost;  /* and the log says so */
    uint64_t events;
};

/* The next attempt at something that failed. */
struct postponed {
    struct backoff backoff;
    int64_t until; /* CLOCK_MONOTONIC ns; 0: at once */
    char *said;    /* the error that the log has last, until it succeeds */
};

struct certificate_manager {
    struct certificate_manager_settings settings;
    struct configuration_service service;
    const char **names; /* of the serving certificate; ends with NULL */
    char *service_names[2];
    char *identity;

    struct event_base *base;
    struct event *stop, *look;
    int stop_fd;
    pthread_t thread;
    bool started, stopping;
    struct kube_client *client;
    struct kube_leader *leader;
    struct postponed leading;

    /* The Secret. */
    struct kube_watch *secret_watch;
    char *secret_selector;
    bool secret_lost;
    bool fetch_wanted;
    bool fetch_again; /* it changed while it was being fetched */
    struct kube_request *fetch;
    struct secure_buffer answer; /* to the fetch */
    struct postponed fetching;
    enum plan_secret condition;
    struct stored stored;
    char *damage; /* that the log has already */

    struct followed_configuration configurations[CONFIGURATION_KINDS];
    struct buffer bundle;   /* that the Secret says */
    int64_t standing_since; /* CLOCK_MONOTONIC ns; 0: it does not stand everywhere */

    X509 *served, *served_authority; /* or NULL */

    /* The step under way. */
    struct kube_request *request;
    enum plan_step step;
    const char *why;
    enum configuration_kind publishing;
    uint64_t events_before; /* of the configuration that is being published to */
    struct postponed steps[PLAN_STEPS];

    pthread_mutex_t lock; /* guards what is below */
    struct certificate_manager_status status;
    char *problem;
};

/* manager.c */
/* Looks at everything once more, from the loop. */
void manager_look(struct certificate_manager *manager);
/* Fetches the Secret; what is known of it counts no more. */
void manager_fetch(struct certificate_manager *manager);
/* Takes the state of a configuration from its JSON. */
void manager_take_configuration(struct followed_configuration *followed, struct slice json,
                                bool listed);
/* Logs a failure where it is news, counts it, and sets when to try again. */
void manager_failed(struct certificate_manager *manager, struct postponed *postponed,
                    enum plan_step step, const char *message, const struct error *error);
void manager_succeeded(struct postponed *postponed);

/* manager_steps.c */
/* Does what the plan says, where this replica leads and nothing is under way. */
void manager_plan(struct certificate_manager *manager);

extern const struct kube_resource manager_secrets;
struct kube_target manager_configuration_target(const struct certificate_manager *manager,
                                                enum configuration_kind kind, bool collection);

#endif
