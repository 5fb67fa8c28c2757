/* The source of `serve --standalone`: a folder of manifests that may change while it is used.
 *
 * Readers hold the set they began with; a reload puts a whole new set in its place, or none. */
#ifndef GMSA_WEBHOOK_SOURCES_MANIFEST_SOURCE_H
#define GMSA_WEBHOOK_SOURCES_MANIFEST_SOURCE_H

#include "lib/common/error.h"
#include "webhook/sources/manifests.h"
#include "webhook/sources/source.h"

/* Called for each problem of a load, errors and warnings. */
typedef void manifest_source_report(void *context, const struct problem *problem);

/* Nothing is loaded yet: until the first successful reload the source is not ready and answers that
 * everything is unavailable. `paths` are copied. Freed with source_free(). */
struct source *manifest_source_create(const char *const *paths, size_t count);

/* Loads all paths anew. With an error among the problems the last good state stays: -1 and
 * ERROR_INPUT, which says how many errors there are. `report` may be NULL. May be called from any
 * thread, one at a time. */
int manifest_source_reload(struct source *source, manifest_source_report *report, void *context,
                           struct error **err);

/* The present set, with a reference of the caller's (manifest_set_drop()); NULL before the first
 * load. */
struct manifest_set *manifest_source_hold(struct source *source);

#endif
