/* A growing byte string.
 *
 * `data` may hold any bytes, is followed by a NUL that `length` does not count, and is NULL until
 * the first byte arrives. A zeroed struct is an empty buffer: `struct buffer b = {0};`.
 */
#ifndef GMSA_COMMON_BUFFER_H
#define GMSA_COMMON_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/common/slice.h"

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

/* Makes room for `extra` more bytes (and the NUL) without changing the contents. */
void buffer_reserve(struct buffer *buffer, size_t extra);
void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Forgets the contents and keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* Frees the memory; the buffer is empty and usable afterwards. */
void buffer_release(struct buffer *buffer);
/* Hands the contents to the caller, who frees them; "" when there were none. The buffer is empty
 * afterwards. */
char *buffer_steal(struct buffer *buffer) __attribute__((returns_nonnull));
/* The contents as text: "" for an empty buffer. Valid until the next change. */
const char *buffer_text(const struct buffer *buffer);
/* The same as a slice that is never absent. */
static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer_text(buffer), buffer->length};
}

#define cleanup_buffer __attribute__((cleanup(buffer_release)))

#endif
