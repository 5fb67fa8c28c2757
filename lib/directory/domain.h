/* The facts of a domain, read from one of its controllers. */
#ifndef GMSA_DIRECTORY_DOMAIN_H
#define GMSA_DIRECTORY_DOMAIN_H

#include "lib/directory/connection.h"
#include "lib/directory/root_dse.h"

struct domain {
    char *dns_name;     /* "contoso.test" */
    char *forest_name;  /* the forest's first domain: "contoso.test" */
    char *netbios_name; /* "CONTOSO" */
    char *sid;          /* "S-1-5-21-..." */
    char *guid;         /* "22c7cc8e-a5f5-489e-b576-cc2350042e7b" */
    struct root_dse root;
};

/* Reads everything in two round trips. `expected` is the DNS name that it must be, or NULL.
 * ERROR_INPUT: the server serves another domain (both are named). The connection must be signed in
 * on, so nothing here can be forged on the way. */
int domain_read(struct directory_connection *connection, const char *expected, int64_t deadline,
                struct domain *domain, struct error **err);
void domain_release(struct domain *domain);
#define cleanup_domain __attribute__((cleanup(domain_release)))

#endif
