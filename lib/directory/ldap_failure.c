#include "lib/directory/ldap_failure.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/common/utf8.h"
#include "lib/directory/kerberos_failure.h"
#include "lib/directory/ldap_library.h"

enum { DIAGNOSTIC_MAX = 300 };

struct meaning {
    enum error_code blame;
    const char *text; /* what happened, and what to do */
};

/* What stands behind "data " when a domain controller refuses a sign-in: Win32 errors in hex
 * (MS-ERREF 2.2). */
static const struct {
    long data;
    struct meaning meaning;
} sign_in_meanings[] = {
    {0x525, {ERROR_DENIED, "there is no such user: check the name and the domain"}},
    {0x52e, {ERROR_DENIED, "the user name or the password is wrong"}},
    {0x52f,
     {ERROR_DENIED, "a restriction of the account forbids it (protected users, or an "
                    "authentication policy): sign in with a Kerberos ticket instead"}},
    {0x530, {ERROR_DENIED, "the account may not sign in at this hour"}},
    {0x531, {ERROR_DENIED, "the account may not sign in from this machine"}},
    {0x532, {ERROR_DENIED, "the password has expired: set a new one"}},
    {0x533, {ERROR_DENIED, "the account is disabled: an administrator must enable it"}},
    {0x701, {ERROR_DENIED, "the account has expired: an administrator must extend it"}},
    {0x773, {ERROR_DENIED, "the password must be changed before the first sign-in"}},
    {0x775,
     {ERROR_DENIED, "the account is locked after too many wrong passwords: wait, or let an "
                    "administrator unlock it"}},
    {0x35b,
     {ERROR_INPUT, "the server demands channel binding (it does for Kerberos inside TLS): "
                   "use port 389 without TLS, which Kerberos seals by itself"}},
};

/* What a diagnostic begins with or holds, before the result code is looked at. */
static const struct {
    const char *text;
    struct meaning meaning;
} diagnostic_meanings[] = {
    {"80090346",
     {ERROR_INPUT, "the server demands channel binding (it does for Kerberos inside "
                   "TLS): use port 389 without TLS, which Kerberos seals by itself"}},
    {"000004DC", {ERROR_DENIED, "the server tells this only to those who have signed in"}},
    {"Operation unavailable without authentication", /* Samba's */
     {ERROR_DENIED, "the server tells this only to those who have signed in"}},
    {"Sign or Seal are not allowed if TLS is used",
     {ERROR_INPUT, "the server takes Kerberos or TLS, not one inside the other: use port 389 "
                   "without TLS, which Kerberos seals by itself"}},
    {"00002020: operational_search",
     {ERROR_DENIED, "the server hands it out over a sealed connection only"}},
    {"Error initializing SSL/TLS",
     {ERROR_UNAVAILABLE,
      "the server has no certificate for TLS: sign in by Kerberos, without TLS"}},
    {"00002028", {ERROR_INPUT, "the server wants the connection signed and sealed"}},
};

