/* A private folder beside a file, where a library writes the file's new contents before they are
 * put in its place by rename(2): for libraries that want to write by name. */
#ifndef GMSA_DIRECTORY_STAGING_H
#define GMSA_DIRECTORY_STAGING_H

#include "lib/common/error.h"

struct staging {
    char *folder; /* PATH.XXXXXX, mode 0700 */
    char *file;   /* in it; not there yet */
};

/* Errors begin with `path`. */
int staging_create(struct staging *staging, const char *path, struct error **err);
/* Gives the file mode 0600 and renames it to `path`, its contents on the disk first. */
int staging_commit(struct staging *staging, const char *path, struct error **err);
/* Removes what is left. */
void staging_release(struct staging *staging);
#define cleanup_staging __attribute__((cleanup(staging_release)))

#endif
