/* The options of `gmsa-webhook serve`. */
#include "webhook/commands/serve_options.h"

#include <stdlib.h>
#include <string.h>

#include "credspec/kubernetes.h"

/* Milliseconds: a day, a hundred years. */
static const int64_t DURATION_MAX = INT64_C(24) * 3600 * 1000;
static const int64_t LIFE_MAX = INT64_C(100) * 365 * 24 * 3600 * 1000;

#define AT(member) offsetof(struct serve_values, member)

static const char default_state_dir[] = "/var/lib/gmsa-webhook";
static const char *const invalid_specs_choices[] = {"refuse", "warn", NULL};
static const char *const log_formats[] = {"auto", "text", "json", NULL};

const struct option_row serve_options[] = {
    {.type = OPTION_LIST,
     .name = "standalone",
     .argument = "PATH",
     .offset = AT(standalone),
     .heading = "Where specs and permissions come from",
     .help = "a manifest or a folder of them instead of a cluster: credential specs, service "
             "accounts, RBAC; may be given several times; watched, a broken change leaves the last "
             "good state"},
    {.type = OPTION_TEXT,
     .name = "kubeconfig",
     .argument = "FILE",
     .offset = AT(kubeconfig),
     .help = "how to reach the API server; without it KUBECONFIG, then the pod's own service "
             "account, then ~/.kube/config; one that runs credential plug-ins is refused"},
    {.type = OPTION_TEXT,
     .name = "context",
     .argument = "NAME",
     .offset = AT(context),
     .help = "the kubeconfig's context; its current one by default"},
    {.type = OPTION_DURATION,
     .name = "authorization-cache-ttl",
     .argument = "TIME",
     .offset = AT(authorisation_ttl),
     .fallback = "30s",
     .help = "how long the API server's answer that an account may use a spec is kept at most; any "
             "change to RBAC ends it at once; 0 asks every time"},
    {.type = OPTION_TEXT,
     .name = "qps",
     .argument = "N",
     .offset = AT(qps),
     .environment = "QPS",
     .fallback = "500",
     .help = "calls to the API server a second; 0 means no limit"},
    {.type = OPTION_INTEGER,
     .name = "burst",
     .argument = "N",
     .offset = AT(burst),
     .environment = "BURST",
     .fallback = "1000",
     .minimum = 0,
     .maximum = INT32_MAX,
     .help = "calls to the API server at once, beyond --qps"},
    {.type = OPTION_TEXT,
     .name = "listen",
     .argument = "ADDRESS",
     .offset = AT(listen),
     .fallback = "[::]:8443",
     .heading = "Serving",
     .help = "where to serve HTTPS"},
    {.type = OPTION_INTEGER,
     .name = "https-port",
     .argument = "PORT",
     .offset = AT(https_port),
     .environment = "HTTPS_PORT",
     .minimum = 1,
     .maximum = 65535,
     .help = "the port alone, on all addresses; goes before --listen"},
    {.type = OPTION_TEXT,
     .name = "health-listen",
     .argument = "ADDRESS",
     .offset = AT(health_listen),
     .fallback = "[::]:8080",
     .help = "where to serve /livez, /readyz and /metrics over plain HTTP"},
    {.type = OPTION_INTEGER,
     .name = "workers",
     .argument = "N",
     .offset = AT(workers),
     .fallback = "0",
     .minimum = 0,
     .maximum = 256,
     .help = "serving threads; 0 means one for each processor"},
    {.type = OPTION_DURATION,
     .name = "shutdown-delay",
     .argument = "TIME",
     .offset = AT(shutdown_delay),
     .fallback = "5s",
     .help = "how long to serve on, not ready, after SIGTERM"},
    {.type = OPTION_TEXT,
     .name = "tls-cert",
     .argument = "FILE",
     .offset = AT(tls_cert),
     .environment = "TLS_CRT",
     .heading = "Certificates",
     .help = "certificate and chain (PEM); reloaded whenever it changes. Without it an authority "
             "and a certificate are made in --state-dir"},
    {.type = OPTION_TEXT,
     .name = "tls-key",
     .argument = "FILE",
     .offset = AT(tls_key),
     .environment = "TLS_KEY",
     .help = "its private key (PEM)"},
    {.type = OPTION_TEXT,
     .name = "client-ca",
     .argument = "FILE",
     .offset = AT(client_ca),
     .help = "clients must show a certificate of this authority (PEM)"},
    {.type = OPTION_TEXT,
     .name = "state-dir",
     .argument = "DIR",
     .offset = AT(state_dir),
     .fallback = default_state_dir,
     .help = "where our own authority and certificate live"},
    {.type = OPTION_LIST,
     .name = "tls-name",
     .argument = "NAME",
     .offset = AT(tls_names),
     .help = "a further DNS name or address in the certificate that is made; may be given several "
             "times"},
    {.type = OPTION_FLAG,
     .name = "self-managed-certs",
     .offset = AT(self_managed),
     .heading = "Certificates made in the cluster",
     .help = "make an authority and a certificate in a Secret, renew them, and write the authority "
             "into the webhook configurations; in place of --tls-cert and --state-dir. The replica "
             "that holds the Lease does it. The namespace is the pod's, or the context's"},
    {.type = OPTION_TEXT,
     .name = "self-managed-secret",
     .argument = "NAME",
     .offset = AT(managed_secret),
     .fallback = "gmsa-webhook-certificates",
     .help = "the Secret; one that is not ours is never touched"},
    {.type = OPTION_TEXT,
     .name = "self-managed-lease",
     .argument = "NAME",
     .offset = AT(managed_lease),
     .fallback = "gmsa-webhook-certificates",
     .help = "the Lease"},
    {.type = OPTION_DURATION,
     .name = "self-managed-lease-duration",
     .argument = "TIME",
     .offset = AT(managed_lease_duration),
     .fallback = "15s",
     .help = "how long the others wait for a replica that holds the Lease and is silent; it renews "
             "the Lease seven times as often"},
    {.type = OPTION_TEXT,
     .name = "self-managed-service",
     .argument = "NAME",
     .offset = AT(managed_service),
     .fallback = "gmsa-webhook",
     .help =
         "the Service that API servers reach the webhook by; the certificate has its DNS names, "
         "and those of --tls-name"},
    {.type = OPTION_TEXT,
     .name = "self-managed-configuration",
     .argument = "NAME",
     .offset = AT(managed_configuration),
     .fallback = "gmsa-webhook",
     .help = "the name of the MutatingWebhookConfiguration and of the "
             "ValidatingWebhookConfiguration whose caBundle is ours"},
    {.type = OPTION_DURATION,
     .name = "self-managed-ca-life",
     .argument = "TIME",
     .offset = AT(managed_ca_life),
     .fallback = "8760h",
     .help = "how long an authority is valid; the next one is made at two thirds of it"},
    {.type = OPTION_DURATION,
     .name = "self-managed-cert-life",
     .argument = "TIME",
     .offset = AT(managed_cert_life),
     .fallback = "2160h",
     .help = "how long a serving certificate is valid; renewed at two thirds of it"},
    {.type = OPTION_DURATION,
     .name = "self-managed-trust-delay",
     .argument = "TIME",
     .offset = AT(managed_trust_delay),
     .fallback = "10s",
     .help = "how long a new authority stands in every webhook configuration before a certificate "
             "of it is served: the time that API servers take to see a changed configuration. Less "
             "than the default is for tests"},
    {.type = OPTION_TEXT,
     .name = "default-run-as-user-name",
     .argument = "USER",
     .offset = AT(default_user),
     .heading = "Decisions",
     .help = "default runAsUserName for pods whose credential spec names none and allows it"},
    {.type = OPTION_FLAG,
     .name = "random-hostname",
     .offset = AT(random_hostname),
     .environment = "RANDOM_HOSTNAME",
     .help = "give pods with a gMSA and no hostname a random one of 15 characters"},
    {.type = OPTION_CHOICE,
     .name = "invalid-specs",
     .offset = AT(invalid_specs),
     .fallback = "refuse",
     .choices = invalid_specs_choices,
     .help = "what to do with a GMSACredentialSpec object that breaks a rule"},
    {.type = OPTION_FLAG,
     .name = "check-requesting-user",
     .offset = AT(check_requesting_user),
     .help = "a person who creates a pod must be permitted to use its specs too; nodes and the "
             "controllers of kube-system need not be"},
    {.type = OPTION_LIST,
     .name = "controller-user",
     .argument = "USER",
     .offset = AT(controller_users),
     .help = "a user whom --check-requesting-user lets pass, as "
             "system:serviceaccount:argo:server; may be given several times"},
    {.type = OPTION_TEXT,
     .name = "linux-grant-key",
     .argument = "PATH",
     .offset = AT(grant_key),
     .help = "a folder of grant keys or one key (gmsa-webhook keygen); without it Linux pods with "
             "a gMSA are refused; reloaded whenever it changes"},
    {.type = OPTION_TEXT,
     .name = "cluster-name",
     .argument = "NAME",
     .offset = AT(cluster_name),
     .help = "the cluster's name in grants; with --standalone it is \"standalone\" by default"},
    {.type = OPTION_SIZE,
     .name = "max-body",
     .argument = "SIZE",
     .offset = AT(max_body),
     .fallback = "8MiB",
     .heading = "Limits",
     .help = "largest request body"},
    {.type = OPTION_INTEGER,
     .name = "max-connections",
     .argument = "N",
     .offset = AT(max_connections),
     .fallback = "1024",
     .minimum = 1,
     .maximum = 65536,
     .help = "connections open at a time"},
    {.type = OPTION_DURATION,
     .name = "handshake-timeout",
     .argument = "TIME",
     .offset = AT(handshake_timeout),
     .fallback = "10s",
     .help = "for a TLS handshake"},
    {.type = OPTION_DURATION,
     .name = "request-timeout",
     .argument = "TIME",
     .offset = AT(request_timeout),
     .fallback = "10s",
     .help = "from a request's first byte to its last"},
    {.type = OPTION_DURATION,
     .name = "idle-timeout",
     .argument = "TIME",
     .offset = AT(idle_timeout),
     .fallback = "2m",
     .help = "for a connection without a request"},
    {.type = OPTION_TEXT,
     .name = "log-level",
     .argument = "LEVEL",
     .offset = AT(log_level),
     .environment = "LOG_LEVEL",
     .fallback = "info",
     .heading = "Logs",
     .help = "debug, info, warning or error; pods without a gMSA are logged at debug"},
    {.type = OPTION_CHOICE,
     .name = "log-format",
     .offset = AT(log_format),
     .fallback = "auto",
     .choices = log_formats,
     .help = "auto means text on a terminal and JSON elsewhere"},
    {0},
};

