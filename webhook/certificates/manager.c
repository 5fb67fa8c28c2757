#include "webhook/certificates/manager_state.h"

#include <event2/event.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <time.h>

#include "credspec/resource.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "webhook/sources/spec_definition.h"

enum { FETCH_TIMEOUT = 10 * 1000, RESIGN_TIMEOUT = 2000, WAIT_LEAST = 200, WAIT_MOST = 30 * 1000 };

static const int64_t MILLISECOND = 1000000;

const struct kube_resource manager_secrets = {"", "v1", "secrets"};
static const struct kube_resource configuration_resources[CONFIGURATION_KINDS] = {
    [CONFIGURATION_MUTATING] = {"admissionregistration.k8s.io", "v1",
                                "mutatingwebhookconfigurations"},
    [CONFIGURATION_VALIDATING] = {"admissionregistration.k8s.io", "v1",
                                  "validatingwebhookconfigurations"},
    [CONFIGURATION_DEFINITION] = {"apiextensions.k8s.io", "v1", "customresourcedefinitions"},
};

static const char *configuration_name(const struct certificate_manager *manager,
                                      enum configuration_kind kind)
{
    return kind == CONFIGURATION_DEFINITION ? SPEC_DEFINITION_NAME
                                            : manager->settings.configuration;
}

struct kube_target manager_configuration_target(const struct certificate_manager *manager,
                                                enum configuration_kind kind, bool collection)
{
    return (struct kube_target){.resource = &configuration_resources[kind],
                                .name = collection ? NULL : configuration_name(manager, kind)};
}

static void replace_text(char **place, char *text)
{
    free(*place);
    *place = text;
}

/* --- Failures --------------------------------------------------------------------------------- */

void manager_failed(struct certificate_manager *manager, struct postponed *postponed,
                    enum plan_step step, const char *message, const struct error *error)
{
    postponed->backoff.least = WAIT_LEAST;
    postponed->backoff.most = WAIT_MOST;
    int64_t wait = backoff_next(&postponed->backoff, arc4random());
    postponed->until = kube_now() + wait * MILLISECOND;
    pthread_mutex_lock(&manager->lock);
    manager->status.failures[step]++;
    pthread_mutex_unlock(&manager->lock);
    if (postponed->said && strcmp(postponed->said, error->message) == 0)
        return;
    replace_text(&postponed->said, xstrdup(error->message));
    log_error(message, log_text("step", step == PLAN_WAIT ? NULL : plan_step_name(step)),
              log_error_field(error));
}

void manager_succeeded(struct postponed *postponed)
{
    backoff_reset(&postponed->backoff);
    postponed->until = 0;
    replace_text(&postponed->said, NULL);
}

static void count_failure(struct certificate_manager *manager)
{
    pthread_mutex_lock(&manager->lock);
    manager->status.failures[PLAN_WAIT]++;
    pthread_mutex_unlock(&manager->lock);
}

/* --- What follows from what is known ---------------------------------------------------------- */

/* NULL where every configuration trusts what is served; else why not. */
static char *find_problem(const struct certificate_manager *manager)
{
    if (!manager->served)
        return xasprintf("there is none yet in the Secret %s", manager->settings.secret);
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++) {
        const struct followed_configuration *followed = &manager->configurations[kind];
        const char *name = configuration_name(manager, (enum configuration_kind)kind);
        const char *kind_name = configuration_kind_name((enum configuration_kind)kind);
        if (!followed->known)
            return xasprintf("%s %s has not been read yet", kind_name, name);
        if (!configuration_trusts(&followed->present, manager->served_authority))
            return xasprintf("%s %s does not trust it", kind_name, name);
    }
    return NULL;
}

static void update_status(struct certificate_manager *manager)
{
    char *problem = find_problem(manager);
    bool trusted = problem == NULL;
    pthread_mutex_lock(&manager->lock);
    struct certificate_manager_status *status = &manager->status;
    bool first = trusted && !status->ready, lost = status->trusted && !trusted;
    status->trusted = trusted;
    status->ready = status->ready || trusted;
    status->leads = manager->leader && kube_leader_leads(manager->leader);
    status->authority_expiry =
        manager->served_authority ? certificate_life(manager->served_authority).ends : 0;
    replace_text(&manager->problem, problem);
    pthread_mutex_unlock(&manager->lock);
    if (first)
        log_info("every configuration trusts the certificate");
    if (lost)
        log_warning("the certificate is not trusted any more", log_text("why", problem));
}

