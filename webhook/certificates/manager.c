/* Life of the certificate manager: its thread, its looks, and who leads. */
#include "webhook/certificates/manager_state.h"

#include <event2/event.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"

enum { RESIGN_TIMEOUT = 2000 };

/* --- Looking ---------------------------------------------------------------------------------- */

static void on_look(evutil_socket_t fd, short events, void *context)
{
    struct certificate_manager *manager = context;
    (void)fd;
    (void)events;
    manager_update_standing(manager);
    manager_update_status(manager);
    if (!manager_is_fetching(manager))
        manager_plan(manager);
}

void manager_look(struct certificate_manager *manager)
{
    static const struct timeval at_once = {0};
    (void)event_add(manager->look, &at_once);
}

void manager_look_in(struct certificate_manager *manager, int64_t wait)
{
    const struct timeval time = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    (void)event_add(manager->wake, &time);
}

/* --- Leading ---------------------------------------------------------------------------------- */

static void on_leads(bool leads, void *context)
{
    struct certificate_manager *manager = context;
    if (leads)
        log_info("this replica makes and renews the certificates now",
                 log_text("lease", manager->settings.lease), log_text("as", manager->identity));
    else
        log_info("this replica makes certificates no longer");
    manager_look(manager);
}

static void on_leading_failed(const struct error *error, void *context)
{
    struct certificate_manager *manager = context;
    manager_failed(manager, &manager->leading, PLAN_WAIT,
                   "the lease cannot be taken or renewed; it will be tried again", error);
}

static void on_leading_recovered(void *context)
{
    struct certificate_manager *manager = context;
    manager_succeeded(&manager->leading);
}

/* With the proportions of client-go's times. */
static void apply_for_lease(struct certificate_manager *manager)
{
    struct utsname machine;
    const char *host = uname(&machine) == 0 ? machine.nodename : "unknown";
    manager->identity = xasprintf("%.64s_%08x%08x", host, arc4random(), arc4random());
    int64_t duration = manager->settings.lease_duration;
    const struct kube_leader_settings settings = {
        .namespace = manager->settings.config->namespace,
        .name = manager->settings.lease,
        .identity = manager->identity,
        .changed = on_leads,
        .duration = duration,
        .renew_deadline = duration * 2 / 3,
        .retry = duration * 2 / 15,
        .failed = on_leading_failed,
        .recovered = on_leading_recovered,
        .context = manager,
    };
    manager->leader = kube_leader_create(manager->client, &settings);
}

/* --- The thread ------------------------------------------------------------------------------- */

static void on_resigned(void *context)
{
    struct certificate_manager *manager = context;
    event_base_loopbreak(manager->base);
}

static void on_stop(evutil_socket_t fd, short what, void *context)
{
    struct certificate_manager *manager = context;
    uint64_t value;
    (void)what;
    (void)eventfd_read(fd, &value);
    manager->stopping = true;
    kube_leader_resign(manager->leader, RESIGN_TIMEOUT, on_resigned);
}

static void *run(void *context)
{
    struct certificate_manager *manager = context;
    (void)event_base_dispatch(manager->base);
    return NULL;
}

static int start_thread(struct certificate_manager *manager, struct error **err)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(&manager->thread, NULL, run, manager);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (problem != 0)
        return error_set_errno(err, ERROR_INTERNAL, problem, "cannot start a thread");
    manager->started = true;
    return 0;
}

