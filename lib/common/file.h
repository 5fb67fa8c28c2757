/* Files: bounded reading, atomic writing. */
#ifndef GMSA_COMMON_FILE_H
#define GMSA_COMMON_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"

/* Reads all of a regular file, a pipe or a device into `out` (appended). More than `limit` bytes is
 * ERROR_INPUT; the whole file is not read to find that out. Never blocks on opening a FIFO without
 * a writer longer than the writer takes to come. Errors: ERROR_NOT_FOUND, ERROR_DENIED, ERROR_INPUT
 * (a directory, too large), ERROR_INTERNAL. Messages begin with the path. */
int file_read(const char *path, size_t limit, struct buffer *out, struct error **err);
/* The same from an open descriptor; `name` stands in messages. */
int file_read_descriptor(int fd, const char *name, size_t limit, struct buffer *out,
                         struct error **err);

enum file_existing {
    FILE_REPLACE, /* rename over what is there */
    FILE_KEEP,    /* refuse with ERROR_INPUT when something is there */
};

/* Writes a file so that a reader sees either nothing, the old or the whole new contents: a
 * temporary file beside it, fsync, rename (or link, for FILE_KEEP). `mode` is exact whatever the
 * umask. */
int file_write_atomic(const char *path, const void *data, size_t length, mode_t mode,
                      enum file_existing existing, struct error **err);

#endif
