/* Who may read a gMSA's password: its attribute msDS-GroupMSAMembership, a self-relative security
 * descriptor.
 *
 * Source: MS-DTYP 2.4.6 (SECURITY_DESCRIPTOR), 2.4.5 (ACL), 2.4.4 (ACE), 2.5.3.2 (access check);
 * MS-ADTS 3.1.1.4.5.39: the caller needs RIGHT_DS_READ_PROPERTY on it. */
#ifndef GMSA_DIRECTORY_SECURITY_DESCRIPTOR_H
#define GMSA_DIRECTORY_SECURITY_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/error.h"
#include "lib/directory/sid.h"

struct password_reader {
    struct sid sid; /* a user, a computer or a group */
    bool denied;    /* the entry refuses */
};

/* A zeroed struct is empty. */
struct password_readers {
    bool everyone; /* there is no access control list at all, so nobody is refused */
    struct password_reader *items; /* in the order in which they count */
    size_t count;
};

/* Takes the entries that allow or deny reading out of a descriptor; entries for other rights, for
 * single properties, or only to be inherited are left out. ERROR_PROTOCOL: damaged. */
int password_readers_decode(struct password_readers *readers, const void *descriptor, size_t length,
                            struct error **err);
void password_readers_release(struct password_readers *readers);
#define cleanup_password_readers __attribute__((cleanup(password_readers_release)))

/* Whether somebody who is all of `sids` (own SID, groups) may read: the first entry for one of them
 * decides, and without any it is no. */
bool password_readers_allow(const struct password_readers *readers, const struct sid *sids,
                            size_t count);

#endif
