/* Signing in. */
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/connection_parts.h"
#include "lib/directory/deadline.h"
#include "lib/directory/krb5_library.h"
#include "lib/directory/wiping_memory.h"

static const char what[] = "sign-in";

/* --- With tickets ----------------------------------------------------------------------------- */

static void token_release(gss_buffer_t token)
{
    OM_uint32 minor;
    (void)gss_release_buffer(&minor, token);
}
#define cleanup_token __attribute__((cleanup(token_release)))

static void berval_free_at(struct berval **value)
{
    ber_bvfree(*value);
}
#define cleanup_berval __attribute__((cleanup(berval_free_at)))

/* Sends a token and takes the server's. `done`: the server has signed us in. */
static int exchange(struct directory_connection *connection, const gss_buffer_desc *token,
                    int64_t deadline, struct berval **answer, bool *done, struct error **err)
{
    cleanup_ldap_message LDAPMessage *message = NULL;
    struct berval sent = {token->length, token->value};
    int id = 0;
    int code = ldap_sasl_bind(connection->ld, "", TRANSPORT_GSS_MECHANISM, &sent, NULL, NULL, &id);
    if (code != LDAP_SUCCESS)
        return directory_fail(connection, code, what, err);
    if (directory_next(connection, id, deadline, what, &message, err) < 0)
        return -1;
    code = ldap_parse_sasl_bind_result(connection->ld, message, answer, 0);
    *done = code == LDAP_SUCCESS;
    if (code != LDAP_SUCCESS && code != LDAP_SASL_BIND_IN_PROGRESS)
        return directory_result(connection, message, what, NULL, err);
    return 0;
}

static int converse(struct directory_connection *connection, int64_t deadline, struct error **err)
{
    enum { ROUNDS_MAX = 8 };
    cleanup_berval struct berval *answer = NULL;
    bool done = false;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        cleanup_token gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
        if (!transport_gss_is_complete(connection->gss) &&
            transport_gss_step(connection->gss, answer, &token, err) < 0)
            return -1;
        if (done && transport_gss_is_complete(connection->gss))
            return 0;
        if (done)
            break;
        ber_bvfree(answer);
        answer = NULL;
        if (exchange(connection, &token, deadline, &answer, &done, err) < 0)
            return -1;
    }
    return error_set(err, ERROR_PROTOCOL,
                     "%s: %s: the server took us for signed in before it had proved itself",
                     connection->host, what);
}

/* What comes from now on is sealed. */
static int begin_sealing(struct directory_connection *connection, struct error **err)
{
    Sockbuf *sockbuf = NULL;
    unsigned strength = transport_gss_strength(connection->gss);
    if (strength < DIRECTORY_SSF_LEAST)
        return error_set(err, ERROR_PROTOCOL,
                         "%s: %s: the connection would be sealed with %u bits only: let the domain "
                         "controllers have AES keys",
                         connection->host, what, strength);
    if (ldap_get_option(connection->ld, LDAP_OPT_SOCKBUF, (void *)&sockbuf) != LDAP_OPT_SUCCESS ||
        transport_gss_attach(connection->gss, sockbuf) != 0)
        return error_set(err, ERROR_INTERNAL, "%s: %s: nothing can be put below libldap",
                         connection->host, what);
    connection->strength = strength;
    connection->bound = true;
    return 0;
}

int directory_bind_ticket(struct directory_connection *connection, const char *ccache,
                          int64_t deadline, struct error **err)
{
    if (directory_check(connection, what, err) < 0)
        return -1;
    if (connection->security != DIRECTORY_SEALED)
        return error_set(err, ERROR_INPUT,
                         "%s: %s: domain controllers refuse Kerberos inside TLS: use port 389 "
                         "without TLS, which Kerberos seals by itself",
                         connection->host, what);
    if (connection->gss)
        return error_set(err, ERROR_INTERNAL, "%s: %s: it was tried before", connection->host,
                         what);
    connection->gss = transport_gss_create(ccache, connection->host, err);
    if (!connection->gss || converse(connection, deadline, err) < 0 ||
        begin_sealing(connection, err) < 0) {
        connection->broken = true;
        return -1;
    }
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
    wipe_traces();
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
