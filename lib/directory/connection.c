#include "lib/directory/connection.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/directory/connection_parts.h"
#include "lib/directory/deadline.h"
#include "lib/directory/ldap_failure.h"
#include "lib/directory/ldap_library.h"

enum { OPERATION = 10000 /* milliseconds */, MESSAGE_MAX = 16 * 1024 * 1024 };

/* --- Without Cyrus SASL -----------------------------------------------------------------------
 * libldap prepares for it when it sets itself up. It is not used here (transport_gss.h), so two
 * functions that libldap calls by name have stand-ins, which it finds first (Makefile, LINK). */

/* Would ask DNS for this machine's name, without regard to time limits. */
__attribute__((visibility("default"))) char *ldap_pvt_get_fqdn(char *name);
// NOLINTNEXTLINE(readability-non-const-parameter): the type is libldap's
char *ldap_pvt_get_fqdn(char *name)
{
    (void)name;
    return xstrdup("localhost");
}

/* Would load every mechanism that is installed, a database library among them. */
__attribute__((visibility("default"))) int sasl_client_init(const void *callbacks);
int sasl_client_init(const void *callbacks)
{
    (void)callbacks;
    return 0; /* SASL_OK */
}

/* --- Preparing ------------------------------------------------------------------------------- */

static void prepare(void)
{
    int version = 0;
    /* Any look at the options makes libldap set itself up. */
    (void)ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

int directory_prepare(struct error **err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (ldap_library_load(err) < 0)
        return -1;
    (void)pthread_once(&once, prepare);
    return 0;
}

/* --- Failing ---------------------------------------------------------------------------------- */

static bool ends_connection(int code)
{
    return code == LDAP_SERVER_DOWN || code == LDAP_TIMEOUT || code == LDAP_DECODING_ERROR ||
           code == LDAP_ENCODING_ERROR || code == LDAP_CONNECT_ERROR;
}

int directory_fail(struct directory_connection *connection, int code, const char *what,
                   struct error **err)
{
    char *diagnostic = NULL;
    cleanup_free char *before = xasprintf("%s: %s", connection->host, what);
    (void)ldap_get_option(connection->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, (void *)&diagnostic);
    if (ends_connection(code))
        connection->broken = true;
    (void)ldap_failure(code, diagnostic, before, err);
    ldap_memfree(diagnostic);
    return -1;
}

int directory_check(const struct directory_connection *connection, const char *what,
                    struct error **err)
{
    if (connection->broken)
        return error_set(err, ERROR_UNAVAILABLE, "%s: %s: the connection has ended",
                         connection->host, what);
    return 0;
}

int directory_next(struct directory_connection *connection, int id, int64_t deadline,
                   const char *what, LDAPMessage **message, struct error **err)
{
    struct timeval wait = deadline_timeval(deadline_within(deadline, connection->operation));
    int code = 0;
    int type = ldap_result(connection->ld, id, LDAP_MSG_ONE, &wait, message);
    if (type > 0)
        return 0;
    if (type == 0) {
        connection->broken = true;
        return error_set(err, ERROR_UNAVAILABLE, "%s: %s: no answer in time", connection->host,
                         what);
    }
    (void)ldap_get_option(connection->ld, LDAP_OPT_RESULT_CODE, &code);
    (void)directory_fail(connection, code, what, err);
    connection->broken = true;
    return -1;
}

int directory_result(struct directory_connection *connection, LDAPMessage *message,
                     const char *what, LDAPControl ***controls, struct error **err)
{
    int code = LDAP_OTHER;
    char *diagnostic = NULL;
    int parsed =
        ldap_parse_result(connection->ld, message, &code, NULL, &diagnostic, NULL, controls, 0);
    if (parsed == LDAP_SUCCESS && code != LDAP_SUCCESS) {
        cleanup_free char *before = xasprintf("%s: %s", connection->host, what);
        (void)ldap_failure(code, diagnostic, before, err);
    }
    ldap_memfree(diagnostic);
    if (parsed != LDAP_SUCCESS)
        return directory_fail(connection, parsed, what, err);
    return code == LDAP_SUCCESS ? 0 : error_result();
}

/* --- Opening ---------------------------------------------------------------------------------- */

/* Whatever ldap.conf, .ldaprc and LDAP* variables say. */
static int set_options(const struct directory_connection *connection)
{
    static const int version = LDAP_VERSION3, deref = LDAP_DEREF_NEVER, no_limit = LDAP_NO_LIMIT;
    static const ber_len_t most = MESSAGE_MAX;
    static const struct timeval network = {OPERATION / 1000, 0};
    const struct {
        int option;
        const void *value;
    } options[] = {
        {LDAP_OPT_PROTOCOL_VERSION, &version},
        {LDAP_OPT_REFERRALS, LDAP_OPT_OFF},
        {LDAP_OPT_DEREF, &deref},
        {LDAP_OPT_SIZELIMIT, &no_limit},
        {LDAP_OPT_TIMELIMIT, &no_limit},
        {LDAP_OPT_RESTART, LDAP_OPT_ON},
        {LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_OFF},
        {LDAP_OPT_NETWORK_TIMEOUT, &network},
        /* libldap connects again by itself, by name and in clear text, when a connection is lost.
         * That must lead nowhere. */
        {LDAP_OPT_URI, "ldapi://%2Fnowhere"},
    };
    Sockbuf *sockbuf = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        if (ldap_set_option(connection->ld, options[i].option, options[i].value) !=
            LDAP_OPT_SUCCESS)
            return -1;
    if (ldap_get_option(connection->ld, LDAP_OPT_SOCKBUF, (void *)&sockbuf) != LDAP_OPT_SUCCESS)
        return -1;
    return ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, (void *)&most) == 1 ? 0 : -1;
}

