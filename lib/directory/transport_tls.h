/* TLS below libldap, by OpenSSL.
 *
 * libldap's own (GnuTLS on Debian) cannot be used: its handshake spins or blocks without regard to
 * time limits when a server is slow, and it follows ldap.conf and LDAPTLS_REQCERT, with which
 * somebody may have switched the check of certificates off. */
#ifndef GMSA_DIRECTORY_TRANSPORT_TLS_H
#define GMSA_DIRECTORY_TRANSPORT_TLS_H

#include <stdint.h>

#include "lib/common/error.h"
#include "lib/directory/ldap_library.h"

struct transport_tls;

/* Does the handshake on a connected, non-blocking socket, which stays the caller's: TLS 1.2 or
 * newer, the certificate for `host` (a name, or an address) and of an authority in the file
 * `authorities`, or in the machine's store where that is NULL. ERROR_INPUT: the file cannot be
 * read; ERROR_DENIED: the certificate is not accepted, with the reason; ERROR_PROTOCOL: it speaks
 * no TLS; ERROR_UNAVAILABLE. */
struct transport_tls *transport_tls_create(int fd, const char *host, const char *authorities,
                                           int64_t deadline, struct error **err);
/* Puts it below libldap, which must not free it. */
int transport_tls_attach(struct transport_tls *tls, Sockbuf *sockbuf);
/* Bits of the cipher's key. */
unsigned transport_tls_strength(const struct transport_tls *tls);
/* NULL is fine. The socket's other users must be gone. */
void transport_tls_free(struct transport_tls *tls);

static inline void transport_tls_free_at(struct transport_tls **tls)
{
    transport_tls_free(*tls);
}
#define cleanup_transport_tls __attribute__((cleanup(transport_tls_free_at)))

#endif
