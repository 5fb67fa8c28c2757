#include "webhook/sources/cluster_watch.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "lib/kube/metadata.h"
#include "lib/kube/watch.h"
#include "webhook/sources/rbac.h"
#include "webhook/sources/rbac_census.h"
#include "webhook/sources/spec_definition.h"

enum {
    RBAC_KINDS = 4,
    LISTS_AT_A_TIME = 2, /* in the beginning all are due at once */
};

/* An API server that has only just started may refuse everything until it has read its RBAC: what
 * was permitted once counts as forbidden after that time. */
static const int64_t REFUSAL_SETTLES = 8 * INT64_C(1000000000);

/* One resource that is followed. */
struct followed {
    struct cluster_watch *owner;
    struct kube_watch *watch;
    const char *plural;
    bool in_sync, denied;
    bool lost;             /* and the log says so */
    bool permitted;        /* was in sync once */
    int64_t refused_since; /* without an answer of another kind; 0: it is not */
    struct rbac_census census;
};

struct cluster_watch {
    struct event_base *base;
    struct event *stop;
    int stop_fd;
    pthread_t thread;
    bool started;
    struct kube_client *client;
    struct followed specs, definition, rbac[RBAC_KINDS];
    bool definition_seen; /* in the list that is being read */
    bool keeps_fields;
    bool rbac_denied;

    struct spec_store *store;
    struct spec_board *board;
    struct rbac_epoch epoch;
    atomic_bool ready, specs_denied, api_up;
};

/* --- All ------------------------------------------------------------------------------------ */

static void note_api(struct cluster_watch *self)
{
    atomic_store(&self->api_up, kube_client_is_up(self->client));
}

/* One that was lost is followed again: the API server is back, for the others, too. */
static void hurry_others(struct cluster_watch *self)
{
    kube_watch_hurry(self->specs.watch);
    kube_watch_hurry(self->definition.watch);
    for (size_t i = 0; i < RBAC_KINDS; i++)
        kube_watch_hurry(self->rbac[i].watch);
}

static void note_synced(struct followed *followed)
{
    bool was_lost = followed->lost || followed->denied;
    note_api(followed->owner);
    followed->in_sync = true;
    followed->permitted = true;
    followed->lost = false;
    followed->denied = false;
    followed->refused_since = 0;
    if (!was_lost)
        return;
    log_info("watching again", log_text("resource", followed->plural));
    hurry_others(followed->owner);
}

static bool is_denied(struct followed *followed, const struct error *error)
{
    int64_t now = kube_now();
    if (error->code != ERROR_DENIED)
        followed->refused_since = 0;
    else if (followed->refused_since == 0)
        followed->refused_since = now;
    return error->code == ERROR_DENIED &&
           (!followed->permitted || now - followed->refused_since >= REFUSAL_SETTLES);
}

/* Logs the first of a row of failures; `instead` says what becomes of it where it is forbidden. */
static void note_lost(struct followed *followed, const struct error *error, const char *instead)
{
    note_api(followed->owner);
    bool denied = is_denied(followed, error);
    if (denied && !followed->denied && instead)
        log_warning(instead, log_text("resource", followed->plural), log_error_field(error));
    else if (!denied && !followed->lost)
        log_warning("cannot watch; trying again", log_text("resource", followed->plural),
                    log_error_field(error));
    followed->in_sync = false;
    followed->denied = denied;
    followed->lost = true;
}

/* --- Specs ---------------------------------------------------------------------------------- */

static void post(struct cluster_watch *self)
{
    spec_board_post(self->board, spec_store_snapshot(self->store));
}

static void specs_begun(void *context)
{
    struct followed *followed = context;
    spec_store_begin_list(followed->owner->store);
}

static void remove_spec(struct cluster_watch *self, struct slice json)
{
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    struct kube_metadata metadata = {0};
    if (kube_metadata_read(json, &arena, &metadata, &error) < 0)
        log_error("a deleted credential spec cannot be read", log_error_field(error));
    else if (slice_present(metadata.name))
        spec_store_remove(self->store, metadata.name);
}

static void specs_object(enum kube_event event, struct slice json, void *context)
{
    struct cluster_watch *self = ((struct followed *)context)->owner;
    cleanup_error struct error *error = NULL;
    if (event == KUBE_DELETED) {
        remove_spec(self, json);
    } else {
        struct known_spec *spec = known_spec_read(json, &error);
        if (!spec) {
            log_warning("a credential spec cannot be read", log_error_field(error));
            return;
        }
        if (spec->resource->problem)
            log_warning("a credential spec is not valid", log_text("name", spec->resource->name),
                        log_text("problem", spec->resource->problem));
        spec_store_put(self->store, spec);
    }
    if (event != KUBE_LISTED)
        post(self);
}

