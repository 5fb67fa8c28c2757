#include "webhook/server/instruments.h"

#include <stdio.h>
#include <string.h>

#include "lib/common/memory.h"

enum { ENDPOINTS = ENDPOINT_WARN + 1 };

struct instruments {
    struct metrics *metrics;
    struct metric_family *requests, *in_flight, *latency, *decisions;
    struct metric *specs_known, *specs_broken, *specs_stale, *cache_hits, *cache_misses;
    struct metric_family *api_calls;
    struct metric *api_up, *definition_lacks_fields; /* NULL where there is no cluster */
    struct metric *certificate_expiry, *certificate_reads, *certificate_errors;
    /* NULL where certificates are not made here. */
    struct metric *leads, *trusted, *authority_expiry;
    struct metric *steps[PLAN_STEPS], *failures[PLAN_STEPS];
    struct metric *connections, *handshakes_failed, *timed_out, *evicted;
    struct instrument_sources sources;
};

/* Decisions come in few kinds, and a worker sees the same ones again and again. */
struct decision_series {
    enum endpoint endpoint;
    enum operation operation;
    bool allowed;
    const char *reason;
    struct metric *metric;
};
struct answer_series {
    enum endpoint endpoint;
    int status;
    struct metric *metric;
};
enum { DECISIONS_KEPT = 64, ANSWERS_KEPT = 32 };

struct instrument_cache {
    struct instruments *instruments;
    struct metric *in_flight[ENDPOINTS], *latency[ENDPOINTS];
    struct decision_series decisions[DECISIONS_KEPT];
    size_t decision_count;
    struct answer_series answers[ANSWERS_KEPT];
    size_t answer_count;
};

const char *endpoint_name(enum endpoint endpoint)
{
    static const char *const names[ENDPOINTS] = {"mutate", "validate", "validate-credspec", "warn"};
    return names[endpoint];
}

const char *operation_name(enum operation operation)
{
    static const char *const names[] = {"CREATE", "UPDATE", "DELETE", "CONNECT", "OTHER"};
    return names[operation];
}

static struct metric *single(struct metric_family *family)
{
    return metric_series(family, NULL);
}

static void collect_managed(struct instruments *instruments, struct certificate_manager *manager)
{
    struct certificate_manager_status status;
    certificate_manager_status(manager, &status);
    metric_set(instruments->leads, status.leads);
    metric_set(instruments->trusted, status.trusted);
    metric_set(instruments->authority_expiry, (double)status.authority_expiry);
    for (int step = 0; step < PLAN_STEPS; step++) {
        if (instruments->steps[step])
            metric_set_counter(instruments->steps[step], status.done[step]);
        metric_set_counter(instruments->failures[step], status.failures[step]);
    }
}

static void collect(void *context)
{
    struct instruments *instruments = context;
    const struct instrument_sources *sources = &instruments->sources;
    if (sources->source) {
        struct source_statistics statistics = {0};
        source_statistics(sources->source, &statistics);
        metric_set(instruments->specs_known, (double)(statistics.specs - statistics.broken_specs));
        metric_set(instruments->specs_broken, (double)statistics.broken_specs);
        metric_set(instruments->specs_stale, statistics.stale);
        metric_set_counter(instruments->cache_hits, statistics.authorisation_cache_hits);
        metric_set_counter(instruments->cache_misses, statistics.authorisation_cache_misses);
        if (instruments->api_up) {
            metric_set(instruments->api_up, statistics.api_up ? 1 : 0);
            metric_set(instruments->definition_lacks_fields,
                       statistics.definition_lacks_fields ? 1 : 0);
        }
    }
    if (sources->certificates) {
        struct certificate_status status;
        certificate_store_status(sources->certificates, &status);
        metric_set(instruments->certificate_expiry, (double)status.expiry);
        metric_set_counter(instruments->certificate_reads, status.reads);
        metric_set_counter(instruments->certificate_errors, status.errors);
    }
    if (sources->manager)
        collect_managed(instruments, sources->manager);
    if (sources->server) {
        struct http_statistics statistics;
        http_server_statistics(sources->server, &statistics);
        metric_set(instruments->connections, (double)statistics.connections);
        metric_set_counter(instruments->handshakes_failed, statistics.handshakes_failed);
        metric_set_counter(instruments->timed_out, statistics.timed_out);
        metric_set_counter(instruments->evicted, statistics.evicted);
    }
}