static const struct {
    int code;
    struct meaning meaning;
} code_meanings[] = {
    {LDAP_OPERATIONS_ERROR, {ERROR_UNAVAILABLE, "the server failed to do it"}},
    {LDAP_PROTOCOL_ERROR, {ERROR_PROTOCOL, "the server did not understand the request"}},
    {LDAP_TIMELIMIT_EXCEEDED, {ERROR_UNAVAILABLE, "the server's own time limit was exceeded"}},
    {LDAP_SIZELIMIT_EXCEEDED, {ERROR_UNAVAILABLE, "more entries than the server gives at a time"}},
    {LDAP_AUTH_METHOD_NOT_SUPPORTED,
     {ERROR_PROTOCOL, "the server does not know this way of signing in"}},
    {LDAP_STRONG_AUTH_REQUIRED,
     {ERROR_INPUT, "the server wants the connection signed and sealed, or inside TLS"}},
    {LDAP_REFERRAL, {ERROR_NOT_FOUND, "another server holds it: name the domain that it is in"}},
    {LDAP_ADMINLIMIT_EXCEEDED, {ERROR_UNAVAILABLE, "a limit of the server was exceeded"}},
    {LDAP_CONFIDENTIALITY_REQUIRED, {ERROR_INPUT, "the server wants the connection inside TLS"}},
    {LDAP_NO_SUCH_OBJECT, {ERROR_NOT_FOUND, "the directory has no such object"}},
    {LDAP_INVALID_DN_SYNTAX, {ERROR_INPUT, "a distinguished name is malformed"}},
    {LDAP_INVALID_CREDENTIALS, {ERROR_DENIED, "the sign-in was refused"}},
    {LDAP_INSUFFICIENT_ACCESS, {ERROR_DENIED, "whoever is signed in may not do this"}},
    {LDAP_BUSY, {ERROR_UNAVAILABLE, "the server is busy: try again later"}},
    {LDAP_UNAVAILABLE, {ERROR_UNAVAILABLE, "the server is shutting down: try again later"}},
    {LDAP_UNWILLING_TO_PERFORM, {ERROR_DENIED, "the server is not willing to do this"}},
    {LDAP_SERVER_DOWN, {ERROR_UNAVAILABLE, "the server closed the connection"}},
    {LDAP_CONNECT_ERROR, {ERROR_UNAVAILABLE, "the connection failed"}},
    {LDAP_TIMEOUT, {ERROR_UNAVAILABLE, "no answer in time"}},
    {LDAP_DECODING_ERROR, {ERROR_PROTOCOL, "the server's answer cannot be decoded"}},
    {LDAP_LOCAL_ERROR, {ERROR_INTERNAL, "Kerberos failed on this machine"}},
};

long ldap_failure_data(const char *diagnostic)
{
    static const char word[] = ", data ";
    const char *at = diagnostic ? strstr(diagnostic, word) : NULL;
    char *end;
    if (!at)
        return -1;
    at += strlen(word);
    unsigned long data = strtoul(at, &end, 16);
    return end == at || data > 0xFFFFFFFFUL ? -1 : (long)data;
}

static const struct meaning *find_meaning(int code, const char *diagnostic)
{
    static const struct meaning unknown = {ERROR_PROTOCOL, NULL};
    long data = code == LDAP_INVALID_CREDENTIALS ? ldap_failure_data(diagnostic) : -1;
    for (size_t i = 0; i < ARRAY_LENGTH(sign_in_meanings); i++)
        if (sign_in_meanings[i].data == data)
            return &sign_in_meanings[i].meaning;
    for (size_t i = 0; diagnostic && i < ARRAY_LENGTH(diagnostic_meanings); i++)
        if (strstr(diagnostic, diagnostic_meanings[i].text))
            return &diagnostic_meanings[i].meaning;
    for (size_t i = 0; i < ARRAY_LENGTH(code_meanings); i++)
        if (code_meanings[i].code == code)
            return &code_meanings[i].meaning;
    return &unknown;
}

int ldap_failure(int code, const char *diagnostic, const char *before, struct error **err)
{
    cleanup_buffer struct buffer words = {0};
    const struct meaning *meaning = find_meaning(code, diagnostic);
    struct slice said = slice_of(diagnostic);
    /* SASL and GSSAPI give libkrb5's own words in brackets. */
    int32_t kerberos = code < 0 && diagnostic ? kerberos_failure_find(diagnostic) : 0;
    if (kerberos != 0)
        return kerberos_failure(kerberos, &(struct kerberos_failure_facts){0}, before, err);
    while (said.length > 0 && strchr(" \r\n", said.data[said.length - 1]))
        said.length--;
    if (said.length > 0) {
        bool cut = said.length > DIAGNOSTIC_MAX;
        if (cut)
            said.length = utf8_valid_prefix(said.data, DIAGNOSTIC_MAX);
        quote_append_visible(&words, said);
        if (cut)
            buffer_append_text(&words, "...");
    } else {
        buffer_append_text(&words, ldap_err2string(code));
    }
    return error_set(err, meaning->blame, "%s: %s (%s)", before,
                     meaning->text ? meaning->text : ldap_err2string(code), buffer_text(&words));
}