static void specs_synced(bool listed, void *context)
{
    struct followed *followed = context;
    struct cluster_watch *self = followed->owner;
    note_synced(followed);
    if (listed) {
        spec_store_end_list(self->store);
        post(self);
    }
    if (!atomic_load(&self->ready)) {
        struct spec_view view = {0};
        const struct spec_snapshot *snapshot = spec_view_look(&view, self->board);
        log_info("credential specs are known",
                 log_integer("specs", (int64_t)spec_snapshot_count(snapshot)),
                 log_integer("broken", (int64_t)spec_snapshot_broken(snapshot)));
        spec_view_release(&view);
    }
    atomic_store(&self->specs_denied, false);
    atomic_store(&self->ready, true);
}

static void specs_lost(const struct error *error, int64_t wait, void *context)
{
    struct followed *followed = context;
    (void)wait;
    note_lost(followed, error,
              "credential specs may not be listed and watched: each is asked for by its name");
    if (!followed->denied)
        return;
    atomic_store(&followed->owner->specs_denied, true);
    atomic_store(&followed->owner->ready, true);
}

/* --- Their definition ----------------------------------------------------------------------- */

static void set_keeps_fields(struct cluster_watch *self, bool keeps)
{
    if (self->keeps_fields == keeps)
        return;
    self->keeps_fields = keeps;
    if (keeps)
        log_info("the CustomResourceDefinition keeps runAsUserName and allowedRunAsUserNames "
                 "again");
    else
        log_error("the CustomResourceDefinition lacks runAsUserName and allowedRunAsUserNames: "
                  "the API server drops them from every credential spec; apply this program's "
                  "definition. Pods of specs that had an allow-list are refused until then",
                  log_text("definition", SPEC_DEFINITION_NAME));
    spec_store_set_keeps_fields(self->store, keeps);
    post(self);
}

static void definition_begun(void *context)
{
    ((struct followed *)context)->owner->definition_seen = false;
}

static void definition_object(enum kube_event event, struct slice json, void *context)
{
    struct cluster_watch *self = ((struct followed *)context)->owner;
    cleanup_error struct error *error = NULL;
    bool keeps = false;
    if (event != KUBE_DELETED && spec_definition_read(json, &keeps, &error) < 0) {
        log_warning("the definition of credential specs cannot be read", log_error_field(error));
        return;
    }
    self->definition_seen = event != KUBE_DELETED;
    set_keeps_fields(self, keeps);
}

static void definition_synced(bool listed, void *context)
{
    struct followed *followed = context;
    note_synced(followed);
    if (listed && !followed->owner->definition_seen)
        set_keeps_fields(followed->owner, false);
}

static void definition_lost(const struct error *error, int64_t wait, void *context)
{
    (void)wait;
    note_lost(context, error, NULL);
}

/* --- RBAC ----------------------------------------------------------------------------------- */

static void update_epoch(struct cluster_watch *self)
{
    bool in_sync = true;
    for (size_t i = 0; i < RBAC_KINDS; i++)
        in_sync = in_sync && self->rbac[i].in_sync;
    rbac_epoch_set_in_sync(&self->epoch, in_sync);
    if (in_sync)
        rbac_epoch_back(&self->epoch, kube_now());
}

static void rbac_begun(void *context)
{
    rbac_census_begin(&((struct followed *)context)->census);
}

static void rbac_changed(struct followed *followed, const char *how)
{
    log_debug("permissions may have changed", log_text("resource", followed->plural),
              log_text("how", how));
    rbac_epoch_event(&followed->owner->epoch, kube_now());
}

/* That something changed is all that matters. The objects of a list count when it is complete. */
static void rbac_object(enum kube_event event, struct slice json, void *context)
{
    static const char *const how[] = {
        [KUBE_ADDED] = "added", [KUBE_MODIFIED] = "modified", [KUBE_DELETED] = "deleted"};
    struct followed *followed = context;
    rbac_census_count(&followed->census, event, json);
    if (event != KUBE_LISTED)
        rbac_changed(followed, how[event]);
}

static void rbac_synced(bool listed, void *context)
{
    struct followed *followed = context;
    if (listed && rbac_census_end(&followed->census))
        rbac_changed(followed, "listed");
    note_synced(followed);
    update_epoch(followed->owner);
}

static void rbac_lost(const struct error *error, int64_t wait, void *context)
{
    struct followed *followed = context;
    struct cluster_watch *self = followed->owner;
    (void)wait;
    /* One line for all four. */
    note_lost(followed, error,
              self->rbac_denied ? NULL
                                : "RBAC may not be listed and watched: who may use a credential "
                                  "spec is asked for each time");
    self->rbac_denied = self->rbac_denied || followed->denied;
    if (followed->denied)
        rbac_epoch_back(&self->epoch, kube_now());
    else
        rbac_epoch_lost(&self->epoch);
    update_epoch(self);
}

/* --- The thread ----------------------------------------------------------------------------- */

