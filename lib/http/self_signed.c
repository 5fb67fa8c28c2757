#include "lib/http/self_signed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/key_pair.h"

enum { AUTHORITY_DAYS = 3650, SERVING_DAYS = 365 };

static char *path_in(const char *directory, const char *name)
{
    return xasprintf("%s/%s", directory, name);
}

static int make_directory(const char *directory, struct error **err)
{
    struct stat status;

    if (mkdir(directory, 0700) == 0)
        return 0;
    int number = errno;
    if (number == EEXIST && stat(directory, &status) == 0 && S_ISDIR(status.st_mode))
        return 0;
    return error_set_errno(err,
                           number == EACCES || number == EROFS ? ERROR_DENIED
                           : number == ENOENT || number == ENOTDIR || number == EEXIST
                               ? ERROR_INPUT
                               : ERROR_INTERNAL,
                           number, "cannot make the directory %s", directory);
}

/* The authority in the directory: the one that is there, or a new one. *fresh tells which. */
static int ensure_authority(const char *directory, struct key_pair *authority, bool *fresh,
                            struct error **err)
{
    cleanup_free char *certificate = path_in(directory, "ca.crt");
    cleanup_free char *key = path_in(directory, "ca.key");
    cleanup_error struct error *problem = NULL;

    *fresh = false;
    if (key_pair_load(authority, certificate, key, &problem) == 0 &&
        key_pair_is_authority(authority) && key_pair_is_young(authority, time(NULL)))
        return 0;
    if (problem && problem->code != ERROR_NOT_FOUND && problem->code != ERROR_INPUT)
        return error_move(err, STEAL(problem)); /* it may be good: not to be written over */
    key_pair_release(authority);
    *fresh = true;
    if (key_pair_make_authority(authority, AUTHORITY_DAYS, err) < 0 ||
        key_pair_save(authority, certificate, key, err) < 0)
        return -1;
    log_info("made a certificate authority; clients must trust it", log_text("file", certificate));
    return 0;
}

static int ensure_serving(const struct self_signed *paths, const struct key_pair *authority,
                          bool fresh, const char *const *names, struct error **err)
{
    cleanup_key_pair struct key_pair serving = {0};
    cleanup_error struct error *problem = NULL;

    if (!fresh && key_pair_load(&serving, paths->certificate, paths->key, &problem) == 0 &&
        key_pair_is_signed_by(&serving, authority) && key_pair_has_names(&serving, names) &&
        key_pair_is_young(&serving, time(NULL)))
        return 0;
    if (problem && problem->code != ERROR_NOT_FOUND && problem->code != ERROR_INPUT)
        return error_move(err, STEAL(problem));
    key_pair_release(&serving);
    if (key_pair_make_serving(&serving, authority, names, SERVING_DAYS, err) < 0 ||
        key_pair_save(&serving, paths->certificate, paths->key, err) < 0)
        return -1;
    log_info("made a serving certificate", log_text("file", paths->certificate));
    return 0;
}

int self_signed_ensure(const char *directory, const char *const *names, struct self_signed *made,
                       struct error **err)
{
    cleanup_key_pair struct key_pair authority = {0};
    cleanup_self_signed struct self_signed paths = {
        .ca = path_in(directory, "ca.crt"),
        .certificate = path_in(directory, "tls.crt"),
        .key = path_in(directory, "tls.key"),
    };
    bool fresh;

    if (key_pair_check_names(names, err) < 0 || make_directory(directory, err) < 0 ||
        ensure_authority(directory, &authority, &fresh, err) < 0 ||
        ensure_serving(&paths, &authority, fresh, names, err) < 0)
        return -1;
    *made = MOVE(paths);
    return 0;
}

void self_signed_release(struct self_signed *made)
{
    free(made->ca);
    free(made->certificate);
    free(made->key);
    *made = (struct self_signed){0};
}
