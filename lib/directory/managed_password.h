/* The value of msDS-ManagedPassword: MSDS-MANAGEDPASSWORD_BLOB.
 *
 * Source: MS-ADTS 2.2.19. Its fields are found through the offsets in its head, never by computing
 * where they ought to be: Samba writes them unaligned, Windows with padding. */
#ifndef GMSA_DIRECTORY_MANAGED_PASSWORD_H
#define GMSA_DIRECTORY_MANAGED_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

/* A blob's offsets have 16 bits, so a longer one makes no sense. */
enum { MANAGED_PASSWORD_BLOB_MAX = 65535 };
/* Interval of 100 ns: ten millions are a second. */
#define MANAGED_PASSWORD_SECOND UINT64_C(10000000)

/* A zeroed struct is empty. */
struct managed_password {
    struct secure_buffer current;  /* UTF-16LE, without the NUL unit that ends it */
    struct secure_buffer previous; /* the same; empty (data is NULL) where there is none */
    /* In units of 100 ns, from the moment that the DC answered. */
    uint64_t query_interval;     /* until the password should be read again: it changes then */
    uint64_t unchanged_interval; /* while the password will not change: five minutes less */
};

/* Within the last five minutes before a roll-over a DC gives the coming password as the current
 * one, though the KDC takes only the previous one until then; in the first five minutes behind it
 * the KDC takes both. So use `current`, and on KRB5KDC_ERR_PREAUTH_FAILED `previous`. */

/* Reads a blob, which the caller wipes afterwards. Refused with ERROR_PROTOCOL, whose message holds
 * no byte of it: a version other than 1, a length that is not the blob's own, offsets that point
 * into the head, beyond the end or into each other, a password that is empty or has no end.
 * ERROR_UNAVAILABLE: no memory for secrets. On failure `password` stays empty. */
int managed_password_decode(struct managed_password *password, const void *blob, size_t length,
                            struct error **err);
/* Wipes and frees. */
void managed_password_release(struct managed_password *password);
#define cleanup_managed_password __attribute__((cleanup(managed_password_release)))

#endif
