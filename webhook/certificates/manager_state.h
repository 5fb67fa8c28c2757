/* The inside of the certificate manager: what its thread knows.
 *
 *   manager.c                  life, the thread, who leads
 *   manager_secret.c           following the Secret, and serving what it holds
 *   manager_configurations.c   following the configurations: what stands in them, since when
 *   manager_steps.c            the leader's steps
 *   manager_status.c           failures, and what others are told */
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
    bool listed; /* a list was complete, so what there is is known */
    bool broken; /* except that it could not be read */
    bool seen;   /* in the list that is being read */
    char *lost;  /* why it cannot be watched at present, or NULL */
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
    struct event *stop;
    struct event *look; /* at once; and */
    struct event *wake; /* ... when time has passed, which must not put off the other */
    int stop_fd;
    pthread_t thread;
    bool started, stopping;
    struct kube_client *client;
    struct kube_leader *leader;
    struct postponed leading;

    /* The Secret. */
    struct kube_watch *secret_watch;
    char *secret_selector;
    char *secret_lost; /* why it cannot be watched at present, or NULL */
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

/* --- manager.c -------------------------------------------------------------------------------- */

/* Looks at everything once more, from the loop: at once, or after so many milliseconds. */
void manager_look(struct certificate_manager *manager);
void manager_look_in(struct certificate_manager *manager, int64_t wait);

/* --- manager_secret.c ------------------------------------------------------------------------- */

extern const struct kube_resource manager_secrets;
void manager_follow_secret(struct certificate_manager *manager);
/* Fetches the Secret; what is known of it counts no more. */
void manager_fetch(struct certificate_manager *manager);
/* Whether it is being fetched or will be; where a fetch is due it begins. */
bool manager_is_fetching(struct certificate_manager *manager);

/* --- manager_configurations.c ----------------------------------------------------------------- */

void manager_follow_configurations(struct certificate_manager *manager);
struct kube_target manager_configuration_target(const struct certificate_manager *manager,
                                                enum configuration_kind kind, bool collection);
const char *manager_configuration_name(const struct certificate_manager *manager,
                                       enum configuration_kind kind);
/* Whether what stands in it is known; that it does not exist is known, too. */
bool manager_configuration_known(const struct followed_configuration *followed);
/* Takes the state of a configuration from its JSON. */
void manager_take_configuration(struct followed_configuration *followed, struct slice json,
                                bool listed);
/* The bundle that the Secret says now. */
void manager_update_bundle(struct certificate_manager *manager);
/* Whether the bundle stands in every configuration, and since when as far as we know. */
void manager_update_standing(struct certificate_manager *manager);

/* --- manager_steps.c -------------------------------------------------------------------------- */

/* Does what the plan says, where this replica leads and nothing is under way. */
void manager_plan(struct certificate_manager *manager);

/* --- manager_status.c ------------------------------------------------------------------------- */

/* Frees the text that stands there, and takes another. */
void manager_replace_text(char **place, char *text);
/* Logs a failure where it is news, counts it, and sets when to try again. */
void manager_failed(struct certificate_manager *manager, struct postponed *postponed,
                    enum plan_step step, const char *message, const struct error *error);
void manager_succeeded(struct postponed *postponed);
/* Counts a failure that is no step's. */
void manager_count_failure(struct certificate_manager *manager);
/* A watch was lost, or goes on: `*lost` is why. Logs what is news. */
void manager_note_lost(struct certificate_manager *manager, char **lost, const char *what,
                       const struct error *error);
void manager_note_synced(char **lost, const char *what);
/* What others are told follows from what is known now. */
void manager_update_status(struct certificate_manager *manager);

#endif
