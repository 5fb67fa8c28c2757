/* The Secret that holds the webhook's authority and serving certificate.
 *
 *   metadata.annotations   gmsa-identity.dev/certificates: v1     it is ours
 *                          gmsa-identity.dev/adopted-until: TIME  RFC 3339, in UTC
 *   data   ca.crt, ca.key            the current authority
 *          tls.crt, tls.key          a serving certificate of it
 *          next-ca.crt, next-ca.key  the next authority, in a change-over
 *          previous-ca.crt           authorities that are trusted until they end
 *          adopted-ca.crt            ... until adopted-until
 *
 * What each is for, and when it changes, stands in plan.h. A Secret without the first annotation is
 * somebody else's. Its text is hostile like any other: whoever can write it can stop the webhook,
 * but must not crash it, or make it serve what does not fit together. */
#ifndef GMSA_WEBHOOK_CERTIFICATES_STORED_H
#define GMSA_WEBHOOK_CERTIFICATES_STORED_H

#include <stdint.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"
#include "lib/common/slice.h"
#include "lib/http/key_pair.h"
#include "webhook/certificates/authorities.h"
#include "webhook/certificates/plan.h"

#define STORED_MARK    "gmsa-identity.dev/certificates"
#define STORED_ADOPTED "gmsa-identity.dev/adopted-until"
#define STORED_FORMAT  "v1"

enum { STORED_MAX = 256 * 1024 }; /* bytes of the Secret as JSON that are read */

/* A zeroed struct holds nothing. */
struct stored {
    struct buffer version; /* metadata.resourceVersion; empty: it does not exist */
    struct key_pair current, next, serving;
    struct authorities previous, adopted;
    int64_t adopted_until; /* seconds since 1970; 0 where nothing is adopted */
};

/* Reads a Secret: PLAN_SECRET_GOOD; PLAN_SECRET_FOREIGN; or PLAN_SECRET_DAMAGED where it is ours
 * but something in it is missing, cannot be read or does not belong together. In the latter two
 * cases *err says why, and `stored` holds nothing but the version. */
enum plan_secret stored_read(struct stored *stored, struct slice json, struct error **err);
void stored_release(struct stored *stored);
#define cleanup_stored __attribute__((cleanup(stored_release)))

/* Copies into an empty one; keys and certificates are shared. */
void stored_copy(struct stored *to, const struct stored *from);

/* All certificates to be trusted, as PEM: current, next, previous, adopted. */
void stored_bundle(const struct stored *stored, struct buffer *bundle);

/* Writes a new Secret, or where `stored` has a version a merge patch (RFC 7386) of it which fails
 * when it has changed since, and which leaves labels and foreign members alone. The text holds
 * private keys. ERROR_INTERNAL, ERROR_UNAVAILABLE. */
int stored_write(const struct stored *stored, const char *namespace, const char *name,
                 struct secure_buffer *json, struct error **err);

/* "2006-01-02T15:04:05Z" for seconds since 1970, and back; 0 for any other text. */
enum { STORED_TIME_SIZE = 24 };
void stored_time(int64_t seconds, char text[STORED_TIME_SIZE]);
int64_t stored_time_read(struct slice text);

#endif
