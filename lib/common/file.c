#include "lib/common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/common/memory.h"

static enum error_code blame(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERROR_DENIED;
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return ERROR_INPUT;
    default:
        return ERROR_INTERNAL;
    }
}

static int fail(struct error **err, const char *path)
{
    return error_set_errno(err, blame(errno), errno, "%s", path);
}

static int too_large(struct error **err, const char *name, size_t limit)
{
    const size_t mebibyte = 1 << 20;
    if (limit % mebibyte == 0)
        return error_set(err, ERROR_INPUT, "%s: larger than %zu MiB", name, limit / mebibyte);
    return error_set(err, ERROR_INPUT, "%s: larger than %zu bytes", name, limit);
}

int file_read_descriptor(int fd, const char *name, size_t limit, struct buffer *out,
                         struct error **err)
{
    enum { STEP = 64 * 1024 };
    struct stat status;
    if (fstat(fd, &status) < 0)
        return fail(err, name);
    if (S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INPUT, "%s: is a folder", name);
    if (S_ISREG(status.st_mode) && (uintmax_t)status.st_size > limit)
        return too_large(err, name, limit);
    size_t step = S_ISREG(status.st_mode) ? (size_t)status.st_size + 1 : STEP;
    size_t begin = out->length;
    for (;;) {
        size_t have = out->length - begin;
        size_t wanted = have + step > limit + 1 ? limit + 1 - have : step;
        buffer_reserve(out, wanted);
        ssize_t got = read(fd, out->data + out->length, wanted);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(err, name);
        if (got == 0)
            return 0;
        out->length += (size_t)got;
        out->data[out->length] = '\0';
        if (out->length - begin > limit)
            return too_large(err, name, limit);
        step = STEP;
    }
}

int file_read(const char *path, size_t limit, struct buffer *out, struct error **err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail(err, path);
    return file_read_descriptor(fd, path, limit, out, err);
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(fd, data, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -1;
        data += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

/* Makes the new name durable as well; a failure here loses nothing that was there before. */
static void sync_folder(const char *path)
{
    cleanup_free char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    cleanup_close int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        (void)fsync(fd);
}

static int put_in_place(const char *temporary, const char *path, enum file_existing existing,
                        struct error **err)
{
    if (existing == FILE_REPLACE)
        return rename(temporary, path) < 0 ? fail(err, path) : 0;
    /* link(2), unlike rename(2), never replaces. */
    if (link(temporary, path) < 0)
        return errno == EEXIST ? error_set(err, ERROR_INPUT, "%s: exists already", path)
                               : fail(err, path);
    (void)unlink(temporary);
    return 0;
}

int file_write_atomic(const char *path, const void *data, size_t length, mode_t mode,
                      enum file_existing existing, struct error **err)
{
    cleanup_free char *temporary = xasprintf("%s.XXXXXX", path);
    cleanup_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail(err, path);
    int result = -1;
    if (fchmod(fd, mode) < 0 || write_all(fd, data, length) < 0 || fsync(fd) < 0)
        (void)fail(err, path);
    else
        result = put_in_place(temporary, path, existing, err);
    if (result < 0)
        (void)unlink(temporary);
    else
        sync_folder(path);
    return result;
}
