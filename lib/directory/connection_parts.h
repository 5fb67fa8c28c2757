/* What the files of lib/directory/connection.h share. Nobody else includes this. */
#ifndef GMSA_DIRECTORY_CONNECTION_PARTS_H
#define GMSA_DIRECTORY_CONNECTION_PARTS_H

#include "lib/directory/connection.h"
#include "lib/directory/ldap_library.h"
#include "lib/directory/transport_gss.h"
#include "lib/directory/transport_tls.h"

struct directory_connection {
    LDAP *ld;
    int fd; /* libldap closes it */
    char *host;
    enum directory_security security;
    int64_t operation;         /* milliseconds */
    struct transport_tls *tls; /* or NULL */
    struct transport_gss *gss; /* or NULL */
    bool bound;
    bool broken; /* libldap would connect anew, by name and in clear text, so it is not asked again
                  */
    unsigned strength;
};

/* Fills *err for a result of libldap. "dc1.contoso.test: WHAT: ..." Returns -1. */
int directory_fail(struct directory_connection *connection, int code, const char *what,
                   struct error **err);
/* An answer's next message: of any type. Where none comes in time, or the connection ends, it is
 * broken afterwards. The caller frees `message`. */
int directory_next(struct directory_connection *connection, int id, int64_t deadline,
                   const char *what, LDAPMessage **message, struct error **err);
/* The result that an answer ends with: fails by its code. `controls`, unless NULL, gets what the
 * caller frees with ldap_controls_free(). */
int directory_result(struct directory_connection *connection, LDAPMessage *message,
                     const char *what, LDAPControl ***controls, struct error **err);
/* ERROR_UNAVAILABLE where the connection is broken. */
int directory_check(const struct directory_connection *connection, const char *what,
                    struct error **err);

static inline void ldap_message_free_at(LDAPMessage **message)
{
    (void)ldap_msgfree(*message);
}
#define cleanup_ldap_message __attribute__((cleanup(ldap_message_free_at)))

#endif