/* Whether the bundle stands in every configuration, and since when as far as we know. */
static void update_standing(struct certificate_manager *manager)
{
    struct slice bundle = {buffer_text(&manager->bundle), manager->bundle.length};
    bool stands = manager->bundle.length > 0;
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++)
        stands = stands && manager->configurations[kind].known &&
                 configuration_holds(&manager->configurations[kind].present, bundle);
    if (!stands)
        manager->standing_since = 0;
    else if (manager->standing_since == 0)
        manager->standing_since = kube_now();
}

static void update_bundle(struct certificate_manager *manager)
{
    cleanup_buffer struct buffer bundle = {0};
    if (manager->condition == PLAN_SECRET_GOOD)
        stored_bundle(&manager->stored, &bundle);
    if (slice_equal((struct slice){buffer_text(&bundle), bundle.length},
                    (struct slice){buffer_text(&manager->bundle), manager->bundle.length}))
        return;
    manager->standing_since = 0;
    buffer_clear(&manager->bundle);
    buffer_append(&manager->bundle, bundle.data, bundle.length);
}

static void fetch(struct certificate_manager *manager);

static void on_look(evutil_socket_t fd, short events, void *context)
{
    struct certificate_manager *manager = context;
    (void)fd;
    (void)events;
    update_standing(manager);
    update_status(manager);
    if (manager->fetch_wanted && !manager->fetch)
        fetch(manager);
    else
        manager_plan(manager);
}

void manager_look(struct certificate_manager *manager)
{
    static const struct timeval at_once = {0};
    (void)event_add(manager->look, &at_once);
}

/* --- Serving ---------------------------------------------------------------------------------- */

static int feed(struct certificate_manager *manager, struct error **err)
{
    cleanup_buffer struct buffer certificate = {0};
    cleanup_secure_buffer struct secure_buffer key = {0};
    if (key_pair_write(&manager->stored.serving, &certificate, &key, err) < 0)
        return -1;
    return certificate_store_feed(manager->settings.store,
                                  (struct slice){certificate.data, certificate.length},
                                  (struct slice){(const char *)key.data, key.length}, err);
}

/* Every certificate in the Secret is of an authority that the API servers trust: plan.h. */
static void serve_stored(struct certificate_manager *manager)
{
    cleanup_error struct error *error = NULL;
    const struct stored *stored = &manager->stored;
    X509 *certificate = stored->serving.certificate;
    char serial[CERTIFICATE_SERIAL_SIZE];
    if (!certificate || certificate_life(certificate).ends <= (int64_t)time(NULL) ||
        (manager->served && X509_cmp(manager->served, certificate) == 0))
        return;
    if (feed(manager, &error) < 0) {
        count_failure(manager);
        log_error("the certificate in the Secret cannot be served", log_error_field(error));
        return;
    }
    X509_free(manager->served);
    X509_free(manager->served_authority);
    manager->served = certificate;
    manager->served_authority = stored->current.certificate;
    (void)X509_up_ref(manager->served);
    (void)X509_up_ref(manager->served_authority);
    certificate_serial(certificate, serial);
    log_info("serving with a certificate of the Secret", log_text("serial", serial),
             log_integer("ends", certificate_life(certificate).ends));
}

/* --- The Secret ------------------------------------------------------------------------------- */

static void take_condition(struct certificate_manager *manager, enum plan_secret condition,
                           const struct error *error)
{
    bool news = error && (!manager->damage || strcmp(manager->damage, error->message) != 0);
    if (news) {
        count_failure(manager);
        log_error(condition == PLAN_SECRET_FOREIGN
                      ? "the certificates' Secret is somebody else's"
                      : "the certificates' Secret is damaged; whoever leads makes it anew",
                  log_text("secret", manager->settings.secret), log_error_field(error));
    }
    replace_text(&manager->damage, error ? xstrdup(error->message) : NULL);
    manager->condition = condition;
    update_bundle(manager);
    if (condition == PLAN_SECRET_GOOD)
        serve_stored(manager);
    manager_look(manager);
}

static void secret_absent(struct certificate_manager *manager)
{
    if (manager->stored.version.length > 0)
        log_warning("the certificates' Secret is gone; whoever leads makes it anew",
                    log_text("secret", manager->settings.secret));
    stored_release(&manager->stored);
    take_condition(manager, PLAN_SECRET_ABSENT, NULL);
}

