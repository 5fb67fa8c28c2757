/* gmsa-webhook serve: the admission webhook. */
#include <stdlib.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "webhook/commands/commands.h"
#include "webhook/commands/serve_options.h"
#include "webhook/server/service.h"

static int configure_log(const struct serve_values *values, struct error **err)
{
    enum log_level level;
    if (log_level_parse(values->log_level, &level, err) < 0)
        return error_prefix(err, "--log-level");
    switch (values->log_format[0]) {
    case 't':
        log_configure(level, LOG_FORMAT_TEXT);
        break;
    case 'j':
        log_configure(level, LOG_FORMAT_JSON);
        break;
    default:
        log_configure(level, LOG_FORMAT_AUTOMATIC);
    }
    return 0;
}

static int run(const struct command_row *command, const void *given, const char *const *operands)
{
    const struct serve_values *values = given;
    cleanup_error struct error *error = NULL;
    (void)command;
    (void)operands;
    if (serve_check_values(values, &error) < 0 || configure_log(values, &error) < 0)
        return program_fail(EXIT_USAGE, error);

    cleanup_free char *port = xasprintf("[::]:%lld", (long long)values->https_port);
    cleanup_free const char **names = xcalloc(values->tls_names.count + 1, sizeof(*names));
    for (size_t i = 0; i < values->tls_names.count; i++)
        names[i] = values->tls_names.values[i];
    const struct service_settings settings = {
        .manifests = values->standalone.values,
        .manifest_count = values->standalone.count,
        .kubeconfig = values->kubeconfig,
        .context = values->context,
        .qps = strtod(values->qps, NULL),
        .burst = (unsigned)values->burst,
        .authorisation_ttl = values->authorisation_ttl,
        .check_requesting_user = values->check_requesting_user,
        .requesters = {.controllers = values->controller_users.values,
                       .controller_count = values->controller_users.count},
        .listen = values->https_port ? port : values->listen,
        .health_listen = values->health_listen,
        .workers = (unsigned)values->workers,
        .limits = {.body = (size_t)values->max_body,
                   .connections = (size_t)values->max_connections,
                   .handshake = values->handshake_timeout,
                   .request = values->request_timeout,
                   .idle = values->idle_timeout},
        .certificate = values->tls_cert,
        .key = values->tls_key,
        .client_ca = values->client_ca,
        .state_directory = values->state_dir,
        .names = names,
        .self_managed = values->self_managed,
        .managed = {.secret = values->managed_secret,
                    .lease = values->managed_lease,
                    .lease_duration = values->managed_lease_duration,
                    .service = values->managed_service,
                    .configuration = values->managed_configuration,
                    .authority_life = values->managed_ca_life,
                    .certificate_life = values->managed_cert_life,
                    .trust_delay = values->managed_trust_delay},
        .grant_keys = values->grant_key,
        .shutdown_delay = values->shutdown_delay,
        .decision = {.default_run_as_user_name = slice_of(values->default_user),
                     .random_hostname = values->random_hostname,
                     .warn_on_invalid_specs = values->invalid_specs[0] == 'w',
                     .cluster_name =
                         slice_of(values->cluster_name ? values->cluster_name : "standalone")},
    };
    if (service_run(&settings, &error) < 0) {
        log_error("cannot serve", log_error_field(error));
        return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}

static const struct option_example examples[] = {
    {"gmsa-webhook serve --tls-cert /tls/tls.crt --tls-key /tls/tls.key",
     "Serve in a cluster, as its Deployment does"},
    {"gmsa-webhook serve --self-managed-certs",
     "The same with certificates of its own in a Secret, without cert-manager"},
    {"gmsa-webhook serve --kubeconfig admin.conf --context test --state-dir ./state",
     "Serve a cluster from outside"},
    {"gmsa-webhook serve --standalone manifests/ --state-dir ./state",
     "Serve the specs and RBAC of a folder, with a certificate of our own"},
    {"gmsa-webhook serve --standalone /etc/gmsa --tls-cert tls.crt --tls-key tls.key "
     "--client-ca apiserver-ca.crt",
     "Serve with given certificates, to the API server alone"},
    {0},
};

static const char *const exit_codes[] = {"0 it was asked to stop and has served every request",
                                         "2 it could not start", NULL};

const struct command_row serve_command = {
    .name = "serve",
    .summary = "serve the admission webhook",
    .description =
        "Serves /mutate, /validate, /validate-credspec and /warn over HTTPS (TLS 1.2 and up), and "
        "/livez, /readyz and /metrics over plain HTTP.\n"
        "\n"
        "Credential specs and permissions come from the cluster: specs are watched, and the API "
        "server is asked whether a pod's service account may \"use\" them. With --standalone they "
        "come from manifests, and no cluster is needed.\n"
        "\n"
        "On SIGTERM /readyz fails at once, serving goes on for --shutdown-delay, requests under "
        "way are finished. SIGHUP reloads the manifests, which are watched as well, and renews the "
        "certificate in --state-dir where it is due, which is looked at each hour as well.",
    .options = serve_options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct serve_values),
    .run = run,
};
