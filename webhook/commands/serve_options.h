/* What `gmsa-webhook serve` can be told. */
#ifndef GMSA_WEBHOOK_COMMANDS_SERVE_OPTIONS_H
#define GMSA_WEBHOOK_COMMANDS_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/options.h"

/* Times are milliseconds. */
struct serve_values {
    struct option_list standalone, tls_names, controller_users;
    const char *kubeconfig, *context;
    const char *listen, *health_listen, *tls_cert, *tls_key, *client_ca, *state_dir;
    const char *default_user, *invalid_specs, *grant_key, *cluster_name;
    const char *log_level, *log_format, *qps;
    const char *managed_secret, *managed_lease, *managed_service, *managed_configuration;
    bool random_hostname, check_requesting_user, self_managed;
    int64_t managed_lease_duration;
    int64_t managed_ca_life, managed_cert_life, managed_trust_delay;
    int64_t authorisation_ttl;
    int64_t https_port, workers, max_body, max_connections, burst;
    int64_t handshake_timeout, request_timeout, idle_timeout, shutdown_delay;
};

extern const struct option_row serve_options[];

/* Checks what the table cannot: values that exclude or need one another. ERROR_INPUT. */
int serve_check_values(const struct serve_values *values, struct error **err);

#endif
