/* All objects of a resource, page by page, each handed out as it arrives: a list of any length
 * takes the memory of one object. */
#ifndef GMSA_KUBE_LIST_H
#define GMSA_KUBE_LIST_H

#include <stdbool.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/kube/client.h"

struct kube_list_result {
    struct slice resource_version; /* of the list: where a watch continues */
    int status;                    /* HTTP's, of the call that failed; 0: no answer */
    int64_t retry_after;           /* milliseconds; -1: the server does not say */
    const struct error *error;     /* NULL: all objects were handed out */
};

/* What is asked for. Texts must outlive the list. Zero means the default. */
struct kube_list_settings {
    struct kube_target target; /* of a collection */
    const char *label_selector, *field_selector;
    bool metadata_only; /* PartialObjectMetadata: no spec, no rules, no data */
    /* The list must not be older than this resource version; absent: the newest there is, read
     * from etcd. (Never resourceVersion=0, client-go's first list: that may be older than what an
     * earlier run of the program saw.) A version that the server does not know any more or not yet,
     * as after etcd was restored, counts as absent. */
    struct slice not_older_than;
    unsigned page;       /* objects a call; default 500 */
    size_t object_limit; /* bytes of one object; default 4 MiB */
    int64_t timeout;     /* milliseconds for one page; default 60 s */

    /* The first object will come now. Called again when the server has forgotten the list half-way
     * (410): what was handed out so far does not count. It is then read in one piece, so that it
     * cannot be forgotten again. */
    void (*begun)(void *context);
    void (*object)(struct slice json, void *context);
    void (*done)(const struct kube_list_result *result, void *context);
    void *context;
};

struct kube_list;

/* Begins; `done` is called once, never from within, and ends the list's life. */
struct kube_list *kube_list_start(struct kube_client *client,
                                  const struct kube_list_settings *settings)
    __attribute__((returns_nonnull));
/* Instead of `done`; not from `object` or `begun`. */
void kube_list_cancel(struct kube_list *list);

#endif
