#include "lib/directory/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/common/memory.h"

static int fail(const char *path, struct error **err)
{
    enum error_code code = errno == ENOENT || errno == ENOTDIR                   ? ERROR_NOT_FOUND
                           : errno == EACCES || errno == EPERM || errno == EROFS ? ERROR_DENIED
                                                                                 : ERROR_INTERNAL;
    return error_set_errno(err, code, errno, "%s", path);
}

int staging_create(struct staging *staging, const char *path, struct error **err)
{
    cleanup_free char *folder = xasprintf("%s.XXXXXX", path);
    if (!mkdtemp(folder))
        return fail(path, err);
    staging->file = xasprintf("%s/new", folder);
    staging->folder = STEAL(folder);
    return 0;
}

int staging_commit(struct staging *staging, const char *path, struct error **err)
{
    cleanup_close int fd = open(staging->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0 || rename(staging->file, path) < 0)
        return fail(path, err);
    return 0;
}

void staging_release(struct staging *staging)
{
    if (staging->folder) {
        (void)unlink(staging->file);
        (void)rmdir(staging->folder);
    }
    free(STEAL(staging->file));
    free(STEAL(staging->folder));
}
