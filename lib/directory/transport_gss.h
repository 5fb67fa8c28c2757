/* Kerberos below libldap: signs in by GSSAPI and seals what follows.
 *
 * The SASL mechanism is GSS-SPNEGO as Active Directory knows it (MS-ADTS 5.1.1.1.2; RFC 4178): one
 * round trip, and no negotiation of a layer behind it, which RFC 4752's GSSAPI needs two more for.
 * Everything behind the sign-in goes through gss_wrap(), each message with its length in front.
 *
 * libldap's own, Cyrus SASL, is not used: it looks up this machine's name in DNS without regard to
 * time limits, loads every mechanism that is installed, and does not wipe what it has decrypted. */
#ifndef GMSA_DIRECTORY_TRANSPORT_GSS_H
#define GMSA_DIRECTORY_TRANSPORT_GSS_H

#include <stdbool.h>

#include "lib/common/error.h"
#include "lib/directory/krb5_library.h"
#include "lib/directory/ldap_library.h"

#define TRANSPORT_GSS_MECHANISM "GSS-SPNEGO"

struct transport_gss;

/* With the tickets of a credential cache ("MEMORY:..."), to the service ldap/HOST. The context asks
 * for mutual authentication, signing and sealing. Errors of kerberos_failure(). */
struct transport_gss *transport_gss_create(const char *ccache, const char *host,
                                           struct error **err);
/* One step: takes the server's token (empty at first) and makes the next one, which may be empty
 * and is released by the caller with gss_release_buffer(). Asks no KDC if the cache has the ticket.
 */
int transport_gss_step(struct transport_gss *gss, const struct berval *received, gss_buffer_t token,
                       struct error **err);
/* Whether both sides have authenticated each other, and everything is signed and sealed. */
bool transport_gss_is_complete(const struct transport_gss *gss);
/* Bits of the key. */
unsigned transport_gss_strength(const struct transport_gss *gss);
/* Puts it below libldap, which must not free it; it must be complete. */
int transport_gss_attach(struct transport_gss *gss, Sockbuf *sockbuf);
/* NULL is fine. The connection's libldap must be gone. */
void transport_gss_free(struct transport_gss *gss);

#endif
