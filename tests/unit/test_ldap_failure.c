#include "lib/directory/ldap_failure.h"

#include <krb5.h>
#include <ldap.h>
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

#define SIGN_IN(data)                                                                              \
    "80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data " data ", v4563"

static void expect(int code, const char *diagnostic, enum error_code blame, const char *text)
{
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(ldap_failure(code, diagnostic, "dc1: sign-in", &error), -1);
    ck_assert_msg(error->code == blame, "%d %s: %s", code, diagnostic ? diagnostic : "-",
                  error->message);
    ck_assert_msg(strstr(error->message, text) != NULL, "%s lacks %s", error->message, text);
    ck_assert_msg(strncmp(error->message, "dc1: sign-in: ", 14) == 0, "%s", error->message);
}

START_TEST(sub_codes_of_a_refused_sign_in_are_told)
{
    static const struct {
        const char *diagnostic;
        enum error_code blame;
        const char *text;
    } rows[] = {
        {SIGN_IN("525"), ERROR_DENIED, "no such user"},
        {SIGN_IN("52e"), ERROR_DENIED, "user name or the password is wrong"},
        {SIGN_IN("52f"), ERROR_DENIED, "restriction"},
        {SIGN_IN("530"), ERROR_DENIED, "hour"},
        {SIGN_IN("531"), ERROR_DENIED, "this machine"},
        {SIGN_IN("532"), ERROR_DENIED, "has expired: set a new one"},
        {SIGN_IN("533"), ERROR_DENIED, "is disabled"},
        {SIGN_IN("701"), ERROR_DENIED, "account has expired"},
        {SIGN_IN("773"), ERROR_DENIED, "must be changed"},
        {SIGN_IN("775"), ERROR_DENIED, "locked"},
        {SIGN_IN("35b"), ERROR_INPUT, "channel binding"},
        {"80090346: LdapErr: DSID-0C0906B9, comment: AcceptSecurityContext error, data 80090346, "
         "v4563",
         ERROR_INPUT, "channel binding"},
        {SIGN_IN("999"), ERROR_DENIED, "the sign-in was refused"},
        {"", ERROR_DENIED, "the sign-in was refused (Invalid credentials)"},
        {NULL, ERROR_DENIED, "the sign-in was refused (Invalid credentials)"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        expect(LDAP_INVALID_CREDENTIALS, rows[i].diagnostic, rows[i].blame, rows[i].text);
}
END_TEST

START_TEST(blame_follows_the_code)
{
    static const struct {
        int code;
        enum error_code blame;
    } rows[] = {
        {LDAP_OPERATIONS_ERROR, ERROR_UNAVAILABLE},
        {LDAP_PROTOCOL_ERROR, ERROR_PROTOCOL},
        {LDAP_STRONG_AUTH_REQUIRED, ERROR_INPUT},
        {LDAP_CONFIDENTIALITY_REQUIRED, ERROR_INPUT},
        {LDAP_NO_SUCH_OBJECT, ERROR_NOT_FOUND},
        {LDAP_REFERRAL, ERROR_NOT_FOUND},
        {LDAP_INSUFFICIENT_ACCESS, ERROR_DENIED},
        {LDAP_UNWILLING_TO_PERFORM, ERROR_DENIED},
        {LDAP_BUSY, ERROR_UNAVAILABLE},
        {LDAP_UNAVAILABLE, ERROR_UNAVAILABLE},
        {LDAP_SERVER_DOWN, ERROR_UNAVAILABLE},
        {LDAP_TIMEOUT, ERROR_UNAVAILABLE},
        {LDAP_DECODING_ERROR, ERROR_PROTOCOL},
        {LDAP_LOCAL_ERROR, ERROR_INTERNAL},
        {LDAP_OTHER, ERROR_PROTOCOL},
        {12345, ERROR_PROTOCOL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        expect(rows[i].code, NULL, rows[i].blame, "(");
}
END_TEST

START_TEST(other_diagnostics_are_known)
{
    expect(LDAP_OPERATIONS_ERROR,
           "00002020: operational_search_post_process failed for attribute 'msDS-ManagedPassword'",
           ERROR_DENIED, "sealed connection only");
    expect(LDAP_OPERATIONS_ERROR,
           "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a "
           "successful bind must be completed on the connection., data 0, v4563",
           ERROR_DENIED, "signed in");
    expect(LDAP_OPERATIONS_ERROR, "00002020: Operation unavailable without authentication",
           ERROR_DENIED, "signed in");
    expect(LDAP_UNWILLING_TO_PERFORM,
           "SASL:[GSS-SPNEGO]: Sign or Seal are not allowed if TLS is used", ERROR_INPUT,
           "not one inside the other");
    expect(LDAP_UNAVAILABLE,
           "00000000: LdapErr: DSID-0C0912E8, comment: Error initializing SSL/TLS, data 0, v4563",
           ERROR_UNAVAILABLE, "no certificate");
}
END_TEST

START_TEST(kerberos_speaks_through_sasl)
{
    static const char before[] = "SASL(-1): generic failure: GSSAPI Error: Unspecified GSS "
                                 "failure.  Minor code may provide more information (";
    krb5_context context = NULL; /* its creation is what makes the texts known */
    ck_assert_int_eq(krb5_init_context(&context), 0);
    cleanup_free char *skew = xasprintf("%sClock skew too great)", before);
    cleanup_free char *server = xasprintf("%sServer not found in Kerberos database)", before);
    expect(LDAP_LOCAL_ERROR, skew, ERROR_INTERNAL, "clock");
    expect(LDAP_LOCAL_ERROR, server, ERROR_NOT_FOUND, "principal");
    krb5_free_context(context);
}
END_TEST

START_TEST(a_servers_words_are_made_harmless)
{
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "a\nb\x1B[31m", 8);
    cleanup_error struct error *error = NULL;
    (void)ldap_failure(LDAP_BUSY, text, "dc1", &error);
    ck_assert_uint_lt(strlen(error->message), 400);
    ck_assert_ptr_nonnull(strstr(error->message, "a\\nb\\x1b[31m"));
    ck_assert_ptr_nonnull(strstr(error->message, "...)"));
}
END_TEST

START_TEST(the_number_behind_data_is_read)
{
    ck_assert_int_eq(ldap_failure_data(SIGN_IN("52e")), 0x52e);
    ck_assert_int_eq(ldap_failure_data("comment, data 0"), 0);
    ck_assert_int_eq(ldap_failure_data("comment, data x"), -1);
    ck_assert_int_eq(ldap_failure_data("comment, data fffffffffffffffffff"), -1);
    ck_assert_int_eq(ldap_failure_data("no number"), -1);
    ck_assert_int_eq(ldap_failure_data(NULL), -1);
}
END_TEST

SUITE("ldap_failure", sub_codes_of_a_refused_sign_in_are_told, blame_follows_the_code,
      other_diagnostics_are_known, kerberos_speaks_through_sasl, a_servers_words_are_made_harmless,
      the_number_behind_data_is_read)