static void add_webhook_families(struct instruments *instruments)
{
    static const char *const webhook[] = {"webhook", NULL};
    static const char *const webhook_code[] = {"webhook", "code", NULL};
    static const char *const decision[] = {"endpoint", "operation", "result", "reason", NULL};
    static const double seconds[] = {.0001, .00025, .0005, .001, .0025, .005, .01, .025,
                                     .05,   .1,     .25,   .5,   1,     2.5,  5,   10};
    struct metrics *metrics = instruments->metrics;
    instruments->requests =
        metrics_counter(metrics, "controller_runtime_webhook_requests_total",
                        "Admission requests by webhook and HTTP status", webhook_code);
    instruments->in_flight = metrics_gauge(metrics, "controller_runtime_webhook_requests_in_flight",
                                           "Admission requests being decided", webhook);
    instruments->latency = metrics_histogram(metrics, "controller_runtime_webhook_latency_seconds",
                                             "From the first byte of a request to its answer",
                                             webhook, seconds, ARRAY_LENGTH(seconds));
    (void)single(metrics_counter(metrics, "controller_runtime_webhook_panics_total",
                                 "Always 0: this program does not go on after a fault", NULL));
    instruments->decisions =
        metrics_counter(metrics, "gmsa_decisions_total",
                        "Decisions by endpoint, operation, result and reason", decision);
}

static void add_state_families(struct instruments *instruments)
{
    static const char *const state[] = {"state", NULL};
    static const char *const version[] = {"version", NULL};
    struct metrics *metrics = instruments->metrics;
    struct metric_family *specs = metrics_gauge(
        metrics, "gmsa_specs", "GMSACredentialSpecs by state: usable or broken", state);
    instruments->specs_known = metric_series(specs, (const char *const[]){"usable"});
    instruments->specs_broken = metric_series(specs, (const char *const[]){"broken"});
    instruments->specs_stale = single(metrics_gauge(
        metrics, "gmsa_specs_stale",
        "1 while the manifests are no good and the last good ones stay in use", NULL));
    instruments->cache_hits =
        single(metrics_counter(metrics, "gmsa_authorization_cache_hits_total",
                               "Authorisation questions answered from the cache", NULL));
    instruments->cache_misses =
        single(metrics_counter(metrics, "gmsa_authorization_cache_misses_total",
                               "Authorisation questions that had to be asked", NULL));
    instruments->certificate_expiry =
        single(metrics_gauge(metrics, "gmsa_certificate_expiry_timestamp_seconds",
                             "When the serving certificate ends, in seconds since 1970", NULL));
    instruments->certificate_reads =
        single(metrics_counter(metrics, "certwatcher_read_certificate_total",
                               "Attempts to load the serving certificate", NULL));
    instruments->certificate_errors =
        single(metrics_counter(metrics, "certwatcher_read_certificate_errors_total",
                               "Attempts to load the serving certificate that failed", NULL));
    struct metric_family *build =
        metrics_gauge(metrics, "gmsa_build_info", "Always 1; the version is the label", version);
    metric_set(metric_series(build, (const char *const[]){GMSA_VERSION}), 1);
}

static void add_connection_families(struct instruments *instruments)
{
    struct metrics *metrics = instruments->metrics;
    instruments->connections =
        single(metrics_gauge(metrics, "gmsa_http_connections", "Connections open now", NULL));
    instruments->handshakes_failed = single(metrics_counter(
        metrics, "gmsa_http_handshakes_failed_total", "TLS handshakes that failed", NULL));
    instruments->timed_out = single(
        metrics_counter(metrics, "gmsa_http_timeouts_total",
                        "Connections closed because a handshake or request took too long", NULL));
    instruments->evicted = single(metrics_counter(
        metrics, "gmsa_http_evictions_total", "Connections closed to make room for others", NULL));
}

static void add_managed_families(struct instruments *instruments)
{
    static const char *const step_label[] = {"step", NULL};
    struct metrics *metrics = instruments->metrics;
    instruments->leads =
        single(metrics_gauge(metrics, "gmsa_certificates_leader",
                             "Whether this replica makes and renews the certificates", NULL));
    instruments->trusted = single(metrics_gauge(
        metrics, "gmsa_certificates_trusted",
        "Whether every webhook configuration trusts the certificate that is served", NULL));
    instruments->authority_expiry = single(metrics_gauge(
        metrics, "gmsa_certificates_authority_expiry_timestamp_seconds",
        "When the authority of the serving certificate ends, in seconds since 1970", NULL));
    struct metric_family *steps = metrics_counter(
        metrics, "gmsa_certificates_steps_total",
        "Steps that this replica has done to make and renew certificates", step_label);
    struct metric_family *failures =
        metrics_counter(metrics, "gmsa_certificates_failures_total",
                        "What failed in making, renewing and following certificates", step_label);
    for (int step = 0; step < PLAN_STEPS; step++) {
        bool is_step = step != PLAN_WAIT;
        const char *const name[] = {is_step ? plan_step_name((enum plan_step)step) : "follow"};
        instruments->steps[step] = is_step ? metric_series(steps, name) : NULL;
        instruments->failures[step] = metric_series(failures, name);
    }
}

