#include "webhook/server/grant_store.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/common/file_watch.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"

struct held_grant_keys {
    atomic_uint references;
    struct grant_keys *keys;
};

struct grant_store {
    char *path;
    pthread_mutex_t loading; /* one load at a time, so that what was read last is what stays */
    pthread_mutex_t lock;
    struct held_grant_keys *present; /* with one reference of the store's own */
    struct file_watch *watch;
};

static struct held_grant_keys *load(const char *path, struct error **err)
{
    struct grant_keys *keys = grant_keys_load(path, err);
    if (!keys)
        return NULL;
    if (!grant_keys_can_sign(keys)) {
        grant_keys_free(keys);
        (void)error_set(err, ERROR_INPUT,
                        "%s: holds no private key to sign grants with; make one with "
                        "\"gmsa-webhook keygen %s\"",
                        path, path);
        return NULL;
    }
    struct held_grant_keys *held = xmalloc(sizeof(*held));
    atomic_init(&held->references, 1);
    held->keys = keys;
    return held;
}

static int load_present(struct grant_store *store, struct error **err)
{
    (void)pthread_mutex_lock(&store->loading);
    struct held_grant_keys *loaded = load(store->path, err);
    if (loaded) {
        (void)pthread_mutex_lock(&store->lock);
        struct held_grant_keys *before = store->present;
        store->present = loaded;
        (void)pthread_mutex_unlock(&store->lock);
        held_grant_keys_drop(before);
    }
    (void)pthread_mutex_unlock(&store->loading);
    return loaded ? 0 : -1;
}

static void reload(void *context)
{
    struct grant_store *store = context;
    cleanup_error struct error *error = NULL;
    if (load_present(store, &error) < 0)
        log_error("grant keys are no good; the last good ones stay", log_error_field(error));
    else
        log_info("grant keys reloaded", log_text("path", store->path));
}

struct grant_store *grant_store_create(const char *path, struct error **err)
{
    struct grant_store *store = xcalloc(1, sizeof(*store));
    store->path = xstrdup(path);
    (void)pthread_mutex_init(&store->loading, NULL);
    (void)pthread_mutex_init(&store->lock, NULL);
    const struct file_watch_settings settings = {
        .paths = &path, .count = 1, .changed = reload, .context = store};
    /* First, so that no change is missed in between. */
    store->watch = file_watch_create(&settings, err);
    if (!store->watch || load_present(store, err) < 0) {
        grant_store_free(store);
        return NULL;
    }
    return store;
}

void grant_store_free(struct grant_store *store)
{
    if (!store)
        return;
    file_watch_free(store->watch);
    held_grant_keys_drop(store->present);
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_mutex_destroy(&store->loading);
    free(store->path);
    free(store);
}

struct held_grant_keys *grant_store_hold(struct grant_store *store, const struct grant_keys **keys)
{
    *keys = NULL;
    if (!store)
        return NULL;
    (void)pthread_mutex_lock(&store->lock);
    struct held_grant_keys *held = store->present;
    atomic_fetch_add(&held->references, 1);
    (void)pthread_mutex_unlock(&store->lock);
    *keys = held->keys;
    return held;
}

void held_grant_keys_drop(struct held_grant_keys *held)
{
    if (!held || atomic_fetch_sub(&held->references, 1) > 1)
        return;
    grant_keys_free(held->keys);
    free(held);
}
