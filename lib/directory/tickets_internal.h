/* What a struct tickets is made of: for the files of tickets alone. */
#ifndef GMSA_DIRECTORY_TICKETS_INTERNAL_H
#define GMSA_DIRECTORY_TICKETS_INTERNAL_H

#include <pthread.h>

#include "lib/directory/kerberos_request.h"
#include "lib/directory/krb5_library.h"
#include "lib/directory/tickets.h"

struct tickets {
    struct kerberos *kerberos;
    char *cache_name, *principal, *realm; /* never change */
    pthread_mutex_t lock;                 /* over the context */
    krb5_context context;                 /* for what asks no KDC, and for destroying the cache */
    krb5_ccache cache;
    struct tickets_times times;
    int32_t encryption_type; /* of the TGT */
    bool clock_known;
    int64_t clock_ahead;
};

/* Tickets with an empty cache, not initialised, of a new unique name. */
struct tickets *tickets_create(struct kerberos *kerberos, struct error **err);
/* Reads principal, realm, and the TGT's times out of the cache. ERROR_NOT_FOUND: no TGT. */
int tickets_look(struct tickets *tickets, struct error **err);

/* What opens the TGT: a password (UTF-8, NUL-terminated), or else a keytab by its full name. */
struct initial_secret {
    const char *password;
    const char *keytab;
};
/* An AS exchange (RFC 4120, 3.1). `code`, unless NULL, gets libkrb5's code where the KDC or the
 * library refused, 0 else. */
struct tickets *tickets_initial(struct kerberos *kerberos, const char *principal,
                                const struct initial_secret *secret, int64_t deadline,
                                krb5_error_code *code, struct error **err);

/* Whether a ticket is a TGT for the client's own realm. */
bool tickets_is_tgt(krb5_context context, const krb5_creds *creds);

#endif
