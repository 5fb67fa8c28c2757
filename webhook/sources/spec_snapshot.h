/* The credential specs of a cluster, as its watch shows them.
 *
 * One thread keeps the store up to date with what the watch brings, and posts a snapshot on a board
 * whenever something changed. A snapshot never changes, so any thread reads it without a lock; each
 * looks at the board through a view of its own and takes a lock only when there is a new one.
 * Snapshots share what did not change between them.
 *
 * The store also remembers which specs had an allow-list (allowedRunAsUserNames) when they were
 * last seen whole. A CustomResourceDefinition without our fields, as the peer's is, makes the API
 * server drop the list from all it says, without a word and without a new resource version; a spec
 * that is then seen without its list must not be taken for one that allows every user. The memory
 * outlives a spec, since who deletes the definition deletes them all.
 */
#ifndef GMSA_WEBHOOK_SOURCES_SPEC_SNAPSHOT_H
#define GMSA_WEBHOOK_SOURCES_SPEC_SNAPSHOT_H

#include <stdint.h>

#include "webhook/sources/known_spec.h"

/* --- Snapshots ------------------------------------------------------------------------------ */

struct spec_snapshot;

/* The spec of that name or NULL; belongs to the snapshot, hold it to keep it for longer. */
struct known_spec *spec_snapshot_find(const struct spec_snapshot *snapshot, struct slice name);
size_t spec_snapshot_count(const struct spec_snapshot *snapshot);
/* How many of them are not valid. */
size_t spec_snapshot_broken(const struct spec_snapshot *snapshot);
/* Whether the cluster keeps our fields of a spec, as far as is known. */
bool spec_snapshot_keeps_fields(const struct spec_snapshot *snapshot);
/* Whether pods of this spec, from here or looked up just now, must be refused: it has no
 * allow-list, but had one when it was last seen whole, and nobody has written it since with a
 * definition that keeps the field. */
bool spec_snapshot_misses_allow_list(const struct spec_snapshot *snapshot,
                                     const struct known_spec *spec);
/* Gives a reference back; NULL is fine. */
void spec_snapshot_drop(struct spec_snapshot *snapshot);

/* --- Store ---------------------------------------------------------------------------------- */

/* How many names of specs that exist no longer are remembered for their allow-list. */
enum { SPEC_MEMORY_MAX = 10000 };

struct spec_store;

struct spec_store *spec_store_create(void);
/* NULL is fine. */
void spec_store_free(struct spec_store *store);

/* A relist begins: what is not put before spec_store_end_list() will be gone. Until then snapshots
 * show what was known before. A list that is begun and not ended is forgotten by the next begin. */
void spec_store_begin_list(struct spec_store *store);
void spec_store_end_list(struct spec_store *store);
/* The spec is new or changed. Takes the one reference to a spec that nobody else has seen yet. */
void spec_store_put(struct spec_store *store, struct known_spec *spec);
void spec_store_remove(struct spec_store *store, struct slice name);
/* Whether there is a definition whose schema has our fields. True in the beginning. */
void spec_store_set_keeps_fields(struct spec_store *store, bool keeps);
/* What is known now, with a reference of the caller's. */
struct spec_snapshot *spec_store_snapshot(const struct spec_store *store);

/* --- Board ---------------------------------------------------------------------------------- */

struct spec_board;

struct spec_board *spec_board_create(void);
/* No thread may look any more. NULL is fine. */
void spec_board_free(struct spec_board *board);
/* Takes the reference. Any thread. */
void spec_board_post(struct spec_board *board, struct spec_snapshot *snapshot);

/* One thread's own. Zeroed: nothing seen yet. */
struct spec_view {
    struct spec_snapshot *snapshot;
    uint64_t edition;
};

/* The latest snapshot, or NULL while there is none; it belongs to the view until the next call. */
const struct spec_snapshot *spec_view_look(struct spec_view *view, struct spec_board *board);
void spec_view_release(struct spec_view *view);

#endif
