/* The Secret as the certificate manager follows it, and the certificate in it, which is served. */
#include "webhook/certificates/manager_state.h"

#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"

enum { FETCH_TIMEOUT = 10 * 1000 };

static const int64_t MILLISECOND = 1000000;
static const char watched[] = "the certificates' Secret";

const struct kube_resource manager_secrets = {"", "v1", "secrets"};

/* --- Serving ---------------------------------------------------------------------------------- */

static int feed(struct certificate_manager *manager, struct error **err)
{
    cleanup_buffer struct buffer certificate = {0};
    cleanup_secure_buffer struct secure_buffer key = {0};
    if (key_pair_write(&manager->stored.serving, &certificate, &key, err) < 0)
        return -1;
    return certificate_store_feed(manager->settings.store, buffer_slice(&certificate),
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
        manager_count_failure(manager);
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

/* --- What is in it ---------------------------------------------------------------------------- */

static void take_condition(struct certificate_manager *manager, enum plan_secret condition,
                           const struct error *error)
{
    bool news = error && (!manager->damage || strcmp(manager->damage, error->message) != 0);
    if (news) {
        manager_count_failure(manager);
        log_error(condition == PLAN_SECRET_FOREIGN
                      ? "the certificates' Secret is somebody else's"
                      : "the certificates' Secret is damaged; whoever leads makes it anew",
                  log_text("secret", manager->settings.secret), log_error_field(error));
    }
    manager_replace_text(&manager->damage, error ? xstrdup(error->message) : NULL);
    manager->condition = condition;
    manager_update_bundle(manager);
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

static void take_secret(struct certificate_manager *manager)
{
    cleanup_error struct error *error = NULL;
    struct slice json = {(const char *)manager->answer.data, manager->answer.length};
    enum plan_secret condition = stored_read(&manager->stored, json, &error);
    take_condition(manager, condition, error);
}

/* --- Fetching --------------------------------------------------------------------------------- */

static void fetch_failed(struct certificate_manager *manager, const struct error *error)
{
    manager_failed(manager, &manager->fetching, PLAN_WAIT,
                   "the certificates' Secret cannot be read; it will be tried again", error);
    manager_look(manager);
}

static int on_piece(struct slice piece, void *context, struct error **err)
{
    struct certificate_manager *manager = context;
    struct secure_buffer *answer = &manager->answer;
    if (piece.length > answer->capacity - answer->length)
        return error_set(err, ERROR_PROTOCOL, "the Secret has more than %d bytes", STORED_MAX);
    memcpy(answer->data + answer->length, piece.data, piece.length);
    answer->length += piece.length;
    return 0;
}

static void on_fetched(const struct kube_answer *answer, void *context)
{
    struct certificate_manager *manager = context;
    bool absent = answer->error && answer->error->code == ERROR_NOT_FOUND;
    manager->fetch = NULL;
    if (manager->fetch_again) {
        manager_look(manager);
    } else if (answer->error && !absent) {
        fetch_failed(manager, answer->error);
    } else {
        manager->fetch_wanted = false;
        manager_succeeded(&manager->fetching);
        if (absent)
            secret_absent(manager);
        else
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
        .stream = {.data = on_piece},
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

bool manager_is_fetching(struct certificate_manager *manager)
{
    int64_t left = manager->fetching.until - kube_now();
    if (!manager->fetch_wanted || manager->fetch)
        return manager->fetch_wanted;
    if (left > 0)
        manager_look_in(manager, left / MILLISECOND + 1);
    else
        fetch(manager);
    return true;
}

/* --- Watching --------------------------------------------------------------------------------- */

static void on_begun(void *context)
{
    (void)context;
}

static void on_object(enum kube_event event, struct slice json, void *context)
{
    (void)event;
    (void)json;
    manager_fetch(context);
}

static void on_synced(bool listed, void *context)
{
    struct certificate_manager *manager = context;
    manager_note_synced(&manager->secret_lost, watched);
    if (listed)
        manager_fetch(manager);
}

static void on_lost(const struct error *error, int64_t wait, void *context)
{
    struct certificate_manager *manager = context;
    (void)wait;
    manager_note_lost(manager, &manager->secret_lost, watched, error);
    manager_look(manager);
}

void manager_follow_secret(struct certificate_manager *manager)
{
    manager->secret_selector = xasprintf("metadata.name=%s", manager->settings.secret);
    const struct kube_watch_settings settings = {
        .target = {.resource = &manager_secrets, .namespace = manager->settings.config->namespace},
        .field_selector = manager->secret_selector,
        .metadata_only = true,
        .callbacks = {on_begun, on_object, on_synced, on_lost},
        .context = manager,
    };
    manager->secret_watch = kube_watch_create(manager->client, &settings);
}
