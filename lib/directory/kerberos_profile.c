#include "lib/directory/kerberos.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/directory/krb5_library.h"

/* The first value of a profile counts, so nothing in a user's file can change these back. */
static const char profile[] = "[libdefaults]\n"
                              "    rdns = false\n"
                              "    dns_canonicalize_hostname = false\n"
                              "    dns_lookup_kdc = false\n"
                              "    dns_lookup_realm = false\n"
                              "    ccache_type = 4\n";

/* A number that programs which are started later hardly use for a file of theirs: they inherit the
 * environment, but not the descriptor, and libkrb5 passes over what is not there. */
enum { NUMBER_LEAST = 900 };

static int make_file(struct error **err)
{
    int fd = memfd_create("krb5.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a Kerberos profile");
    size_t length = sizeof(profile) - 1;
    if (write(fd, profile, length) != (ssize_t)length ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
        error_set_errno(err, ERROR_INTERNAL, errno, "cannot write a Kerberos profile");
        close(fd);
        return -1;
    }
    int high = fcntl(fd, F_DUPFD_CLOEXEC, NUMBER_LEAST);
    if (high < 0)
        return fd; /* fewer descriptors are allowed */
    close(fd);
    return high;
}

int kerberos_prepare(struct error **err)
{
    static bool prepared;
    if (prepared)
        return 0;
    if (krb5_library_load(err) < 0)
        return -1;
    int fd = make_file(err);
    if (fd < 0)
        return -1;
    const char *users = getenv("KRB5_CONFIG");
    cleanup_free char *value =
        xasprintf("/proc/self/fd/%d:%s", fd, users && *users ? users : "/etc/krb5.conf");
    if (setenv("KRB5_CONFIG", value, 1) < 0) {
        (void)close(fd);
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot set KRB5_CONFIG");
    }
    prepared = true;
    return 0;
}
