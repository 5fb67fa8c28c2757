/* A small set of authorities' certificates, as they stand in a caBundle. */
#ifndef GMSA_WEBHOOK_CERTIFICATES_AUTHORITIES_H
#define GMSA_WEBHOOK_CERTIFICATES_AUTHORITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

typedef struct x509_st X509;

enum { AUTHORITIES_MAX = 8, AUTHORITIES_TEXT_MAX = 64 * 1024 };

/* A zeroed struct is empty. */
struct authorities {
    X509 *items[AUTHORITIES_MAX]; /* the oldest first */
    size_t count;
};

/* Adds a reference to a certificate that is not in it yet; where there is no room the oldest goes.
 */
void authorities_add(struct authorities *set, X509 *certificate);
/* Adds all of a PEM text. ERROR_INPUT where one is damaged or no authority's (the ones before it
 * are added then) or the text is too large. An empty text has none. */
int authorities_read(struct authorities *set, struct slice pem, struct error **err);
bool authorities_has(const struct authorities *set, X509 *certificate);
/* Takes away those that have ended; returns how many. */
size_t authorities_drop_ended(struct authorities *set, int64_t now);
/* The first end, in seconds since 1970; 0 for an empty set. */
int64_t authorities_first_end(const struct authorities *set);
/* Appends PEM. */
void authorities_write(const struct authorities *set, struct buffer *pem);
void authorities_release(struct authorities *set);

#define cleanup_authorities __attribute__((cleanup(authorities_release)))

#endif
