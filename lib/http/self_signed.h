/* A certificate authority and a serving certificate of our own, for a server that was given none.
 *
 * In the directory stand `ca.crt`, `ca.key`, `tls.crt` and `tls.key` (PEM, ECDSA P-256). The
 * authority lives ten years, the serving certificate one year. What is there and good is used
 * again, so that clients keep trusting the authority; what is missing, expired or soon to expire
 * (a sixth of its life left), does not belong together, or lacks a name, is made anew. Key files
 * have mode 0600 and are written atomically. */
#ifndef GMSA_HTTP_SELF_SIGNED_H
#define GMSA_HTTP_SELF_SIGNED_H

#include "lib/common/error.h"

struct self_signed {
    char *ca; /* paths */
    char *certificate;
    char *key;
};

/* `names` are DNS names and IP addresses, ends with NULL. Makes the directory (0700) where it does
 * not exist. ERROR_DENIED, ERROR_INPUT (a name that is neither), ERROR_INTERNAL. */
int self_signed_ensure(const char *directory, const char *const *names, struct self_signed *made,
                       struct error **err);
void self_signed_release(struct self_signed *made);

#define cleanup_self_signed __attribute__((cleanup(self_signed_release)))

#endif
