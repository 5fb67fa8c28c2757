/* Which servers failed lately, so that the next attempt begins with others.
 *
 * Thread-safe; lives in memory only. A server that failed is avoided, not banned: it is tried last.
 */
#ifndef GMSA_DIRECTORY_FAILURE_MEMORY_H
#define GMSA_DIRECTORY_FAILURE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum { FAILURE_MEMORY_MAX = 256 /* servers; the oldest failure makes room */ };

struct failure_memory;

/* Zero means the default. */
struct failure_memory_settings {
    int64_t lifetime;              /* milliseconds that a failure is remembered; 5 minutes */
    int64_t (*now)(void *context); /* nanoseconds, any origin; NULL: CLOCK_MONOTONIC */
    void *context;
};

struct failure_memory *failure_memory_create(const struct failure_memory_settings *settings)
    __attribute__((returns_nonnull));
void failure_memory_free(struct failure_memory *memory);

/* Host names are compared without regard to case. `memory` may be NULL: nothing is remembered. */
void failure_memory_add(struct failure_memory *memory, const char *host);
void failure_memory_remove(struct failure_memory *memory, const char *host);
bool failure_memory_has(struct failure_memory *memory, const char *host);

#endif
