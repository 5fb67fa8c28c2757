/* `serve`: everything that makes a running webhook, from start to shutdown. */
#ifndef GMSA_WEBHOOK_SERVER_SERVICE_H
#define GMSA_WEBHOOK_SERVER_SERVICE_H

#include "lib/http/server.h"
#include "webhook/certificates/manager.h"
#include "webhook/decision/decision.h"
#include "webhook/server/requester_policy.h"

struct service_settings {
    const char *const *manifests; /* paths; none: specs and permissions come from a cluster */
    size_t manifest_count;
    /* Of a cluster. */
    const char *kubeconfig, *context; /* or NULL */
    double qps;                       /* calls a second to the API server; 0: no limit */
    unsigned burst;
    int64_t authorisation_ttl; /* milliseconds; 0: no answer is kept */
    bool check_requesting_user;
    struct requester_policy requesters;

    const char *listen, *health_listen;
    unsigned workers; /* 0: one for each processor this process may use */
    struct http_limits limits;
    /* Both NULL: an authority and a certificate are made in state_directory, for `names` (ends
     * with NULL) and this machine's own. */
    const char *certificate, *key;
    const char *client_ca; /* or NULL */
    const char *state_directory;
    /* In a cluster, instead of all that: made and renewed in a Secret. What is not about names and
     * times is filled in by the service. */
    bool self_managed;
    struct certificate_manager_settings managed;
    const char *const *names;
    const char *grant_keys; /* path, or NULL */
    int64_t shutdown_delay; /* milliseconds of serving on after the first signal */
    struct decision_settings decision;
};

/* Serves until SIGTERM or SIGINT, then shuts down without failing a request; a second signal cuts
 * the delay short. SIGHUP reloads the manifests. Fails only at the start. */
int service_run(const struct service_settings *settings, struct error **err);

#endif
