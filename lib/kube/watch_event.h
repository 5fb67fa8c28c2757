/* metav1.WatchEvent: one line of a watch. */
#ifndef GMSA_KUBE_WATCH_EVENT_H
#define GMSA_KUBE_WATCH_EVENT_H

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

enum watch_event_type {
    WATCH_ADDED,
    WATCH_MODIFIED,
    WATCH_DELETED,
    WATCH_BOOKMARK, /* nothing happened up to that version */
    WATCH_ERROR,    /* the watch ends */
};

struct watch_event {
    enum watch_event_type type;
    struct slice object;  /* its JSON */
    struct slice version; /* the object's resource version; absent for WATCH_ERROR */
    /* WATCH_ERROR: what the server said, and whether it has forgotten the version (410). */
    int code;
    bool expired;
};

/* Texts are of the JSON or of the arena. ERROR_PROTOCOL for what is no event. For WATCH_ERROR it
 * returns 0, and watch_event_error() tells the error. */
int watch_event_read(struct slice json, struct arena *arena, struct watch_event *event,
                     struct error **err);
/* Fills *err from a WATCH_ERROR. Returns -1. */
int watch_event_error(const struct watch_event *event, struct arena *arena, struct error **err);

#endif
