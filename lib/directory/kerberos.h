/* Kerberos in this process: its profile, and where the KDCs are.
 *
 * Two users of libkrb5 share it. GSSAPI (below libldap) has contexts of its own, out of
 * reach, made from the environment; kerberos_prepare() gives these a profile that does not rely on
 * reverse DNS, and no KDC at all. Our own requests get tickets, that for the LDAP service included,
 * into a memory cache, where GSSAPI finds them: so it never sends anything itself. Our requests go
 * over our own sockets (libkrb5 makes and reads the messages step by step) to the KDCs that stand
 * in a struct kerberos: no SRV look-ups, no [realms] of a krb5.conf, and a deadline that holds,
 * which libkrb5's own sending does not know. TCP only: tickets of Active Directory rarely fit a
 * datagram. */
#ifndef GMSA_DIRECTORY_KERBEROS_H
#define GMSA_DIRECTORY_KERBEROS_H

#include <stdint.h>

#include "lib/common/error.h"

struct addresses; /* lib/directory/resolver.h */

enum { KERBEROS_PORT = 88 };

/* To be called in main(), before the first thread and before anything of libkrb5 or libldap:
 * it sets KRB5_CONFIG in the environment to a private profile (a memory file of this process) in
 * front of the user's own (what KRB5_CONFIG said before, or /etc/krb5.conf), since the first value
 * of a profile counts. It sets rdns = false, dns_canonicalize_hostname = false, dns_lookup_kdc =
 * false, dns_lookup_realm = false. Works without any krb5.conf. Programs that are started later see
 * a file that is not there, and then the user's own. ERROR_INTERNAL. Calling it again does nothing.
 */
int kerberos_prepare(struct error **err);

/* Realms and their KDCs. Thread-safe, except for kerberos_free(). */
struct kerberos;
struct kerberos *kerberos_create(void) __attribute__((returns_nonnull));
/* Nobody may use it any more, tickets made with it included. NULL is fine. */
void kerberos_free(struct kerberos *kerberos);

/* From now on requests for a realm ("CONTOSO.TEST", any case) go to these addresses, tried as
 * dial() does. `port` 0 means 88. Replaces what was set before; requests under way keep what they
 * have. */
void kerberos_set_kdc(struct kerberos *kerberos, const char *realm,
                      const struct addresses *addresses, uint16_t port);

/* Called for a realm that has no KDC yet (the user is of another domain than the account), in the
 * requesting thread and without a lock held. It shall call kerberos_set_kdc() and return 0, or fill
 * *err and return -1. */
typedef int kerberos_find(struct kerberos *kerberos, const char *realm, int64_t deadline,
                          void *context, struct error **err);
/* Without one, a realm without a KDC fails as "no KDC known". Before the first request. */
void kerberos_set_finder(struct kerberos *kerberos, kerberos_find *find, void *context);

/* How many messages went to KDCs and were answered, and how many connections were opened for them:
 * together the round trips. For tests and statistics. */
struct kerberos_counts {
    uint64_t exchanges, connections;
};
struct kerberos_counts kerberos_counts(const struct kerberos *kerberos);

#endif
