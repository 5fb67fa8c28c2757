/* From a gMSA to its ticket: reads the password, makes the keys, asks the KDC. */
#ifndef GMSA_DIRECTORY_MANAGED_TICKETS_H
#define GMSA_DIRECTORY_MANAGED_TICKETS_H

#include "lib/directory/connection.h"
#include "lib/directory/tickets.h"

/* A TGT as the gMSA `account`, whose password `connection` may read: managed_password_read() and
 * tickets_from_managed_password(). Where the KDC refuses both passwords, they are read once more,
 * since they may have been rolled over in between; if they have, the KDC is asked again. Nothing of
 * them is kept. `types` are bits of encryption_types.h; `used` may be NULL. Errors as those two. */
struct tickets *managed_tickets(struct directory_connection *connection, struct kerberos *kerberos,
                                const struct directory_account *account, uint32_t types,
                                int64_t deadline, enum managed_password_used *used,
                                struct error **err);

#endif