static int create_handle(struct directory_connection *connection, struct error **err)
{
    bool is_v6 = strchr(connection->host, ':') != NULL;
    cleanup_free char *url = xasprintf(is_v6 ? "ldap://[%s]" : "ldap://%s", connection->host);
    int flags = fcntl(connection->fd, F_GETFL);
    int code = flags < 0 || fcntl(connection->fd, F_SETFL, flags | O_NONBLOCK) < 0
                   ? LDAP_LOCAL_ERROR
                   : ldap_init_fd(connection->fd, LDAP_PROTO_TCP, url, &connection->ld);
    if (code != LDAP_SUCCESS) {
        (void)close(connection->fd);
        return error_set(err, ERROR_INTERNAL, "%s: libldap cannot be used: %s", connection->host,
                         ldap_err2string(code));
    }
    if (set_options(connection) < 0)
        return error_set(err, ERROR_INTERNAL, "%s: libldap refuses an option", connection->host);
    return 0;
}

/* RFC 4511, 4.14. */
static int ask_for_tls(struct directory_connection *connection, int64_t deadline,
                       struct error **err)
{
    static const char what[] = "StartTLS";
    cleanup_ldap_message LDAPMessage *message = NULL;
    int id = 0;
    int code = ldap_extended_operation(connection->ld, LDAP_EXOP_START_TLS, NULL, NULL, NULL, &id);
    if (code != LDAP_SUCCESS)
        return directory_fail(connection, code, what, err);
    if (directory_next(connection, id, deadline, what, &message, err) < 0)
        return -1;
    return directory_result(connection, message, what, NULL, err);
}

static int start_tls(struct directory_connection *connection,
                     const struct directory_settings *settings, int64_t deadline,
                     struct error **err)
{
    Sockbuf *sockbuf = NULL;
    if (settings->security == DIRECTORY_STARTTLS && ask_for_tls(connection, deadline, err) < 0)
        return -1;
    connection->tls = transport_tls_create(connection->fd, connection->host, settings->tls_ca,
                                           deadline_within(deadline, connection->operation), err);
    if (!connection->tls)
        return error_prefix(err, "%s", connection->host);
    if (ldap_get_option(connection->ld, LDAP_OPT_SOCKBUF, (void *)&sockbuf) != LDAP_OPT_SUCCESS ||
        transport_tls_attach(connection->tls, sockbuf) != 0)
        return error_set(err, ERROR_INTERNAL, "%s: TLS cannot be put below libldap",
                         connection->host);
    connection->strength = transport_tls_strength(connection->tls);
    return 0;
}

struct directory_connection *directory_open(int fd, const char *host,
                                            const struct directory_settings *settings,
                                            int64_t deadline, struct error **err)
{
    if (directory_prepare(err) < 0) {
        (void)close(fd);
        return NULL;
    }
    cleanup_directory_connection struct directory_connection *connection =
        xcalloc(1, sizeof *connection);
    connection->fd = fd;
    connection->host = xstrdup(host);
    connection->security = settings->security;
    connection->operation = settings->operation > 0 ? settings->operation : OPERATION;
    if (create_handle(connection, err) < 0)
        return NULL;
    if (settings->security != DIRECTORY_SEALED &&
        start_tls(connection, settings, deadline, err) < 0)
        return NULL;
    return STEAL(connection);
}

void directory_close(struct directory_connection *connection)
{
    if (!connection)
        return;
    if (connection->ld)
        (void)ldap_unbind_ext(connection->ld, NULL, NULL);
    transport_tls_free(connection->tls);
    transport_gss_free(connection->gss);
    free(connection->host);
    free(connection);
}

int directory_rename(struct directory_connection *connection, const char *host, struct error **err)
{
    if (strcmp(connection->host, host) == 0)
        return 0;
    if (connection->tls || connection->bound)
        return error_set(err, ERROR_INTERNAL, "%s: it cannot be renamed any more",
                         connection->host);
    free(connection->host);
    connection->host = xstrdup(host);
    return 0;
}

const char *directory_host(const struct directory_connection *connection)
{
    return connection->host;
}

enum directory_security directory_security(const struct directory_connection *connection)
{
    return connection->security;
}

bool directory_is_bound(const struct directory_connection *connection)
{
    return connection->bound;
}

unsigned directory_strength(const struct directory_connection *connection)
{
    return connection->strength;
}
