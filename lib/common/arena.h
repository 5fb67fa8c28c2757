/* An arena: many small allocations that live and die together (one document, one request).
 * Everything is aligned for any type. Nothing in it is freed alone. It is no place for secrets;
 * where a parser puts one there, the arena is released with arena_wipe(). */
#ifndef GMSA_COMMON_ARENA_H
#define GMSA_COMMON_ARENA_H

#include <stddef.h>

#include "lib/common/slice.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    char *at;
    size_t left;
};

/* Zeroed memory. A zeroed struct arena is ready for use. */
void *arena_allocate(struct arena *arena, size_t size) __attribute__((returns_nonnull));
void *arena_allocate_array(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));
/* Copies with a NUL behind. */
char *arena_copy(struct arena *arena, const void *data, size_t length)
    __attribute__((returns_nonnull));
struct slice arena_copy_slice(struct arena *arena, struct slice slice);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((returns_nonnull, format(printf, 2, 3)));
/* Forgets everything and keeps one block for the next use, so that a loop over many documents needs
 * the memory of the largest. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);
/* The same with all memory overwritten first. */
void arena_wipe(struct arena *arena);

#define cleanup_arena __attribute__((cleanup(arena_release)))

#endif