static int start(struct certificate_manager *manager, struct error **err)
{
    manager->base = event_base_new();
    manager->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!manager->base || manager->stop_fd < 0)
        return error_set(err, ERROR_INTERNAL, "cannot make an event loop");
    manager->stop =
        event_new(manager->base, manager->stop_fd, EV_READ | EV_PERSIST, on_stop, manager);
    manager->look = event_new(manager->base, -1, 0, on_look, manager);
    manager->wake = event_new(manager->base, -1, 0, on_look, manager);
    if (!manager->stop || !manager->look || !manager->wake || event_add(manager->stop, NULL) < 0)
        return error_set(err, ERROR_INTERNAL, "cannot make an event");
    const struct kube_client_settings client = {
        .base = manager->base,
        .config = manager->settings.config,
        .observer = manager->settings.observer,
        .context = manager->settings.context,
    };
    manager->client = kube_client_create(&client, err);
    if (!manager->client)
        return -1;
    manager_follow_secret(manager);
    manager_follow_configurations(manager);
    apply_for_lease(manager);
    return start_thread(manager, err);
}

/* --- Life ------------------------------------------------------------------------------------- */

static int take_names(struct certificate_manager *manager, struct error **err)
{
    const struct certificate_manager_settings *settings = &manager->settings;
    size_t count = 0;
    while (settings->names && settings->names[count])
        count++;
    manager->names = xcalloc(count + 3, sizeof(*manager->names));
    manager->service_names[0] =
        xasprintf("%s.%s.svc", settings->service, settings->config->namespace);
    manager->service_names[1] =
        xasprintf("%s.%s.svc.cluster.local", settings->service, settings->config->namespace);
    manager->names[0] = manager->service_names[0];
    manager->names[1] = manager->service_names[1];
    for (size_t i = 0; i < count; i++)
        manager->names[i + 2] = settings->names[i];
    return key_pair_check_names(manager->names, err);
}

struct certificate_manager *
certificate_manager_create(const struct certificate_manager_settings *settings, struct error **err)
{
    if (!settings->config->namespace) {
        (void)error_set(err, ERROR_INPUT,
                        "%s: the context names no namespace, where the certificates' Secret, Lease "
                        "and Service are (kubectl config set-context --namespace)",
                        settings->config->source);
        return NULL;
    }
    struct certificate_manager *manager = xcalloc(1, sizeof(*manager));
    manager->settings = *settings;
    manager->stop_fd = -1;
    manager->service =
        (struct configuration_service){settings->config->namespace, settings->service};
    (void)pthread_mutex_init(&manager->lock, NULL);
    if (take_names(manager, err) < 0 || start(manager, err) < 0) {
        certificate_manager_free(manager);
        return NULL;
    }
    return manager;
}

static void release(struct certificate_manager *manager)
{
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++) {
        configuration_release(&manager->configurations[kind].present);
        free(manager->configurations[kind].selector);
        free(manager->configurations[kind].lost);
    }
    for (int step = 0; step < PLAN_STEPS; step++)
        free(manager->steps[step].said);
    free(manager->fetching.said);
    free(manager->leading.said);
    stored_release(&manager->stored);
    buffer_release(&manager->bundle);
    secure_buffer_release(&manager->answer);
    X509_free(manager->served);
    X509_free(manager->served_authority);
    free(manager->service_names[0]);
    free(manager->service_names[1]);
    free(manager->names);
    free(manager->identity);
    free(manager->secret_selector);
    free(manager->secret_lost);
    free(manager->damage);
    free(manager->problem);
    (void)pthread_mutex_destroy(&manager->lock);
    free(manager);
}

void certificate_manager_free(struct certificate_manager *manager)
{
    if (!manager)
        return;
    if (manager->started) {
        (void)eventfd_write(manager->stop_fd, 1);
        (void)pthread_join(manager->thread, NULL);
    }
    kube_leader_free(manager->leader);
    kube_watch_free(manager->secret_watch);
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++)
        kube_watch_free(manager->configurations[kind].watch);
    kube_client_free(manager->client);
    if (manager->look)
        event_free(manager->look);
    if (manager->wake)
        event_free(manager->wake);
    if (manager->stop)
        event_free(manager->stop);
    if (manager->base)
        event_base_free(manager->base);
    if (manager->stop_fd >= 0)
        (void)close(manager->stop_fd);
    release(manager);
}
