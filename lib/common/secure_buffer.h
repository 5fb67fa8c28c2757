/* Secrets in memory: private keys, passwords, tickets.
 *
 * The memory is locked (never swapped), left out of core dumps, and wiped when it is released. Its
 * size is fixed at creation, so that no copy is left behind by growing. A zeroed struct is empty.
 */
#ifndef GMSA_COMMON_SECURE_BUFFER_H
#define GMSA_COMMON_SECURE_BUFFER_H

#include <stddef.h>

#include "lib/common/error.h"

struct secure_buffer {
    unsigned char *data;
    size_t length;   /* bytes in use */
    size_t capacity; /* bytes that may be used */
};

/* Makes room for `capacity` bytes, a NUL behind them included in the allocation but not in the
 * count. The buffer must be empty. Fails only when the system refuses the memory
 * (ERROR_UNAVAILABLE); a refused mlock is not a failure, since containers often forbid it. */
int secure_buffer_create(struct secure_buffer *buffer, size_t capacity, struct error **err);
/* Reads a file of at most `limit` bytes straight into a new secure buffer. */
int secure_buffer_read_file(struct secure_buffer *buffer, const char *path, size_t limit,
                            struct error **err);
/* A copy of somebody else's bytes in a new secure buffer. */
int secure_buffer_copy(struct secure_buffer *buffer, const void *data, size_t length,
                       struct error **err);
/* Wipes and frees; the buffer is empty afterwards. */
void secure_buffer_release(struct secure_buffer *buffer);

/* For programs that hold secrets, first thing in main(): no core dumps, no ptrace by the same user.
 */
void secure_process(void);

#define cleanup_secure_buffer __attribute__((cleanup(secure_buffer_release)))

#endif