/* In the last third of a life a leader that was killed must be replaced and the new certificate be
 * made, of an authority after the trust delay: what is too short for that ends in an outage. */
static int check_lives(const struct serve_values *values, struct error **err)
{
    int64_t lease = values->managed_lease_duration, delay = values->managed_trust_delay;
    if (lease < 3000 || lease > DURATION_MAX || lease % 1000 != 0)
        return error_set(err, ERROR_INPUT,
                         "--self-managed-lease-duration must be whole seconds, from 3 s to a day");
    if (delay > DURATION_MAX)
        return error_set(err, ERROR_INPUT, "--self-managed-trust-delay must be at most a day");
    if (values->managed_ca_life < 3 * (lease + delay) || values->managed_ca_life > LIFE_MAX)
        return error_set(err, ERROR_INPUT,
                         "--self-managed-ca-life must be at least three times "
                         "--self-managed-lease-duration and --self-managed-trust-delay together, "
                         "and at most 100 years");
    if (values->managed_cert_life < 3 * lease ||
        values->managed_cert_life > values->managed_ca_life)
        return error_set(err, ERROR_INPUT,
                         "--self-managed-cert-life must be at least three times "
                         "--self-managed-lease-duration, and at most --self-managed-ca-life");
    return 0;
}

static int check_managed(const struct serve_values *values, struct error **err)
{
    if (values->standalone.count > 0)
        return error_set(err, ERROR_INPUT,
                         "--self-managed-certs is for a cluster: it does not go with --standalone, "
                         "which makes a certificate in --state-dir");
    if (values->tls_cert || values->tls_key)
        return error_set(err, ERROR_INPUT,
                         "--self-managed-certs makes the certificate: it does not go with "
                         "--tls-cert and --tls-key (TLS_CRT and TLS_KEY)");
    if (strcmp(values->state_dir, default_state_dir) != 0)
        return error_set(err, ERROR_INPUT,
                         "--self-managed-certs keeps everything in a Secret: it does not go with "
                         "--state-dir");
    return check_lives(values, err);
}