static void add_cluster_families(struct instruments *instruments)
{
    static const char *const call[] = {"code", "method", "host", NULL};
    struct metrics *metrics = instruments->metrics;
    instruments->api_calls =
        metrics_counter(metrics, "rest_client_requests_total",
                        "Calls to the API server by HTTP status, method and host", call);
    instruments->api_up =
        single(metrics_gauge(metrics, "gmsa_api_up",
                             "Whether the API server answered the latest call of a watch", NULL));
    instruments->definition_lacks_fields = single(metrics_gauge(
        metrics, "gmsa_definition_lacks_fields",
        "Whether the cluster's CustomResourceDefinition drops our fields of credential specs",
        NULL));
}

void instruments_count_api_call(const char *code, const char *method, const char *host,
                                void *context)
{
    const struct instruments *instruments = context;
    const char *const labels[] = {code, method, host};
    metric_add(metric_series(instruments->api_calls, labels), 1);
}

struct instruments *instruments_create(bool cluster, bool self_managed)
{
    struct instruments *instruments = xcalloc(1, sizeof(*instruments));
    instruments->metrics = metrics_create();
    add_webhook_families(instruments);
    add_state_families(instruments);
    add_connection_families(instruments);
    if (cluster)
        add_cluster_families(instruments);
    if (self_managed)
        add_managed_families(instruments);
    metrics_collect(instruments->metrics, collect, instruments);
    return instruments;
}

void instruments_free(struct instruments *instruments)
{
    if (!instruments)
        return;
    metrics_free(instruments->metrics);
    free(instruments);
}

void instruments_set_sources(struct instruments *instruments,
                             const struct instrument_sources *sources)
{
    instruments->sources = *sources;
}

void instruments_render(struct instruments *instruments, struct buffer *out)
{
    metrics_render(instruments->metrics, out);
}

struct instrument_cache *instrument_cache_create(struct instruments *instruments)
{
    struct instrument_cache *cache = xcalloc(1, sizeof(*cache));
    cache->instruments = instruments;
    for (int i = 0; i < ENDPOINTS; i++) {
        const char *const labels[] = {endpoint_name((enum endpoint)i)};
        cache->in_flight[i] = metric_series(instruments->in_flight, labels);
        cache->latency[i] = metric_series(instruments->latency, labels);
    }
    return cache;
}

void instrument_cache_free(struct instrument_cache *cache)
{
    free(cache);
}

void instruments_in_flight(struct instrument_cache *cache, enum endpoint endpoint, int by)
{
    metric_adjust(cache->in_flight[endpoint], by);
}

void instruments_decided(struct instrument_cache *cache, enum endpoint endpoint,
                         enum operation operation, bool allowed, const char *reason)
{
    for (size_t i = 0; i < cache->decision_count; i++) {
        const struct decision_series *known = &cache->decisions[i];
        if (known->reason == reason && known->endpoint == endpoint &&
            known->operation == operation && known->allowed == allowed) {
            metric_add(known->metric, 1);
            return;
        }
    }
    const char *const labels[] = {endpoint_name(endpoint), operation_name(operation),
                                  allowed ? "allowed" : "refused", reason};
    struct decision_series series = {endpoint, operation, allowed, reason,
                                     metric_series(cache->instruments->decisions, labels)};
    metric_add(series.metric, 1);
    if (cache->decision_count < DECISIONS_KEPT)
        cache->decisions[cache->decision_count++] = series;
}

static struct metric *answer_metric(struct instrument_cache *cache, enum endpoint endpoint,
                                    int status)
{
    for (size_t i = 0; i < cache->answer_count; i++)
        if (cache->answers[i].endpoint == endpoint && cache->answers[i].status == status)
            return cache->answers[i].metric;
    char code[16];
    (void)snprintf(code, sizeof(code), "%d", status);
    const char *const labels[] = {endpoint_name(endpoint), code};
    struct answer_series series = {endpoint, status,
                                   metric_series(cache->instruments->requests, labels)};
    if (cache->answer_count < ANSWERS_KEPT)
        cache->answers[cache->answer_count++] = series;
    return series.metric;
}

void instruments_answered(struct instrument_cache *cache, enum endpoint endpoint, int status,
                          double seconds)
{
    metric_add(answer_metric(cache, endpoint, status), 1);
    metric_observe(cache->latency[endpoint], seconds);
}
