/* DNS: service records and addresses, with a time limit.
 *
 * Asks the name servers of /etc/resolv.conf, or given ones, through c-ares; each call has a channel
 * of its own, so that any number of threads may call. libresolv cannot be used here: it counts in
 * whole seconds a server and knows no limit over all. */
#ifndef GMSA_DIRECTORY_RESOLVER_H
#define GMSA_DIRECTORY_RESOLVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/common/error.h"

/* Bounds on what a name server may answer; the rest is left out. */
enum { RESOLVER_RECORDS_MAX = 64, RESOLVER_ADDRESSES_MAX = 16 };

/* Zero means the default. */
struct resolver_settings {
    const char *servers; /* "10.0.0.1,[fd00::1]:5353" instead of resolv.conf's; or NULL */
    int64_t attempt;     /* milliseconds for one server's answer before the next is asked; 1 s */
};

/* A service record (RFC 2782). */
struct service_record {
    char *host; /* without the final dot, in lower case */
    uint16_t priority, weight, port;
};
struct service_records {
    struct service_record *items;
    size_t count;
};

/* The records of `name` ("_ldap._tcp.dc._msdcs.contoso.test") in the order in which they are to be
 * tried. ERROR_NOT_FOUND: the name has no such records (also a single "." target, which says that
 * there is no such service), ERROR_UNAVAILABLE: no name server answered, ERROR_PROTOCOL: nonsense.
 * The result is the caller's. */
int resolver_services(const struct resolver_settings *settings, const char *name, int64_t deadline,
                      struct service_records *records, struct error **err);
void service_records_release(struct service_records *records);

/* Puts records into the order of RFC 2782: by priority, and within one at random by weight.
 * `random` gives numbers from 0 up to and including `most`. */
typedef uint32_t service_random(uint32_t most, void *context);
void service_records_order(struct service_records *records, service_random *random, void *context);

struct address {
    struct sockaddr_storage socket; /* its port is 0 */
    socklen_t length;
};
struct addresses {
    struct address items[RESOLVER_ADDRESSES_MAX];
    size_t count;
};

/* The addresses of a host, IPv4 first: /etc/hosts counts as nsswitch.conf says. An address as text
 * is taken as what it is, without DNS. Errors as above. */
int resolver_addresses(const struct resolver_settings *settings, const char *host, int64_t deadline,
                       struct addresses *addresses, struct error **err);

/* "127.0.0.10", "fd00::1". */
enum { ADDRESS_TEXT_MAX = 64 };
void address_text(const struct address *address, char text[ADDRESS_TEXT_MAX]);

/* The machine's own DNS domain: the first `search` or `domain` of resolv.conf, else what stands
 * behind the first dot of the host's name. NULL where neither says. The caller frees. */
char *resolver_search_domain(void);

#define cleanup_service_records __attribute__((cleanup(service_records_release)))

#endif
