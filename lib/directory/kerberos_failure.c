#include "lib/directory/kerberos_failure.h"

#include <pthread.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/krb5_library.h"

/* libkrb5's numbers do not fit an int as the constants they are. */
#define CODE(name) ((int32_t)(name))

static const struct {
    int32_t code;
    enum kerberos_failure kind;
} codes[] = {
    {CODE(KRB5KRB_AP_ERR_SKEW), KERBEROS_CLOCK_SKEW},
    {CODE(KRB5_KDCREP_SKEW), KERBEROS_CLOCK_SKEW},
    {CODE(KRB5KRB_AP_ERR_TKT_NYV), KERBEROS_CLOCK_SKEW},
    {CODE(KRB5KDC_ERR_NEVER_VALID), KERBEROS_CLOCK_SKEW},
    {CODE(KRB5KDC_ERR_PREAUTH_FAILED), KERBEROS_WRONG_PASSWORD},
    {CODE(KRB5KRB_AP_ERR_BAD_INTEGRITY), KERBEROS_WRONG_PASSWORD},
    {CODE(KRB5_PREAUTH_FAILED), KERBEROS_WRONG_PASSWORD},
    {CODE(KRB5KDC_ERR_KEY_EXP), KERBEROS_PASSWORD_EXPIRED},
    {CODE(KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN), KERBEROS_CLIENT_UNKNOWN},
    {CODE(KRB5KDC_ERR_CLIENT_REVOKED), KERBEROS_CLIENT_DISABLED},
    {CODE(KRB5KDC_ERR_NAME_EXP), KERBEROS_CLIENT_DISABLED},
    {CODE(KRB5KDC_ERR_CLIENT_NOTYET), KERBEROS_CLIENT_DISABLED},
    {CODE(KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN), KERBEROS_SERVICE_UNKNOWN},
    {CODE(KRB5KDC_ERR_SERVICE_EXP), KERBEROS_SERVICE_UNKNOWN},
    {CODE(KRB5KDC_ERR_SERVICE_REVOKED), KERBEROS_SERVICE_UNKNOWN},
    {CODE(KRB5KDC_ERR_ETYPE_NOSUPP), KERBEROS_ENCRYPTION_TYPE},
    {CODE(KRB5KDC_ERR_NULL_KEY), KERBEROS_ENCRYPTION_TYPE},
    {CODE(KRB5_PROG_ETYPE_NOSUPP), KERBEROS_ENCRYPTION_TYPE},
    {CODE(KRB5_CONFIG_ETYPE_NOSUPP), KERBEROS_ENCRYPTION_TYPE},
    {CODE(KRB5_NOPERM_ETYPE), KERBEROS_ENCRYPTION_TYPE},
    {CODE(KRB5_BAD_ENCTYPE), KERBEROS_ENCRYPTION_TYPE},
    {CODE(KRB5_KDC_UNREACH), KERBEROS_KDC_UNREACHABLE},
    {CODE(KRB5_REALM_UNKNOWN), KERBEROS_KDC_UNREACHABLE},
    {CODE(KRB5_REALM_CANT_RESOLVE), KERBEROS_KDC_UNREACHABLE},
    {CODE(KRB5KDC_ERR_SVC_UNAVAILABLE), KERBEROS_KDC_UNREACHABLE},
    {CODE(KRB5_CC_NOTFOUND), KERBEROS_NO_TICKETS},
    {CODE(KRB5_FCC_NOFILE), KERBEROS_NO_TICKETS},
    {CODE(KRB5_FCC_PERM), KERBEROS_NO_TICKETS},
    {CODE(KRB5_CC_END), KERBEROS_NO_TICKETS},
    {CODE(KRB5_CC_FORMAT), KERBEROS_NO_TICKETS},
    {CODE(KRB5_CC_UNKNOWN_TYPE), KERBEROS_NO_TICKETS},
    {CODE(KRB5KRB_AP_ERR_TKT_EXPIRED), KERBEROS_TICKETS_EXPIRED},
    {CODE(KRB5_KT_NOTFOUND), KERBEROS_NO_KEYTAB},
    {CODE(KRB5_KEYTAB_BADVNO), KERBEROS_NO_KEYTAB},
    {CODE(KRB5_KT_UNKNOWN_TYPE), KERBEROS_NO_KEYTAB},
    {CODE(KRB5KDC_ERR_POLICY), KERBEROS_NOT_PERMITTED},
    {CODE(KRB5KDC_ERR_BADOPTION), KERBEROS_NOT_PERMITTED},
    {CODE(KRB5KDC_ERR_WRONG_REALM), KERBEROS_CLIENT_UNKNOWN},
};

