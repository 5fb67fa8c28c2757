#include "lib/directory/kerberos_failure.h"

#include <krb5.h>
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

#define CODE(name) ((int32_t)(name))

/* Each cause, whose fault it is, and the word that tells what to do. */
static const struct {
    int32_t code;
    enum kerberos_failure kind;
    enum error_code blame;
    const char *hint;
} rows[] = {
    {CODE(KRB5KRB_AP_ERR_SKEW), KERBEROS_CLOCK_SKEW, ERROR_INTERNAL, "set the clock"},
    {CODE(KRB5KDC_ERR_PREAUTH_FAILED), KERBEROS_WRONG_PASSWORD, ERROR_DENIED, "password"},
    {CODE(KRB5KDC_ERR_KEY_EXP), KERBEROS_PASSWORD_EXPIRED, ERROR_DENIED, "change"},
    {CODE(KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN), KERBEROS_CLIENT_UNKNOWN, ERROR_NOT_FOUND, "check"},
    {CODE(KRB5KDC_ERR_CLIENT_REVOKED), KERBEROS_CLIENT_DISABLED, ERROR_DENIED, "Enable-ADAccount"},
    {CODE(KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN), KERBEROS_SERVICE_UNKNOWN, ERROR_NOT_FOUND, "setspn"},
    {CODE(KRB5KDC_ERR_ETYPE_NOSUPP), KERBEROS_ENCRYPTION_TYPE, ERROR_DENIED,
     "msDS-SupportedEncryptionTypes"},
    {CODE(KRB5_KDC_UNREACH), KERBEROS_KDC_UNREACHABLE, ERROR_UNAVAILABLE, "port 88"},
    {CODE(KRB5_FCC_NOFILE), KERBEROS_NO_TICKETS, ERROR_NOT_FOUND, "kinit"},
    {CODE(KRB5KRB_AP_ERR_TKT_EXPIRED), KERBEROS_TICKETS_EXPIRED, ERROR_DENIED, "kinit"},
    {CODE(KRB5_KT_NOTFOUND), KERBEROS_NO_KEYTAB, ERROR_NOT_FOUND, "klist -k"},
    {CODE(KRB5KDC_ERR_POLICY), KERBEROS_NOT_PERMITTED, ERROR_DENIED, "policies"},
    {CODE(KRB5_CRYPTO_INTERNAL), KERBEROS_OTHER, ERROR_INTERNAL, "Kerberos failed"},
};

START_TEST(each_cause_says_what_to_do)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_error struct error *error = NULL;
        struct kerberos_failure_facts facts = {.detail = "DETAIL"};
        ck_assert_int_eq(kerberos_failure(rows[i].code, &facts, "BEFORE", &error), -1);
        ck_assert_int_eq(kerberos_failure_kind(rows[i].code), rows[i].kind);
        ck_assert_int_eq(error->code, rows[i].blame);
        ck_assert_msg(strstr(error->message, rows[i].hint) != NULL, "%s", error->message);
        ck_assert_int_eq(strncmp(error->message, "BEFORE: ", 8), 0);
        ck_assert_ptr_nonnull(strstr(error->message, "(DETAIL)"));
    }
}
END_TEST

START_TEST(what_is_known_beside_is_said)
{
    struct error *error = NULL;
    struct kerberos_failure_facts facts = {.client = "webapp01$@CONTOSO.TEST",
                                           .service = "ldap/dc1.contoso.test",
                                           .clock_known = true,
                                           .clock_ahead = -3600};
    (void)kerberos_failure(CODE(KRB5KRB_AP_ERR_SKEW), &facts, "x", &error);
    ck_assert_ptr_nonnull(strstr(error->message, "3600 seconds behind"));
    ck_assert_ptr_nonnull(strstr(error->message, "Clock skew too great"));
    error_free(STEAL(error));
    (void)kerberos_failure(CODE(KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN), &facts, "x", &error);
    ck_assert_ptr_nonnull(strstr(error->message, "ldap/dc1.contoso.test"));
    error_free(STEAL(error));
    (void)kerberos_failure(CODE(KRB5KDC_ERR_CLIENT_REVOKED), &facts, "x", &error);
    ck_assert_ptr_nonnull(strstr(error->message, "webapp01$@CONTOSO.TEST"));
    error_free(STEAL(error));
}
END_TEST

START_TEST(the_code_is_found_in_a_text_of_gssapi)
{
    ck_assert_int_eq(
        kerberos_failure_find("SASL(-1): generic failure: GSSAPI Error: Unspecified GSS failure.  "
                              "Minor code may provide more information (Server not found in "
                              "Kerberos database)"),
        CODE(KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN));
    ck_assert_int_eq(kerberos_failure_find("... (Clock skew too great)"),
                     CODE(KRB5KRB_AP_ERR_SKEW));
    ck_assert_int_eq(kerberos_failure_find("Invalid credentials"), 0);
    ck_assert_int_eq(kerberos_failure_find(""), 0);
}
END_TEST

SUITE("kerberos_failure", each_cause_says_what_to_do, what_is_known_beside_is_said,
      the_code_is_found_in_a_text_of_gssapi)
