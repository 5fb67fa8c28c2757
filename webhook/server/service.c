#include "webhook/server/service.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/utsname.h>
#include <time.h>

#include "lib/common/file_watch.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/common/resident.h"
#include "lib/common/secure_buffer.h"
#include "lib/http/certificate.h"
#include "lib/http/key_pair.h"
#include "lib/http/self_signed.h"
#include "webhook/server/endpoints.h"
#include "webhook/server/health.h"
#include "webhook/sources/cluster_source.h"
#include "webhook/sources/manifest_source.h"

/* A changed manifest takes effect within a second, also where inotify does not work. */
enum { MANIFEST_POLL = 500, HEALTH_CONNECTIONS = 64, RENEWAL_SECONDS = 3600 };

struct service {
    struct instruments *instruments;
    struct source *source;
    struct file_watch *manifest_watch; /* NULL where specs come from a cluster */
    struct kube_config *kube_config;
    struct grant_store *grants;
    struct certificate_store *certificates;
    struct certificate_manager *manager; /* NULL where certificates come from files */
    struct endpoints endpoints;
    struct health health;
    struct http_route routes[ENDPOINT_ROUTES + 1];
    struct http_route health_routes[HEALTH_ROUTES + 1];
    struct http_server *server, *health_server;
};

/* --- Manifests ------------------------------------------------------------------------------ */

static void report_problem(void *context, const struct problem *problem)
{
    cleanup_arena struct arena arena = {0};
    (void)context;
    log_at(problem->severity == PROBLEM_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
           problem->message, log_text("at", origin_text(problem->origin, &arena)));
}

static int load_manifests(struct service *service, struct error **err)
{
    if (manifest_source_reload(service->source, report_problem, NULL, err) < 0)
        return -1;
    struct source_statistics statistics = {0};
    source_statistics(service->source, &statistics);
    log_info("manifests loaded", log_integer("specs", (int64_t)statistics.specs),
             log_integer("broken", (int64_t)statistics.broken_specs));
    return 0;
}

static void reload_manifests(void *context)
{
    cleanup_error struct error *error = NULL;
    if (load_manifests(context, &error) < 0)
        log_error("manifests are no good; the last good ones stay", log_error_field(error));
}

static int open_manifests(struct service *service, const struct service_settings *settings,
                          struct error **err)
{
    service->source = manifest_source_create(settings->manifests, settings->manifest_count);
    const struct file_watch_settings watch = {.paths = settings->manifests,
                                              .count = settings->manifest_count,
                                              .poll = MANIFEST_POLL,
                                              .changed = reload_manifests,
                                              .context = service};
    /* First, so that no change is missed in between. */
    service->manifest_watch = file_watch_create(&watch, err);
    return service->manifest_watch ? load_manifests(service, err) : -1;
}

/* --- Cluster -------------------------------------------------------------------------------- */

static int open_cluster(struct service *service, const struct service_settings *settings,
                        struct error **err)
{
    const struct kube_config_options options = {
        .kubeconfig = settings->kubeconfig, .context = settings->context, .pod_first = true};
    service->kube_config = kube_config_load(&options, err);
    if (!service->kube_config)
        return error_prefix(
            err, "no cluster (give --kubeconfig FILE, or manifests with --standalone PATH)");
    const struct cluster_source_settings cluster = {
        .config = service->kube_config,
        .qps = settings->qps,
        .burst = settings->burst,
        .authorisation_ttl = settings->authorisation_ttl,
        .observer = instruments_count_api_call,
        .context = service->instruments,
    };
    log_info("serving a cluster", log_text("server", service->kube_config->server),
             log_text("config", service->kube_config->source));
    service->source = cluster_source_create(&cluster, err);
    return service->source ? 0 : -1;
}

/* --- Certificates --------------------------------------------------------------------------- */

static int make_certificate(const struct service_settings *settings, struct self_signed *made,
                            struct error **err)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    struct utsname machine;
    size_t count = 0;
    while (settings->names && settings->names[count])
        count++;
    cleanup_free const char **names = xcalloc(count + ARRAY_LENGTH(always) + 2, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = settings->names[i];
    for (size_t i = 0; i < ARRAY_LENGTH(always); i++)
        names[count++] = always[i];
    /* Linux allows names that DNS does not, with an underscore for example. */
    if (uname(&machine) == 0 &&
        key_pair_check_names((const char *const[]){machine.nodename, NULL}, NULL) == 0)
        names[count] = machine.nodename;
    if (self_signed_ensure(settings->state_directory, names, made, err) < 0)
        return error_prefix(err, "no certificate can be made (give --tls-cert and --tls-key, or "
                                 "--state-dir)");
    return 0;
}

/* Makes our own certificate anew where it is due; the store, which watches the files, takes it. */
static void renew_certificate(const struct service_settings *settings)
{
    cleanup_self_signed struct self_signed made = {0};
    cleanup_error struct error *error = NULL;
    if (!settings->certificate && !settings->self_managed &&
        make_certificate(settings, &made, &error) < 0)
        log_error("the certificate cannot be renewed", log_error_field(error));
}

static int open_managed(struct service *service, const struct service_settings *settings,
                        struct error **err)
{
    const struct certificate_settings none = {.client_ca = settings->client_ca};
    struct certificate_manager_settings managed = settings->managed;
    service->certificates = certificate_store_create(&none, err);
    if (!service->certificates)
        return -1;
    managed.config = service->kube_config;
    managed.observer = instruments_count_api_call;
    managed.context = service->instruments;
    managed.store = service->certificates;
    managed.names = settings->names;
    service->manager = certificate_manager_create(&managed, err);
    return service->manager ? 0 : error_prefix(err, "--self-managed-certs");
}

