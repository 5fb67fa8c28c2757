#include "webhook/sources/spec_snapshot.h"

#include <pthread.h>

#include "lib/common/memory.h"
#include "webhook/sources/spec_table.h"

/* --- Snapshots ------------------------------------------------------------------------------ */

struct spec_snapshot {
    struct spec_table specs;
    struct spec_table lost; /* specs that exist no longer and had an allow-list: names alone */
    bool keeps_fields;
    atomic_size_t references;
};

struct known_spec *spec_snapshot_find(const struct spec_snapshot *snapshot, struct slice name)
{
    return spec_table_find(&snapshot->specs, name);
}

size_t spec_snapshot_count(const struct spec_snapshot *snapshot)
{
    return snapshot->specs.count;
}

size_t spec_snapshot_broken(const struct spec_snapshot *snapshot)
{
    return snapshot->specs.broken;
}

bool spec_snapshot_keeps_fields(const struct spec_snapshot *snapshot)
{
    return snapshot->keeps_fields;
}

static bool had_allow_list(const struct known_spec *spec)
{
    return spec->had_allow_list || spec->resource->allowed_count > 0;
}

/* Whether the spec, which is seen without an allow-list, lost it to the definition. A write by
 * somebody, while the definition has the field, is believed. What the API server drops by itself
 * leaves the version as it was, and is seen before or after the change of the definition is. */
static bool lost_its_list(const struct spec_table *specs, const struct spec_table *lost,
                          bool keeps_fields, const struct known_spec *spec)
{
    struct slice name = slice_of(spec->resource->name);
    const struct known_spec *old = spec_table_find(specs, name);
    if (spec->resource->allowed_count > 0)
        return false;
    if (!old)
        return !keeps_fields && spec_table_find(lost, name);
    return had_allow_list(old) && (!keeps_fields || (strcmp(old->uid, spec->uid) == 0 &&
                                                     strcmp(old->version, spec->version) == 0));
}

bool spec_snapshot_misses_allow_list(const struct spec_snapshot *snapshot,
                                     const struct known_spec *spec)
{
    return spec->had_allow_list ||
           lost_its_list(&snapshot->specs, &snapshot->lost, snapshot->keeps_fields, spec);
}

void spec_snapshot_drop(struct spec_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) > 1)
        return;
    spec_table_release(&snapshot->specs);
    spec_table_release(&snapshot->lost);
    free(snapshot);
}

/* --- Store ---------------------------------------------------------------------------------- */

struct spec_store {
    struct spec_table specs, lost;
    struct spec_table incoming; /* while a list is read */
    bool listing;
    bool keeps_fields;
};

struct spec_store *spec_store_create(void)
{
    struct spec_store *store = xcalloc(1, sizeof(*store));
    store->keeps_fields = true;
    return store;
}

void spec_store_free(struct spec_store *store)
{
    if (!store)
        return;
    spec_table_release(&store->specs);
    spec_table_release(&store->lost);
    spec_table_release(&store->incoming);
    free(store);
}

static void remember(struct known_spec *spec, void *context)
{
    struct spec_store *store = context;
    struct slice name = slice_of(spec->resource->name);
    if (had_allow_list(spec) && !spec_table_find(&store->specs, name) &&
        store->lost.count < SPEC_MEMORY_MAX)
        spec_table_put(&store->lost, known_spec_named(name));
}

void spec_store_begin_list(struct spec_store *store)
{
    spec_table_release(&store->incoming);
    store->listing = true;
}

static void forget_seen(struct known_spec *spec, void *context)
{
    spec_table_remove(context, slice_of(spec->resource->name));
}

void spec_store_end_list(struct spec_store *store)
{
    struct spec_table old = store->specs;
    store->specs = store->incoming;
    store->incoming = (struct spec_table){0};
    store->listing = false;
    if (store->lost.count > 0)
        spec_table_visit(&store->specs, forget_seen, &store->lost);
    spec_table_visit(&old, remember, store);
    spec_table_release(&old);
}

void spec_store_put(struct spec_store *store, struct known_spec *spec)
{
    struct slice name = slice_of(spec->resource->name);
    struct known_spec *old = spec_table_find(&store->specs, name);
    spec->had_allow_list = lost_its_list(&store->specs, &store->lost, store->keeps_fields, spec);
    if (old && old->had_allow_list == spec->had_allow_list && known_spec_equal(old, spec)) {
        /* A relist brings what is known: one copy of it is enough. */
        known_spec_drop(spec);
        if (!store->listing)
            return;
        spec = known_spec_hold(old);
    }
    spec_table_put(store->listing ? &store->incoming : &store->specs, spec);
    if (!store->listing)
        spec_table_remove(&store->lost, name);
}

void spec_store_remove(struct spec_store *store, struct slice name)
{
    struct known_spec *old = spec_table_find(&store->specs, name);
    if (!old)
        return;
    cleanup_known_spec struct known_spec *removed = known_spec_hold(old);
    spec_table_remove(&store->specs, name);
    remember(removed, store);
}

void spec_store_set_keeps_fields(struct spec_store *store, bool keeps)
{
    store->keeps_fields = keeps;
}

struct spec_snapshot *spec_store_snapshot(const struct spec_store *store)
{
    struct spec_snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
    spec_table_copy(&snapshot->specs, &store->specs);
    spec_table_copy(&snapshot->lost, &store->lost);
    snapshot->keeps_fields = store->keeps_fields;
    atomic_init(&snapshot->references, 1);
    return snapshot;
}

/* --- Board ---------------------------------------------------------------------------------- */

struct spec_board {
    pthread_mutex_t lock; /* held only while a reference is taken or the snapshot is swapped */
    struct spec_snapshot *snapshot;
    _Atomic uint64_t edition;
};

struct spec_board *spec_board_create(void)
{
    struct spec_board *board = xcalloc(1, sizeof(*board));
    pthread_mutex_init(&board->lock, NULL);
    return board;
}

void spec_board_free(struct spec_board *board)
{
    if (!board)
        return;
    spec_snapshot_drop(board->snapshot);
    pthread_mutex_destroy(&board->lock);
    free(board);
}

void spec_board_post(struct spec_board *board, struct spec_snapshot *snapshot)
{
    pthread_mutex_lock(&board->lock);
    struct spec_snapshot *old = board->snapshot;
    board->snapshot = snapshot;
    atomic_fetch_add(&board->edition, 1);
    pthread_mutex_unlock(&board->lock);
    spec_snapshot_drop(old);
}

const struct spec_snapshot *spec_view_look(struct spec_view *view, struct spec_board *board)
{
    if (view->edition == atomic_load(&board->edition))
        return view->snapshot;
    struct spec_snapshot *old = view->snapshot;
    pthread_mutex_lock(&board->lock);
    view->snapshot = board->snapshot;
    view->edition = atomic_load(&board->edition);
    atomic_fetch_add(&view->snapshot->references, 1);
    pthread_mutex_unlock(&board->lock);
    spec_snapshot_drop(old);
    return view->snapshot;
}

void spec_view_release(struct spec_view *view)
{
    spec_snapshot_drop(view->snapshot);
    *view = (struct spec_view){0};
}
