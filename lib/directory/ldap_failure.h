/* LDAP's half of the one funnel: what a result code and a server's diagnostic mean, whose fault it
 * is and what to do. (Kerberos' half: lib/directory/kerberos_failure.h.) */
#ifndef GMSA_DIRECTORY_LDAP_FAILURE_H
#define GMSA_DIRECTORY_LDAP_FAILURE_H

#include "lib/common/error.h"

/* Fills *err for `code`, a result of LDAP (RFC 4511, 4.1.9) or of libldap (negative): "BEFORE: what
 * happened: what to do (the server's own words)". `diagnostic` is LDAP_OPT_DIAGNOSTIC_MESSAGE or
 * NULL; it is made harmless and cut. Of Active Directory's diagnostics the sub-code counts most
 * ("80090308: LdapErr: DSID-..., data 52e": MS-ERREF Win32 codes), then the code alone. Returns -1.
 */
int ldap_failure(int code, const char *diagnostic, const char *before, struct error **err)
    __attribute__((nonnull(3)));

/* The sub-code behind "data " in a diagnostic, or -1. */
long ldap_failure_data(const char *diagnostic);

#endif
