/* The LDAP ping (MS-ADTS 6.3.3), over TCP: which domain controller is this, of which domain, at
 * which site, and which site is ours? Nothing in it is authenticated. */
#ifndef GMSA_DIRECTORY_PING_H
#define GMSA_DIRECTORY_PING_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/directory/connection.h"

/* Texts that the server does not give are NULL. */
struct ping_answer {
    char *host;           /* "dc1.contoso.test" */
    char *domain;         /* "contoso.test" */
    char *forest;         /* "contoso.test" */
    char *netbios_domain; /* "CONTOSO" */
    char *site;           /* the server's */
    char *client_site;    /* the site of our address; NULL where it belongs to none */
    uint32_t flags;       /* DS_FLAG bits of MS-ADTS 6.3.1.2 */
    bool is_kdc, is_writable, is_close;
};

/* `domain` is the DNS name of the domain that is looked for, or NULL: the server's own. The
 * connection need not be signed in on. ERROR_NOT_FOUND: the server does not serve this domain;
 * ERROR_PROTOCOL: its answer is none. */
int ping(struct directory_connection *connection, const char *domain, int64_t deadline,
         struct ping_answer *answer, struct error **err);
void ping_answer_release(struct ping_answer *answer);
#define cleanup_ping_answer __attribute__((cleanup(ping_answer_release)))

#endif