int serve_check_values(const struct serve_values *values, struct error **err)
{
    bool standalone = values->standalone.count > 0;
    if (standalone && (values->kubeconfig || values->context || values->check_requesting_user))
        return error_set(err, ERROR_INPUT,
                         "--kubeconfig, --context and --check-requesting-user are for a cluster: "
                         "they do not go with --standalone");
    if (values->controller_users.count > 0 && !values->check_requesting_user)
        return error_set(err, ERROR_INPUT, "--controller-user needs --check-requesting-user");
    if (!standalone && values->grant_key && !values->cluster_name)
        return error_set(err, ERROR_INPUT,
                         "--linux-grant-key needs --cluster-name, which nodes compare: a grant of "
                         "one cluster must be none in another");
    if (values->self_managed && check_managed(values, err) < 0)
        return -1;
    if (!values->tls_cert != !values->tls_key)
        return error_set(err, ERROR_INPUT, "--tls-cert and --tls-key belong together");
    char *end;
    double number = strtod(values->qps, &end);
    if (end == values->qps || *end != '\0' || !(number >= 0))
        return error_set(err, ERROR_INPUT, "--qps: \"%s\" is no number", values->qps);
    if (values->default_user) {
        const char *messages[KUBERNETES_MESSAGES_MAX];
        struct slice user = slice_of(values->default_user);
        if (kubernetes_check_run_as_user_name(user, messages) > 0)
            return error_set(err, ERROR_INPUT, "--default-run-as-user-name: \"%s\": %s",
                             values->default_user, messages[0]);
    }
    return 0;
}
