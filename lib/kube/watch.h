/* Following a resource: a list, then every change, for as long as the program runs.
 *
 * The rules are client-go's reflector's: list in pages, watch from the list's resource version with
 * bookmarks, begin the watch anew where it ended, list anew where the server has forgotten that
 * version (410), never back to an older state. What the caller keeps of the objects is its own
 * business: nothing is kept here.
 *
 * A connection that is stuck shows in that nothing comes: the server sends a bookmark about every
 * minute. A watch that is quiet for longer is opened anew, on a connection of its own, from where
 * it was, which costs one call and loses nothing. */
#ifndef GMSA_KUBE_WATCH_H
#define GMSA_KUBE_WATCH_H

#include <stdbool.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/kube/client.h"

enum kube_event {
    KUBE_LISTED, /* of a list: it is there, and may have been before */
    KUBE_ADDED,
    KUBE_MODIFIED,
    KUBE_DELETED, /* with the state before */
};

/* All are called on the client's loop, and may start and cancel calls, but not free the watch. */
struct kube_watch_callbacks {
    /* A list begins: every object that there is will be handed out as KUBE_LISTED. What was known
     * before stays valid until `synced`; what was handed out since an earlier `begun` without
     * `synced` does not count. */
    void (*begun)(void *context);
    /* One object as JSON, checked for being well-formed. */
    void (*object)(enum kube_event event, struct slice json, void *context);
    /* The list is complete, which replaces what was known before; or, with `listed` false, an
     * interrupted watch goes on: what has changed meanwhile follows as events. */
    void (*synced)(bool listed, void *context);
    /* What is known may be out of date from now on, and why: a call failed and will be repeated
     * after `wait` milliseconds. Called for every such call until `synced` is. */
    void (*lost)(const struct error *error, int64_t wait, void *context);
};

/* Texts must outlive the watch. Zero means the default; times are milliseconds. */
struct kube_watch_settings {
    struct kube_target target; /* of a collection */
    const char *label_selector, *field_selector;
    bool metadata_only;  /* PartialObjectMetadata: that something changed, not what it holds */
    unsigned page;       /* objects of the list a call; default 500 */
    size_t object_limit; /* bytes of one object; default 4 MiB */
    int64_t lifetime;    /* the server ends a watch after this to twice this; default 5 min */
    int64_t quiet;       /* without a word before it is opened anew, up to a quarter more; 90 s */
    int64_t wait_least, wait_most; /* between attempts, doubling: see backoff.h; 0.2 s, 30 s */
    struct kube_watch_callbacks callbacks;
    void *context;
};

struct kube_watch;

struct kube_watch *kube_watch_create(struct kube_client *client,
                                     const struct kube_watch_settings *settings)
    __attribute__((returns_nonnull));
/* The server answers again, as something else has shown: a watch that waits to try again does so
 * within a second, unless the server itself has told it how long to wait. From the client's loop.
 */
void kube_watch_hurry(struct kube_watch *watch);
/* NULL is fine. */
void kube_watch_free(struct kube_watch *watch);

static inline void kube_watch_free_at(struct kube_watch **watch)
{
    kube_watch_free(*watch);
}
#define cleanup_kube_watch __attribute__((cleanup(kube_watch_free_at)))

#endif
