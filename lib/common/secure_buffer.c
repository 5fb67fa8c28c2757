#include "lib/common/secure_buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/common/memory.h"

/* Whole pages of its own: locking and MADV_DONTDUMP work on pages. */
static size_t mapped_size(size_t capacity)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (capacity + 1 + page - 1) / page * page;
}

int secure_buffer_create(struct secure_buffer *buffer, size_t capacity, struct error **err)
{
    size_t size = mapped_size(capacity);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || !memory)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "no memory for a secret");
    (void)mlock(memory, size);
    (void)madvise(memory, size, MADV_DONTDUMP);
    *buffer = (struct secure_buffer){.data = memory, .capacity = capacity};
    return 0;
}

/* Fills the buffer from a descriptor; one byte more than `limit` is asked for, to notice more. */
static int fill(struct secure_buffer *buffer, int fd, const char *path, size_t limit,
                struct error **err)
{
    for (;;) {
        ssize_t got = read(fd, buffer->data + buffer->length, limit + 1 - buffer->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "%s: cannot be read", path);
        if (got == 0)
            break;
        buffer->length += (size_t)got;
        if (buffer->length > limit)
            return error_set(err, ERROR_INPUT, "%s: larger than %zu bytes", path, limit);
    }
    buffer->data[buffer->length] = '\0';
    return 0;
}

int secure_buffer_read_file(struct secure_buffer *buffer, const char *path, size_t limit,
                            struct error **err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err,
                               errno == ENOENT   ? ERROR_NOT_FOUND
                               : errno == EACCES ? ERROR_DENIED
                                                 : ERROR_INTERNAL,
                               errno, "%s", path);
    cleanup_secure_buffer struct secure_buffer filled = {0};
    if (secure_buffer_create(&filled, limit + 1, err) < 0)
        return -1;
    if (fill(&filled, fd, path, limit, err) < 0)
        return -1;
    *buffer = MOVE(filled);
    return 0;
}

int secure_buffer_copy(struct secure_buffer *buffer, const void *data, size_t length,
                       struct error **err)
{
    if (secure_buffer_create(buffer, length, err) < 0)
        return -1;
    if (length > 0)
        memcpy(buffer->data, data, length);
    buffer->data[length] = '\0';
    buffer->length = length;
    return 0;
}

void secure_buffer_release(struct secure_buffer *buffer)
{
    if (!buffer->data)
        return;
    size_t size = mapped_size(buffer->capacity);
    explicit_bzero(buffer->data, size);
    (void)munmap(buffer->data, size);
    *buffer = (struct secure_buffer){0};
}

void secure_process(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}
