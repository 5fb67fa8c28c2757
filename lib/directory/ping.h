/* The LDAP ping (MS-ADTS 6.3.3), over TCP: which domain controller is this, of which domain, at
 * which site, and which site is ours? Nothing in it is authenticated. */
#ifndef GMSA_DIRECTORY_PING_H
#define GMSA_DIRECTORY_PING_H

#include <stdint.h>

#include "lib/directory/connection.h"
#include "lib/directory/netlogon.h"

/* `domain` is the DNS name of the domain that is looked for, or NULL: the server's own. The
 * connection need not be signed in on. ERROR_NOT_FOUND: the server does not serve this domain;
 * ERROR_PROTOCOL: its answer is none. */
int directory_ping(struct directory_connection *connection, const char *domain, int64_t deadline,
                   struct netlogon *answer, struct error **err);

#endif
