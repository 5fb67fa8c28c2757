/* Reading a gMSA's password from a domain controller. */
#ifndef GMSA_DIRECTORY_MANAGED_PASSWORD_READ_H
#define GMSA_DIRECTORY_MANAGED_PASSWORD_READ_H

#include "lib/common/secure_buffer.h"
#include "lib/directory/connection.h"
#include "lib/directory/managed_password.h"

/* Reads msDS-ManagedPassword of the gMSA `name` ("webapp01$", with or without the $) in the domain
 * with that DNS name, for managed_password_decode(), in one round trip. `blob` must
 * be empty. ERROR_NOT_FOUND: no gMSA of this name; ERROR_DENIED: it is there, but whoever is signed
 * in may not read the password (or the connection is not sealed); ERROR_UNAVAILABLE: the DC cannot
 * compute it just now. */
int managed_password_read(struct directory_connection *connection, const char *domain,
                          const char *name, int64_t deadline, struct secure_buffer *blob,
                          struct error **err);

#endif