static int open_certificates(struct service *service, const struct service_settings *settings,
                             struct error **err)
{
    cleanup_self_signed struct self_signed made = {0};
    struct certificate_settings files = {.certificate = settings->certificate,
                                         .key = settings->key,
                                         .client_ca = settings->client_ca};
    if (settings->self_managed)
        return open_managed(service, settings, err);
    if (!files.certificate) {
        if (make_certificate(settings, &made, err) < 0)
            return -1;
        log_info("serving with a certificate of our own", log_text("ca", made.ca));
        files.certificate = made.certificate;
        files.key = made.key;
    }
    service->certificates = certificate_store_create(&files, err);
    return service->certificates ? 0 : -1;
}

/* --- Servers -------------------------------------------------------------------------------- */

static unsigned processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static int open_servers(struct service *service, const struct service_settings *settings,
                        struct error **err)
{
    service->endpoints = (struct endpoints){
        .settings = settings->decision,
        .requesters = settings->check_requesting_user ? &settings->requesters : NULL,
        .source = service->source,
        .grants = service->grants,
        .instruments = service->instruments};
    endpoints_routes(&service->endpoints, service->routes);
    const struct http_settings main_settings = {
        .listen = settings->listen,
        .workers = settings->workers ? settings->workers : processors(),
        .routes = service->routes,
        .certificates = service->certificates,
        .limits = settings->limits,
        .worker_create = endpoints_worker_create,
        .worker_free = endpoints_worker_free,
        .observer = endpoints_observe,
        .context = &service->endpoints,
    };
    service->server = http_server_create(&main_settings, err);
    if (!service->server)
        return -1;
    service->health.source = service->source;
    service->health.certificates = service->certificates;
    service->health.manager = service->manager;
    service->health.instruments = service->instruments;
    health_routes(&service->health, service->health_routes);
    const struct http_settings health_settings = {
        .listen = settings->health_listen,
        .workers = 1,
        .routes = service->health_routes,
        .limits = {.connections = HEALTH_CONNECTIONS},
    };
    service->health_server = http_server_create(&health_settings, err);
    return service->health_server ? 0 : -1;
}

static int start(struct service *service, const struct service_settings *settings,
                 struct error **err)
{
    bool cluster = settings->manifest_count == 0;
    service->instruments = instruments_create(cluster, settings->self_managed);
    if ((cluster ? open_cluster : open_manifests)(service, settings, err) < 0)
        return -1;
    if (settings->grant_keys) {
        service->grants = grant_store_create(settings->grant_keys, err);
        if (!service->grants)
            return -1;
    }
    if (open_certificates(service, settings, err) < 0 || open_servers(service, settings, err) < 0)
        return -1;
    const struct instrument_sources sources = {service->source, service->certificates,
                                               service->server, service->manager};
    instruments_set_sources(service->instruments, &sources);
    if (http_server_start(service->server, err) < 0 ||
        http_server_start(service->health_server, err) < 0)
        return -1;
    log_info("ready", log_text("listen", http_server_address(service->server)),
             log_text("health", http_server_address(service->health_server)),
             log_text("version", GMSA_VERSION));
    return 0;
}

static void release(struct service *service)
{
    /* What uses goes before what it uses. */
    http_server_free(service->health_server);
    http_server_free(service->server);
    certificate_manager_free(service->manager);
    certificate_store_free(service->certificates);
    grant_store_free(service->grants);
    file_watch_free(service->manifest_watch);
    source_free(service->source);
    kube_config_free(service->kube_config);
    instruments_free(service->instruments);
}

/* --- Signals -------------------------------------------------------------------------------- */

/* Blocked in every thread, so that they only arrive where they are waited for. */
static sigset_t block_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    return set;
}

static void serve_until_signal(struct service *service, const struct service_settings *settings,
                               const sigset_t *signals)
{
    static const struct timespec pause = {RENEWAL_SECONDS, 0};
    for (;;) {
        int number = sigtimedwait(signals, NULL, &pause);
        if (number == SIGHUP && service->manifest_watch)
            reload_manifests(service);
        if (number == SIGHUP || (number < 0 && errno == EAGAIN)) {
            renew_certificate(settings);
        } else if (number > 0) {
            log_info("shutting down", log_text("signal", number == SIGINT ? "SIGINT" : "SIGTERM"));
            return;
        }
    }
}

/* The API server goes on sending until it has seen that we are not ready: serve on meanwhile. */
static void shut_down(struct service *service, int64_t delay, const sigset_t *signals)
{
    atomic_store(&service->health.draining, true);
    const struct timespec pause = {delay / 1000, delay % 1000 * 1000000};
    while (sigtimedwait(signals, NULL, &pause) < 0 && errno == EINTR)
        ;
    http_server_drain(service->server);
    http_server_join(service->server);
    log_info("stopped");
}

int service_run(const struct service_settings *settings, struct error **err)
{
    struct service service = {0};
    secure_process();
    /* A heap for every thread would cost more memory than their rare contention costs time. */
    (void)mallopt(M_ARENA_MAX, 1);
    sigset_t signals = block_signals();
    int result = start(&service, settings, err);
    if (result == 0) {
        resident_give_back_files();
        serve_until_signal(&service, settings, &signals);
        shut_down(&service, settings->shutdown_delay, &signals);
    }
    release(&service);
    return result;
}
