/* Finding a domain controller (MS-ADTS 6.3.6): by DNS and the LDAP ping, or a given one.
 *
 * Steps, which `credspec doctor` reports one by one and everybody else takes through locate():
 * candidates out of DNS, then the first of them that answers, then a nearer one. Servers that
 * failed lately are tried last. */
#ifndef GMSA_DIRECTORY_LOCATE_H
#define GMSA_DIRECTORY_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/directory/connection.h"
#include "lib/directory/failure_memory.h"
#include "lib/directory/netlogon.h"
#include "lib/directory/resolver.h"

/* Zero means the default. */
struct locate_settings {
    const char *domain; /* DNS name; may be NULL where `server` is given: then the server's own */
    const char *server; /* --server: name or address, which alone is tried; or NULL: DNS */
    struct directory_settings connection; /* decides the port, too */
    struct resolver_settings resolver;
    struct failure_memory *failures; /* or NULL */
    int64_t attempt; /* milliseconds for one controller to connect and answer; 2 s */
    /* Told of every controller that was tried and did not do; or NULL. */
    void (*passed_over)(const char *host, const struct error *error, void *context);
    void *context;
};

/* Those that may be tried, in that order. */
struct locate_candidates {
    struct service_records records;
    char
        *question; /* what DNS was asked: "_ldap._tcp.dc._msdcs.contoso.test"; NULL with `server` */
};

/* A controller that answered. */
struct domain_controller {
    char *host;                              /* DNS name: service principal, certificate */
    char *domain;                            /* DNS name of its domain, in lower case */
    struct addresses addresses;              /* of the host; */
    size_t chosen;                           /* the one that answered */
    struct netlogon netlogon;                /* what it said to the ping */
    struct directory_connection *connection; /* not signed in yet */
};

/* The domain's controllers by DNS, those of `site` alone unless it is NULL. ERROR_NOT_FOUND: DNS
 * knows no such domain; says which question was asked. */
int locate_candidates(const struct locate_settings *settings, const char *site, int64_t deadline,
                      struct locate_candidates *candidates, struct error **err);
void locate_candidates_release(struct locate_candidates *candidates);

/* The first candidate that connects, does its TLS, answers the ping for the domain and is a KDC
 * (MS-ADTS 6.3.6). Each failure is remembered. Where none does, the message has the reason of each,
 * and the code is theirs if they agree, else ERROR_UNAVAILABLE. */
int locate_reach(const struct locate_settings *settings, const struct locate_candidates *candidates,
                 int64_t deadline, struct domain_controller *controller, struct error **err);

/* Where the controller says that our address belongs to another site than its own: exchanges it for
 * the first of that site that answers, if one does. */
void locate_nearer(const struct locate_settings *settings, int64_t deadline,
                   struct domain_controller *controller);

/* All three. */
int locate(const struct locate_settings *settings, int64_t deadline,
           struct domain_controller *controller, struct error **err);
void domain_controller_release(struct domain_controller *controller);

/* The address of a controller that answered, without port: for the KDC's address in a krb5 profile.
 */
void domain_controller_address(const struct domain_controller *controller,
                               char text[ADDRESS_TEXT_MAX]);

#define cleanup_locate_candidates __attribute__((cleanup(locate_candidates_release)))
#define cleanup_domain_controller __attribute__((cleanup(domain_controller_release)))

#endif
