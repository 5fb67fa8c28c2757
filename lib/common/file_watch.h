/* Tells when files or folders change, however they are replaced: overwritten, renamed over, or by a
 * swapped symbolic link (as kubelet does with a mounted Secret's `..data`).
 *
 * inotify wakes it at once; a look every few seconds finds what inotify cannot tell (network file
 * systems, a folder that was away). What counts as a change is a different set of names, inodes,
 * sizes or times, so a mere touch of the folder reports nothing.
 */
#ifndef GMSA_COMMON_FILE_WATCH_H
#define GMSA_COMMON_FILE_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"

struct file_watch;

/* Called on the watcher's own thread, never twice at a time, a few milliseconds after the last of a
 * burst of changes. What it reads may be half-written still: then there will be another call. */
typedef void file_watch_changed(void *context);

struct file_watch_settings {
    const char *const *paths; /* copied; files, or folders (their files count, not deeper) */
    size_t count;
    int64_t poll; /* milliseconds between looks; 0 means 5 s */
    file_watch_changed *changed;
    void *context;
};

/* Starts a thread (all signals blocked in it) that remembers what is there now. Paths need not
 * exist. ERROR_UNAVAILABLE where the system has no inotify instance or thread to give. */
struct file_watch *file_watch_create(const struct file_watch_settings *settings,
                                     struct error **err);
/* Stops the thread: `changed` is not called any more once this returns. NULL is fine. */
void file_watch_free(struct file_watch *watch);

static inline void file_watch_free_at(struct file_watch **watch)
{
    file_watch_free(*watch);
}
#define cleanup_file_watch __attribute__((cleanup(file_watch_free_at)))

#endif
