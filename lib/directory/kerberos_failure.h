/* Kerberos' half of the one funnel: what a code of libkrb5 means, whose fault it is and what to do.
 * (LDAP's half: lib/directory/ldap_failure.h.) */
#ifndef GMSA_DIRECTORY_KERBEROS_FAILURE_H
#define GMSA_DIRECTORY_KERBEROS_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/error.h"

enum kerberos_failure {
    KERBEROS_OTHER,
    KERBEROS_CLOCK_SKEW,     /* clocks differ by more than five minutes */
    KERBEROS_WRONG_PASSWORD, /* or key: preauthentication failed */
    KERBEROS_PASSWORD_EXPIRED,
    KERBEROS_CLIENT_UNKNOWN,
    KERBEROS_CLIENT_DISABLED, /* disabled, locked or expired: the KDC says "revoked" */
    KERBEROS_SERVICE_UNKNOWN, /* no account has this service principal name */
    KERBEROS_ENCRYPTION_TYPE,
    KERBEROS_KDC_UNREACHABLE,
    KERBEROS_NO_TICKETS, /* no credentials cache, or none in it, or not this one */
    KERBEROS_TICKETS_EXPIRED,
    KERBEROS_NO_KEYTAB,     /* no file, or no key of this principal in it */
    KERBEROS_NOT_PERMITTED, /* the KDC's policy */
};

/* A code of libkrb5 (krb5_error_code, or the minor status of GSSAPI). */
enum kerberos_failure kerberos_failure_kind(int32_t code);
/* The known code whose text stands in `text`, such as libldap's diagnostic "SASL(-1): generic
 * failure: GSSAPI Error: ... (Server not found in Kerberos database)"; 0 where there is none. */
int32_t kerberos_failure_find(const char *text);

/* What is known beside the code. A zeroed struct is fine. */
struct kerberos_failure_facts {
    const char *detail;  /* libkrb5's own text, or NULL for the code's */
    const char *client;  /* whose credentials these are, or NULL */
    const char *service; /* what was asked for, or NULL */
    bool clock_known;    /* the KDC said what time it has */
    int64_t clock_ahead; /* seconds that its clock is ahead of ours */
};

/* Fills *err: "BEFORE: what happened: what to do (libkrb5's text)". Returns -1. */
int kerberos_failure(int32_t code, const struct kerberos_failure_facts *facts, const char *before,
                     struct error **err) __attribute__((nonnull(2, 3)));

#endif
