/* Who signs in, and what that says about where. */
#ifndef GMSA_DIRECTORY_IDENTITY_H
#define GMSA_DIRECTORY_IDENTITY_H

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

/* Exactly one of keytab, user, or neither: the caller's own ticket. */
struct identity {
    const char *keytab;                   /* file */
    const char *principal;                /* in the keytab; NULL: its first one */
    const char *user;                     /* "reader", "reader@contoso.test", "CONTOSO\reader" */
    const struct secure_buffer *password; /* of the user, UTF-8 */
    const char *ccache; /* the caller's cache by name; NULL: the default one (KRB5CCNAME) */
};

/* ERROR_INPUT where it is not exactly one, or a part is missing. */
int identity_check(const struct identity *identity, struct error **err);
/* The DNS name of the domain that the identity is of, in lower case: the realm of its principal.
 * NULL where it does not say (or the file cannot be read, which its use will report). The caller
 * frees. */
char *identity_domain(const struct identity *identity);
/* A user's principal: "reader@CONTOSO.TEST". `domain` is the DNS name and `netbios` the NetBIOS
 * name of the domain that is meant where the user names none. ERROR_INPUT: "OTHER\reader". The
 * caller frees. */
char *identity_principal(const struct identity *identity, const char *domain, const char *netbios,
                         struct error **err);
/* The name for a simple bind: as it was given, with "@domain" behind where it names no domain. The
 * caller frees. */
char *identity_bind_name(const struct identity *identity, const char *domain)
    __attribute__((returns_nonnull));

#endif