static int on_fetched_piece(struct slice piece, void *context, struct error **err)
{
    struct certificate_manager *manager = context;
    struct secure_buffer *answer = &manager->answer;
    if (piece.length > answer->capacity - answer->length)
        return error_set(err, ERROR_PROTOCOL, "the Secret has more than %d bytes", STORED_MAX);
    memcpy(answer->data + answer->length, piece.data, piece.length);
    answer->length += piece.length;
    return 0;
}

static void take_secret(struct certificate_manager *manager)
{
    cleanup_error struct error *error = NULL;
    struct slice json = {(const char *)manager->answer.data, manager->answer.length};
    enum plan_secret condition = stored_read(&manager->stored, json, &error);
    take_condition(manager, condition, error);
}

static void fetch_failed(struct certificate_manager *manager, const struct error *error)
{
    manager_failed(manager, &manager->fetching, PLAN_WAIT,
                   "the certificates' Secret cannot be read; it will be tried again", error);
    int64_t wait = (manager->fetching.until - kube_now()) / 1000000;
    const struct timeval time = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    (void)event_add(manager->look, &time);
}

static void on_fetched(const struct kube_answer *answer, void *context)
{
    struct certificate_manager *manager = context;
    manager->fetch = NULL;
    if (manager->fetch_again) {
        manager_look(manager);
    } else if (answer->error && answer->error->code == ERROR_NOT_FOUND) {
        manager->fetch_wanted = false;
        manager_succeeded(&manager->fetching);
        secret_absent(manager);
    } else if (answer->error) {
        fetch_failed(manager, answer->error);
    } else {
        manager->fetch_wanted = false;
        manager_succeeded(&manager->fetching);
        take_secret(manager);
    }
    secure_buffer_release(&manager->answer);
}

/* The watch shows metadata alone, so that keys pass through as little memory as can be: from curl's
 * buffer into this one. */
static void fetch(struct certificate_manager *manager)
{
    cleanup_error struct error *error = NULL;
    const struct kube_call call = {
        .verb = KUBE_GET,
        .target = {.resource = &manager_secrets,
                   .namespace = manager->settings.config->namespace,
                   .name = manager->settings.secret},
        .timeout = FETCH_TIMEOUT,
        .stream = {.data = on_fetched_piece},
        .done = on_fetched,
        .context = manager,
    };
    manager->fetch_again = false;
    if (secure_buffer_create(&manager->answer, STORED_MAX, &error) < 0)
        fetch_failed(manager, error);
    else
        manager->fetch = kube_send(manager->client, &call);
}

void manager_fetch(struct certificate_manager *manager)
{
    manager->condition = PLAN_SECRET_UNKNOWN;
    manager->fetch_wanted = true;
    manager->fetch_again = manager->fetch != NULL;
    if (!manager->fetch)
        fetch(manager);
}

/* --- Watches ---------------------------------------------------------------------------------- */

static void note_lost(struct certificate_manager *manager, bool *lost, const char *what,
                      const struct error *error)
{
    count_failure(manager);
    if (!*lost)
        log_error("cannot watch; trying again", log_text("what", what), log_error_field(error));
    *lost = true;
}

static void note_synced(bool *lost, const char *what)
{
    if (*lost)
        log_info("watching again", log_text("what", what));
    *lost = false;
}

static void secret_begun(void *context)
{
    (void)context;
}

static void secret_object(enum kube_event event, struct slice json, void *context)
{
    (void)event;
    (void)json;
    manager_fetch(context);
}

static void secret_synced(bool listed, void *context)
{
    struct certificate_manager *manager = context;
    note_synced(&manager->secret_lost, "the certificates' Secret");
    if (listed)
        manager_fetch(manager);
}

static void secret_lost(const struct error *error, int64_t wait, void *context)
{
    struct certificate_manager *manager = context;
    (void)wait;
    note_lost(manager, &manager->secret_lost, "the certificates' Secret", error);
}

void manager_take_configuration(struct followed_configuration *followed, struct slice json,
                                bool listed)
{
    struct certificate_manager *manager = followed->owner;
    cleanup_error struct error *error = NULL;
    cleanup_buffer struct buffer before = {0};
    struct configuration *present = &followed->present;
    buffer_append(&before, present->version.data, present->version.length);
    if (configuration_read(present, present->kind, &manager->service, json, &error) < 0) {
        count_failure(manager);
        log_error("a configuration cannot be read", log_error_field(error));
        followed->known = false;
    }
    /* What a list shows may have been something else in between. */
    if (listed && strcmp(buffer_text(&before), buffer_text(&present->version)) != 0)
        manager->standing_since = 0;
    update_standing(manager);
    manager_look(manager);
}

