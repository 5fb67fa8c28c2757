/* An identity's Kerberos tickets, in a memory cache of their own.
 *
 * The cache is libkrb5's MEMORY type: of this process, shared by its threads, wiped when it is
 * freed. Nothing touches KRB5CCNAME or a disk. Functions that take a struct tickets may be called
 * by several threads at once, except for tickets_free(). Deadlines: lib/directory/deadline.h.
 *
 * Errors of the functions that ask a KDC are those of kerberos_failure(). */
#ifndef GMSA_DIRECTORY_TICKETS_H
#define GMSA_DIRECTORY_TICKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/managed_password.h"

struct tickets;

/* --- A ticket-granting ticket (TGT) --------------------------------------------------------------
 * A principal is "NAME@REALM", its realm in any case. NULL with an error. The result is freed with
 * tickets_free(), before its struct kerberos. */

/* `password` is UTF-8 (a file's final newline is not part of it: the caller cuts it off). */
struct tickets *tickets_from_password(struct kerberos *kerberos, const char *principal,
                                      const struct secure_buffer *password, int64_t deadline,
                                      struct error **err);
/* A keytab file. Principals are looked up with their case, as libkrb5 does. `principal` NULL: that
 * of its first entry. */
struct tickets *tickets_from_keytab(struct kerberos *kerberos, const char *principal,
                                    const char *keytab, int64_t deadline, struct error **err);
struct tickets *tickets_from_keys(struct kerberos *kerberos,
                                  const struct directory_account *account,
                                  const struct account_keys *keys, int64_t deadline,
                                  struct error **err);

/* Which password opened. */
enum managed_password_used { MANAGED_PASSWORD_CURRENT, MANAGED_PASSWORD_PREVIOUS };
/* As a gMSA: keys of `types` out of the current password, and where the KDC refuses these with
 * KRB5KDC_ERR_PREAUTH_FAILED, out of the previous one. `used` may be NULL. */
struct tickets *tickets_from_managed_password(struct kerberos *kerberos,
                                              const struct directory_account *account,
                                              const struct managed_password *password,
                                              uint32_t types, int64_t deadline,
                                              enum managed_password_used *used, struct error **err);

/* Copies the caller's own cache, which stays as it is: `name` "FILE:PATH", "KEYRING:...",
 * "KCM:", or NULL for libkrb5's default (KRB5CCNAME, then the profile's). Asks nobody.
 * ERROR_NOT_FOUND: there is none or it has no TGT; ERROR_DENIED: the TGT has expired. */
struct tickets *tickets_from_cache(struct kerberos *kerberos, const char *name, struct error **err);

/* --- Using them --------------------------------------------------------------------------------*/

/* Puts a service ticket into the cache, unless a valid one is there. `service` is
 * "ldap/dc1.contoso.test", with "@REALM" behind if it is known to be in another realm than the
 * client; else the client's KDC is asked, and its referrals are followed. GSSAPI finds it there. */
int tickets_get_service(struct tickets *tickets, const char *service, int64_t deadline,
                        struct error **err);

/* "MEMORY:..." for gss_krb5_ccache_name() or the key "ccache" of gss_acquire_cred_from(). Valid
 * while `tickets` lives, as the next two. */
const char *tickets_cache_name(const struct tickets *tickets) __attribute__((returns_nonnull));
/* "gmsa-reader@CONTOSO.TEST" and "CONTOSO.TEST". */
const char *tickets_principal(const struct tickets *tickets) __attribute__((returns_nonnull));
const char *tickets_realm(const struct tickets *tickets) __attribute__((returns_nonnull));

/* The TGT's times, by the KDC's clock. `renew_until` is 0 where it is not renewable. */
struct tickets_times {
    time_t start, end, renew_until;
};
struct tickets_times tickets_times(const struct tickets *tickets);
/* How many seconds the KDC's clock is ahead of this machine's (negative: behind); false where it
 * has not told, as with tickets_from_cache(). Differences beyond five minutes make services refuse.
 */
bool tickets_clock_ahead(const struct tickets *tickets, int64_t *seconds);
/* The encryption type (krb5_enctype) of the ticket for `service`, a TGT's for NULL; 0 where the
 * cache has none. */
int32_t tickets_encryption_type(struct tickets *tickets, const char *service);

/* Writes a cache file (FILE: type, format 4), as every Kerberos application reads it: a reader sees
 * the old or the whole new one. Mode 0600, the owner is this process's user. Only the TGT and what
 * belongs to it goes in where `only_tgt`, else the service tickets as well. Errors as
 * keytab_write(). */
int tickets_write(struct tickets *tickets, const char *path, bool only_tgt, struct error **err);

/* Wipes and frees; NULL is fine. */
void tickets_free(struct tickets *tickets);
static inline void tickets_free_at(struct tickets **tickets)
{
    tickets_free(*tickets);
}
#define cleanup_tickets __attribute__((cleanup(tickets_free_at)))

#endif
