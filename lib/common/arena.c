#include "lib/common/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"

enum { BLOCK_SIZE = 16 * 1024, KEPT_SIZE = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data[] */
    max_align_t data[];
};

static void add_block(struct arena *arena, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    struct arena_block *block = xmalloc(sizeof(*block) + size);
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->at = (char *)block->data;
    arena->left = size;
}

static void *take(struct arena *arena, size_t size)
{
    size_t mask = _Alignof(max_align_t) - 1;
    if (size > SIZE_MAX / 2)
        abort(); /* sizes from outside are bounded before they get here */
    size = size ? (size + mask) & ~mask : mask + 1;
    if (size > arena->left)
        add_block(arena, size);
    void *memory = arena->at;
    arena->at += size;
    arena->left -= size;
    return memory;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        abort();
    return arena_allocate(arena, bytes);
}

char *arena_copy(struct arena *arena, const void *data, size_t length)
{
    char *copy = take(arena, length + 1);
    if (length)
        memcpy(copy, data, length);
    copy[length] = '\0';
    return copy;
}

struct slice arena_copy_slice(struct arena *arena, struct slice slice)
{
    if (!slice_present(slice))
        return slice;
    return (struct slice){arena_copy(arena, slice.data, slice.length), slice.length};
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    size_t size = length > 0 ? (size_t)length + 1 : 1;
    char *text = arena_allocate(arena, size);
    va_start(arguments, format);
    (void)vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return text;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = NULL;
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        /* The largest within reason: one huge document must not be paid for ever after. */
        if (block->size <= KEPT_SIZE && (!kept || block->size > kept->size)) {
            free(kept);
            kept = block;
        } else {
            free(block);
        }
    }
    *arena = (struct arena){0};
    if (kept) {
        kept->next = NULL;
        *arena = (struct arena){kept, (char *)kept->data, kept->size};
    }
}

void arena_release(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

void arena_wipe(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks; block; block = block->next)
        explicit_bzero(block->data, block->size);
    arena_release(arena);
}
