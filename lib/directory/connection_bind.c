/* Signing in. */
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/connection_parts.h"
#include "lib/directory/deadline.h"
#include "lib/directory/kerberos_failure.h"
#include "lib/directory/krb5_library.h"
#include "lib/directory/ldap_library.h"

static const char what[] = "sign-in";

/* --- With tickets ----------------------------------------------------------------------------- */

static void credential_release(gss_cred_id_t *credential)
{
    OM_uint32 minor;
    (void)gss_release_cred(&minor, credential);
}

static int acquire(const char *host, const char *ccache, gss_cred_id_t *credential,
                   struct error **err)
{
    gss_key_value_element_desc place = {"ccache", ccache};
    const gss_key_value_set_desc store = {1, &place};
    gss_OID_set_desc mechanisms = {1, GSS_MECHANISM_KRB5};
    OM_uint32 minor = 0;
    cleanup_free char *before = xasprintf("%s: %s", host, what);
    OM_uint32 major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &mechanisms, GSS_C_INITIATE,
                                            &store, credential, NULL, NULL);
    if (GSS_ERROR(major))
        return kerberos_failure((int32_t)minor, &(struct kerberos_failure_facts){0}, before, err);
    return 0;
}

struct dialogue {
    gss_cred_id_t credential;
    bool given;
};

/* SASL asks for the identity to act as: our own. By then it has the context that the credential
 * must be given to, and has not used it yet. */
static int answer_prompts(LDAP *ld, unsigned flags, void *context, void *prompts)
{
    struct dialogue *dialogue = context;
    (void)flags;
    for (sasl_interact_t *prompt = prompts; prompt->id != SASL_CB_LIST_END; prompt++) {
        prompt->result = "";
        prompt->len = 0;
    }
    if (ldap_set_option(ld, LDAP_OPT_X_SASL_GSS_CREDS, dialogue->credential) != LDAP_OPT_SUCCESS)
        return LDAP_LOCAL_ERROR;
    dialogue->given = true;
    return LDAP_SUCCESS;
}

static int converse(struct directory_connection *connection, struct dialogue *dialogue,
                    int64_t deadline, struct error **err)
{
    cleanup_ldap_message LDAPMessage *message = NULL;
    const char *mechanism = NULL;
    int id = 0;
    for (;;) {
        int code =
            ldap_sasl_interactive_bind(connection->ld, NULL, "GSSAPI", NULL, NULL, LDAP_SASL_QUIET,
                                       answer_prompts, dialogue, message, &mechanism, &id);
        (void)ldap_msgfree(STEAL(message));
        /* Without it SASL would have taken whatever the environment names. */
        if (!dialogue->given)
            return error_set(err, ERROR_INTERNAL, "%s: %s: SASL did not take the credential (%s)",
                             connection->host, what, ldap_err2string(code));
        if (code == LDAP_SUCCESS)
            return 0;
        if (code != LDAP_SASL_BIND_IN_PROGRESS)
            return directory_fail(connection, code, what, err);
        if (directory_next(connection, id, deadline, what, &message, err) < 0)
            return -1;
    }
}

int directory_bind_ticket(struct directory_connection *connection, const char *ccache,
                          int64_t deadline, struct error **err)
{
    __attribute__((cleanup(credential_release))) gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    ber_len_t strength = 0;
    if (directory_check(connection, what, err) < 0)
        return -1;
    if (connection->security != DIRECTORY_SEALED)
        return error_set(err, ERROR_INPUT,
                         "%s: %s: domain controllers refuse Kerberos inside TLS: use port 389 "
                         "without TLS, which Kerberos seals by itself",
                         connection->host, what);
    if (acquire(connection->host, ccache, &credential, err) < 0)
        return -1;
    struct dialogue dialogue = {.credential = credential};
    if (converse(connection, &dialogue, deadline, err) < 0)
        return -1;
    (void)ldap_get_option(connection->ld, LDAP_OPT_X_SASL_SSF, &strength);
    if (strength < DIRECTORY_SSF_LEAST) {
        connection->broken = true;
        return error_set(err, ERROR_PROTOCOL, "%s: %s: the connection is sealed with %lu bits only",
                         connection->host, what, strength);
    }
    connection->strength = (unsigned)strength;
    connection->bound = true;
    return 0;
}

/* --- With a password -------------------------------------------------------------------------- */

int directory_bind_password(struct directory_connection *connection, const char *name,
                            const struct secure_buffer *password, int64_t deadline,
                            struct error **err)
{
    cleanup_ldap_message LDAPMessage *message = NULL;
    struct berval secret = {password->length, (char *)password->data};
    int id = 0;
    if (directory_check(connection, what, err) < 0)
        return -1;
    if (!connection->tls || connection->strength < DIRECTORY_SSF_LEAST)
        return error_set(err, ERROR_INTERNAL, "%s: %s: a password is sent inside TLS only",
                         connection->host, what);
    if (password->length == 0 || *name == '\0')
        return error_set(err, ERROR_INPUT, "%s: %s: the user name or the password is empty",
                         connection->host, what);
    int code = ldap_sasl_bind(connection->ld, name, LDAP_SASL_SIMPLE, &secret, NULL, NULL, &id);
    if (code != LDAP_SUCCESS)
        return directory_fail(connection, code, what, err);
    if (directory_next(connection, id, deadline, what, &message, err) < 0 ||
        directory_result(connection, message, what, NULL, err) < 0)
        return -1;
    connection->bound = true;
    return 0;
}

int directory_whoami(struct directory_connection *connection, int64_t deadline, char **name,
                     struct error **err)
{
    static const char asking[] = "asking who we are";
    cleanup_ldap_message LDAPMessage *message = NULL;
    struct berval *identity = NULL;
    int id = 0;
    if (directory_check(connection, asking, err) < 0)
        return -1;
    int code = ldap_whoami(connection->ld, NULL, NULL, &id);
    if (code != LDAP_SUCCESS)
        return directory_fail(connection, code, asking, err);
    if (directory_next(connection, id, deadline, asking, &message, err) < 0 ||
        directory_result(connection, message, asking, NULL, err) < 0)
        return -1;
    code = ldap_parse_whoami(connection->ld, message, &identity);
    if (code != LDAP_SUCCESS)
        return directory_fail(connection, code, asking, err);
    *name = identity ? xstrndup(identity->bv_val ? identity->bv_val : "", identity->bv_len)
                     : xstrdup("");
    ber_bvfree(identity);
    return 0;
}
