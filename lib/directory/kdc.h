/* The network's side of Kerberos: where a realm's KDCs are, and one connection to them. For the
 * other files of Kerberos in this folder alone. */
#ifndef GMSA_DIRECTORY_KDC_H
#define GMSA_DIRECTORY_KDC_H

#include <stdint.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/resolver.h"

struct kdc {
    struct addresses addresses;
    uint16_t port;
    unsigned generation; /* counts what kerberos_set_kdc() said for this realm */
};

/* Where to send requests for a realm: what kerberos_set_kdc() said, after asking the finder where
 * it said nothing. ERROR_UNAVAILABLE: it is not known. */
int kerberos_kdc(struct kerberos *kerberos, const char *realm, int64_t deadline, struct kdc *kdc,
                 struct error **err);

/* A connection to a realm's KDC that the last user left open a moment ago, or -1. */
int kerberos_take_idle(struct kerberos *kerberos, const char *realm, unsigned *generation);
/* Leaves one for the next user, or closes it where there is one already, or it is to a KDC of
 * before. */
void kerberos_give_idle(struct kerberos *kerberos, const char *realm, int fd, unsigned generation);

/* A connection that stays open from one exchange to the next. `fd` is -1 while there is none. */
struct kdc_line {
    struct kerberos *kerberos;
    int64_t deadline;
    int fd;
    char *realm; /* whose KDC it is */
    unsigned generation;
};

/* Sends a request and reads the answer (RFC 4120, 7.2.2: each with its length in front), appended
 * to `reply`. ERROR_UNAVAILABLE: no connection, or no answer until the deadline; ERROR_PROTOCOL:
 * what came is too long to be an answer. */
int kdc_exchange(struct kdc_line *line, const char *realm, struct slice request,
                 struct buffer *reply, struct error **err);
/* When its user is done: leaves it for the next one. */
void kdc_line_end(struct kdc_line *line);

/* Counts for kerberos_counts(). */
void kerberos_count_connection(struct kerberos *kerberos);
void kerberos_count_exchange(struct kerberos *kerberos);

#endif