static const struct {
    enum error_code blame;
    const char *what, *hint;
} texts[] = {
    [KERBEROS_OTHER] = {ERROR_INTERNAL, "Kerberos failed", NULL},
    [KERBEROS_CLOCK_SKEW] = {ERROR_INTERNAL, "this machine's clock and the KDC's differ too much",
                             "set the clock (chronyd, systemd-timesyncd) from the domain's time"},
    [KERBEROS_WRONG_PASSWORD] = {ERROR_DENIED, "the KDC refuses the password or key",
                                 "check the password; a keytab may be older than the last change "
                                 "of the account's password"},
    [KERBEROS_PASSWORD_EXPIRED] = {ERROR_DENIED, "the password has expired",
                                   "change the account's password"},
    [KERBEROS_CLIENT_UNKNOWN] = {ERROR_NOT_FOUND, "the domain has no such account",
                                 "check the name and the realm, the $ behind the name of a "
                                 "computer or gMSA included"},
    [KERBEROS_CLIENT_DISABLED] = {ERROR_DENIED, "the account is disabled, locked or expired",
                                  "enable it (PowerShell: Enable-ADAccount, Unlock-ADAccount)"},
    [KERBEROS_SERVICE_UNKNOWN] = {ERROR_NOT_FOUND, "no account has this service principal name",
                                  "check the host's name, and register the name once "
                                  "(setspn -S NAME ACCOUNT)"},
    [KERBEROS_ENCRYPTION_TYPE] =
        {ERROR_DENIED, "the KDC and this machine have no encryption type in common",
         "let the account have AES keys (msDS-SupportedEncryptionTypes 24), or permit the type in "
         "krb5.conf (permitted_enctypes)"},
    [KERBEROS_KDC_UNREACHABLE] = {ERROR_UNAVAILABLE, "no KDC can be reached",
                                  "check that TCP port 88 of the domain controllers is open"},
    [KERBEROS_NO_TICKETS] = {ERROR_NOT_FOUND, "there are no Kerberos tickets",
                             "get some (kinit USER@REALM), or name a user or a keytab"},
    [KERBEROS_TICKETS_EXPIRED] = {ERROR_DENIED, "the Kerberos tickets have expired",
                                  "get new ones (kinit USER@REALM)"},
    [KERBEROS_NO_KEYTAB] = {ERROR_NOT_FOUND, "the keytab has no key for this principal",
                            "list what it has (klist -k FILE); letter case counts"},
    [KERBEROS_NOT_PERMITTED] = {ERROR_DENIED, "the KDC's policy does not permit this",
                                "check logon restrictions and authentication policies"},
};

enum kerberos_failure kerberos_failure_kind(int32_t code)
{
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (codes[i].code == code)
            return codes[i].kind;
    return KERBEROS_OTHER;
}

/* libkrb5 hands its texts to error_message() only when somebody makes the first context. */
static const char *text_of(int32_t code)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, initialize_krb5_error_table);
    return error_message(code);
}

int32_t kerberos_failure_find(const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (strstr(text, text_of(codes[i].code)))
            return codes[i].code;
    return 0;
}

/* "its clock is 3600 seconds ahead". */
static void append_clock(struct buffer *text, const struct kerberos_failure_facts *facts)
{
    if (!facts->clock_known)
        return;
    int64_t ahead = facts->clock_ahead;
    buffer_append_format(text, " (its clock is %lld seconds %s)",
                         (long long)(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead");
}

int kerberos_failure(int32_t code, const struct kerberos_failure_facts *facts, const char *before,
                     struct error **err)
{
    enum kerberos_failure kind = kerberos_failure_kind(code);
    const char *detail = facts->detail ? facts->detail : text_of(code);
    cleanup_buffer struct buffer text = {0};

    buffer_append_format(&text, "%s: %s", before, texts[kind].what);
    if (kind == KERBEROS_CLOCK_SKEW)
        append_clock(&text, facts);
    if (kind == KERBEROS_SERVICE_UNKNOWN && facts->service)
        buffer_append_format(&text, ", %.300s", facts->service);
    if (facts->client && (kind == KERBEROS_CLIENT_UNKNOWN || kind == KERBEROS_CLIENT_DISABLED ||
                          kind == KERBEROS_NO_KEYTAB || kind == KERBEROS_PASSWORD_EXPIRED))
        buffer_append_format(&text, ", %.300s", facts->client);
    if (texts[kind].hint)
        buffer_append_format(&text, ": %s", texts[kind].hint);
    buffer_append_format(&text, " (%.300s)", detail);
    return error_set(err, texts[kind].blame, "%s", buffer_text(&text));
}