static const struct kube_resource specs_resource = {CREDSPEC_GROUP, "v1", CREDSPEC_PLURAL};
static const struct kube_resource definition_resource = {"apiextensions.k8s.io", "v1",
                                                         "customresourcedefinitions"};
static const struct kube_resource rbac_resources[RBAC_KINDS] = {
    {RBAC_GROUP, "v1", "roles"},
    {RBAC_GROUP, "v1", "rolebindings"},
    {RBAC_GROUP, "v1", "clusterroles"},
    {RBAC_GROUP, "v1", "clusterrolebindings"},
};

static const struct kube_watch_callbacks specs_callbacks = {specs_begun, specs_object, specs_synced,
                                                            specs_lost};
static const struct kube_watch_callbacks definition_callbacks = {
    definition_begun, definition_object, definition_synced, definition_lost};
static const struct kube_watch_callbacks rbac_callbacks = {rbac_begun, rbac_object, rbac_synced,
                                                           rbac_lost};

static void follow(struct cluster_watch *self, struct followed *followed,
                   const struct kube_resource *resource, struct kube_watch_settings settings)
{
    followed->owner = self;
    followed->plural = resource->plural;
    settings.target.resource = resource;
    settings.context = followed;
    followed->watch = kube_watch_create(self->client, &settings);
}

static void follow_all(struct cluster_watch *self)
{
    follow(self, &self->specs, &specs_resource,
           (struct kube_watch_settings){.callbacks = specs_callbacks});
    follow(self, &self->definition, &definition_resource,
           (struct kube_watch_settings){.field_selector = "metadata.name=" SPEC_DEFINITION_NAME,
                                        .callbacks = definition_callbacks});
    for (size_t i = 0; i < RBAC_KINDS; i++)
        follow(self, &self->rbac[i], &rbac_resources[i],
               (struct kube_watch_settings){.metadata_only = true, .callbacks = rbac_callbacks});
}

static void stop(evutil_socket_t fd, short what, void *context)
{
    struct cluster_watch *self = context;
    (void)fd;
    (void)what;
    event_base_loopbreak(self->base);
}

static void *run(void *context)
{
    struct cluster_watch *self = context;
    (void)event_base_dispatch(self->base);
    return NULL;
}

static int start_thread(struct cluster_watch *self, struct error **err)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(&self->thread, NULL, run, self);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (problem != 0)
        return error_set_errno(err, ERROR_INTERNAL, problem, "cannot start a thread");
    self->started = true;
    return 0;
}

static int start(struct cluster_watch *self, const struct kube_client_settings *pattern,
                 struct error **err)
{
    struct kube_client_settings settings = *pattern;
    self->base = event_base_new();
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!self->base || self->stop_fd < 0)
        return error_set(err, ERROR_INTERNAL, "cannot make an event loop");
    self->stop = event_new(self->base, self->stop_fd, EV_READ, stop, self);
    if (!self->stop || event_add(self->stop, NULL) < 0)
        return error_set(err, ERROR_INTERNAL, "cannot make an event");
    settings.base = self->base;
    settings.in_flight = LISTS_AT_A_TIME;
    self->client = kube_client_create(&settings, err);
    if (!self->client)
        return -1;
    follow_all(self);
    return start_thread(self, err);
}

struct cluster_watch *cluster_watch_create(const struct kube_client_settings *client,
                                           struct error **err)
{
    struct cluster_watch *self = xcalloc(1, sizeof(*self));
    self->stop_fd = -1;
    self->keeps_fields = true;
    self->store = spec_store_create();
    self->board = spec_board_create();
    atomic_init(&self->api_up, true);
    if (start(self, client, err) < 0) {
        cluster_watch_free(self);
        return NULL;
    }
    return self;
}

void cluster_watch_free(struct cluster_watch *self)
{
    if (!self)
        return;
    if (self->started) {
        (void)eventfd_write(self->stop_fd, 1);
        (void)pthread_join(self->thread, NULL);
    }
    kube_watch_free(self->specs.watch);
    kube_watch_free(self->definition.watch);
    for (size_t i = 0; i < RBAC_KINDS; i++)
        kube_watch_free(self->rbac[i].watch);
    kube_client_free(self->client);
    if (self->stop)
        event_free(self->stop);
    if (self->base)
        event_base_free(self->base);
    if (self->stop_fd >= 0)
        (void)close(self->stop_fd);
    spec_board_free(self->board);
    spec_store_free(self->store);
    free(self);
}

struct spec_board *cluster_watch_board(struct cluster_watch *watch)
{
    return watch->board;
}

const struct rbac_epoch *cluster_watch_epoch(const struct cluster_watch *watch)
{
    return &watch->epoch;
}

struct cluster_watch_state cluster_watch_state(const struct cluster_watch *watch)
{
    return (struct cluster_watch_state){
        .ready = atomic_load(&watch->ready),
        .specs_denied = atomic_load(&watch->specs_denied),
        .api_up = atomic_load(&watch->api_up),
    };
}