static void configuration_begun(void *context)
{
    ((struct followed_configuration *)context)->seen = false;
}

static void configuration_gone(struct followed_configuration *followed)
{
    configuration_release(&followed->present);
    manager_look(followed->owner);
}

static void configuration_object(enum kube_event event, struct slice json, void *context)
{
    struct followed_configuration *followed = context;
    followed->events++;
    if (event == KUBE_DELETED) {
        configuration_gone(followed);
        return;
    }
    followed->seen = true;
    if (event != KUBE_LISTED)
        followed->known = true;
    manager_take_configuration(followed, json, event == KUBE_LISTED);
}

static void configuration_synced(bool listed, void *context)
{
    struct followed_configuration *followed = context;
    note_synced(&followed->lost, configuration_kind_name(followed->present.kind));
    if (!listed)
        return;
    if (!followed->seen)
        configuration_gone(followed);
    followed->known = true;
    update_standing(followed->owner);
    manager_look(followed->owner);
}

static void configuration_lost(const struct error *error, int64_t wait, void *context)
{
    struct followed_configuration *followed = context;
    (void)wait;
    note_lost(followed->owner, &followed->lost, configuration_kind_name(followed->present.kind),
              error);
}

static void follow(struct certificate_manager *manager)
{
    static const struct kube_watch_callbacks secret_callbacks = {secret_begun, secret_object,
                                                                 secret_synced, secret_lost};
    static const struct kube_watch_callbacks configuration_callbacks = {
        configuration_begun, configuration_object, configuration_synced, configuration_lost};
    manager->secret_selector = xasprintf("metadata.name=%s", manager->settings.secret);
    struct kube_watch_settings settings = {
        .target = {.resource = &manager_secrets, .namespace = manager->settings.config->namespace},
        .field_selector = manager->secret_selector,
        .metadata_only = true,
        .callbacks = secret_callbacks,
        .context = manager,
    };
    manager->secret_watch = kube_watch_create(manager->client, &settings);
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++) {
        struct followed_configuration *followed = &manager->configurations[kind];
        followed->owner = manager;
        followed->present.kind = (enum configuration_kind)kind;
        followed->selector = xasprintf("metadata.name=%s",
                                       configuration_name(manager, (enum configuration_kind)kind));
        settings = (struct kube_watch_settings){
            .target = manager_configuration_target(manager, (enum configuration_kind)kind, true),
            .field_selector = followed->selector,
            .callbacks = configuration_callbacks,
            .context = followed,
        };
        followed->watch = kube_watch_create(manager->client, &settings);
    }
}

/* --- Leading ---------------------------------------------------------------------------------- */

static void on_leads(bool leads, void *context)
{
    struct certificate_manager *manager = context;
    manager_succeeded(&manager->leading);
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

static void apply_for_lease(struct certificate_manager *manager)
{
    struct utsname machine;
    const char *host = uname(&machine) == 0 ? machine.nodename : "unknown";
    manager->identity = xasprintf("%.64s_%08x%08x", host, arc4random(), arc4random());
    const struct kube_leader_settings settings = {
        .namespace = manager->settings.config->namespace,
        .name = manager->settings.lease,
        .identity = manager->identity,
        .changed = on_leads,
        .failed = on_leading_failed,
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
    if (!manager->stop || !manager->look || event_add(manager->stop, NULL) < 0)
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
    follow(manager);
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
    if (manager->stop)
        event_free(manager->stop);
    if (manager->base)
        event_base_free(manager->base);
    if (manager->stop_fd >= 0)
        (void)close(manager->stop_fd);
    release(manager);
}

/* --- Status ----------------------------------------------------------------------------------- */

void certificate_manager_status(struct certificate_manager *manager,
                                struct certificate_manager_status *status)
{
    pthread_mutex_lock(&manager->lock);
    *status = manager->status;
    pthread_mutex_unlock(&manager->lock);
}

void certificate_manager_problem(struct certificate_manager *manager, struct buffer *text)
{
    pthread_mutex_lock(&manager->lock);
    buffer_append_text(text, manager->problem ? manager->problem : "not known yet");
    pthread_mutex_unlock(&manager->lock);
}
