#include "lib/directory/session.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/deadline.h"
#include "lib/directory/kdc_finder.h"

enum {
    TIMEOUT = 30000, /* milliseconds */
    TICKETS = 5000,  /* that a KDC may take while there are other controllers to turn to */
};

/* One session_open() under way. */
struct opening {
    const struct session_settings *settings;
    struct session *session;
    int64_t deadline;
    char *wanted; /* DNS name of the domain, or NULL: that of the server */
};

const char *session_stage_name(enum session_stage stage)
{
    static const char *const names[SESSION_STAGES] = {
        [SESSION_DNS] = "dns",   [SESSION_REACH] = "reach", [SESSION_TICKET] = "ticket",
        [SESSION_BIND] = "bind", [SESSION_FACTS] = "facts",
    };
    return names[stage];
}

/* --- Where ------------------------------------------------------------------------------------ */

/* The domain: what was asked for, else the identity's, else the server's own, else the machine's.
 */
static int choose_domain(struct opening *opening, struct error **err)
{
    const struct session_settings *settings = opening->settings;
    opening->wanted = settings->domain ? xstrdup(settings->domain) : NULL;
    if (!opening->wanted && settings->server)
        return 0;
    if (!opening->wanted)
        opening->wanted = identity_domain(&settings->identity);
    if (!opening->wanted)
        opening->wanted = resolver_search_domain();
    if (!opening->wanted)
        return error_set(err, ERROR_INPUT,
                         "no domain is known: name one with --domain, or a server with --server");
    for (char *c = opening->wanted; *c; c++)
        *c = ascii_to_lower(*c);
    size_t length = strlen(opening->wanted);
    if (length > 1 && opening->wanted[length - 1] == '.')
        opening->wanted[length - 1] = '\0';
    return 0;
}

static int find_candidates(struct opening *opening, struct error **err)
{
    const struct session_settings *settings = opening->settings;
    struct session *session = opening->session;
    if (choose_domain(opening, err) < 0)
        return -1;
    session->locating = (struct locate_settings){
        .domain = opening->wanted,
        .server = settings->server,
        .connection = settings->connection,
        .resolver = settings->resolver,
        .failures = settings->failures,
        .attempt = settings->attempt,
        .passed_over = settings->passed_over,
        .context = settings->context,
    };
    return locate_candidates(&session->locating, NULL, opening->deadline, &session->candidates,
                             err);
}

/* --- Who is reached --------------------------------------------------------------------------- */

static void use_controller(struct session *session)
{
    const struct domain_controller *controller = &session->controller;
    struct addresses kdc = {.items = {controller->addresses.items[controller->chosen]}, .count = 1};
    free(session->domain_name);
    free(session->realm);
    session->domain_name = xstrdup(controller->domain);
    session->realm = directory_realm(controller->domain);
    kerberos_set_kdc(session->kerberos, session->realm, &kdc, 0);
}

static int reach(struct opening *opening, struct error **err)
{
    struct session *session = opening->session;
    if (locate_reach(&session->locating, &session->candidates, opening->deadline,
                     &session->controller, err) < 0)
        return -1;
    locate_nearer(&session->locating, opening->deadline, &session->controller);
    use_controller(session);
    return 0;
}

/* --- Signing in ------------------------------------------------------------------------------- */

static struct tickets *get_tickets(struct opening *opening, int64_t deadline, struct error **err)
{
    struct session *session = opening->session;
    const struct identity *identity = &opening->settings->identity;
    if (identity->keytab)
        return tickets_from_keytab(session->kerberos, identity->principal, identity->keytab,
                                   deadline, err);
    if (!identity->user)
        return tickets_from_cache(session->kerberos, identity->ccache, err);
    cleanup_free char *principal = identity_principal(
        identity, session->domain_name, session->controller.netlogon.netbios_domain, err);
    return principal ? tickets_from_password(session->kerberos, principal, identity->password,
                                             deadline, err)
                     : NULL;
}

static int get_ticket(struct opening *opening, struct error **err)
{
    struct session *session = opening->session;
    int64_t attempt = opening->settings->attempt > TICKETS ? opening->settings->attempt : TICKETS;
    int64_t deadline = session->candidates.records.count > 1
                           ? deadline_within(opening->deadline, attempt)
                           : opening->deadline;
    session->tickets = get_tickets(opening, deadline, err);
    if (!session->tickets)
        return -1;
    bool is_ours = slice_equal_ignoring_case(slice_of(tickets_realm(session->tickets)),
                                             slice_of(session->realm));
    cleanup_free char *service = xasprintf("ldap/%s%s%s", session->controller.host,
                                           is_ours ? "" : "@", is_ours ? "" : session->realm);
    return tickets_get_service(session->tickets, service, deadline, err);
}

static int bind_to(struct opening *opening, struct error **err)
{
    struct session *session = opening->session;
    const struct identity *identity = &opening->settings->identity;
    struct directory_connection *connection = session->controller.connection;
    if (session->tickets) {
        session->signed_in_as = xstrdup(tickets_principal(session->tickets));
        return directory_bind_ticket(connection, tickets_cache_name(session->tickets),
                                     opening->deadline, err);
    }
    session->signed_in_as = identity_bind_name(identity, session->domain_name);
    return directory_bind_password(connection, session->signed_in_as, identity->password,
                                   opening->deadline, err);
}

static int read_facts(struct opening *opening, struct error **err)
{
    struct session *session = opening->session;
    return domain_read(session->controller.connection, session->domain_name, opening->deadline,
                       &session->domain, err);
}

/* --- All of it -------------------------------------------------------------------------------- */

typedef int stage_function(struct opening *opening, struct error **err);
static stage_function *const stages[SESSION_STAGES] = {
    [SESSION_DNS] = find_candidates, [SESSION_REACH] = reach,      [SESSION_TICKET] = get_ticket,
    [SESSION_BIND] = bind_to,        [SESSION_FACTS] = read_facts,
};

static int run_stage(struct opening *opening, enum session_stage stage, struct error **err)
{
    const struct session_settings *settings = opening->settings;
    struct error *error = NULL;
    int64_t began = deadline_now();
    int result = stages[stage](opening, &error);
    if (settings->stage_done)
        settings->stage_done(opening->session, stage, deadline_now() - began, error,
                             settings->context);
    return result < 0 ? error_move(err, error) : 0;
}

/* Forgets the controller, and that it was a candidate. False when no other is left. */
static bool pass_over(struct opening *opening, const struct error *error)
{
    struct session *session = opening->session;
    struct service_records *records = &session->candidates.records;
    const char *host = session->controller.host;
    size_t kept = 0;
    if (opening->settings->passed_over)
        opening->settings->passed_over(host, error, opening->settings->context);
    failure_memory_add(opening->settings->failures, host);
    for (size_t i = 0; i < records->count; i++) {
        if (slice_equal_ignoring_case(slice_of(records->items[i].host), slice_of(host)))
            free(records->items[i].host);
        else
            records->items[kept++] = records->items[i];
    }
    bool others = kept > 0 && kept < records->count;
    records->count = kept;
    tickets_free(STEAL(session->tickets));
    free(STEAL(session->signed_in_as));
    domain_controller_release(&session->controller);
    return others;
}

static int sign_in(struct opening *opening, enum session_stage last, struct error **err)
{
    bool in_tls = opening->settings->connection.security != DIRECTORY_SEALED;
    for (enum session_stage stage = SESSION_REACH; stage <= last; stage++)
        if (!(in_tls && stage == SESSION_TICKET) && run_stage(opening, stage, err) < 0)
            return -1;
    return 0;
}

static int open_all(struct opening *opening, struct error **err)
{
    enum session_stage last = opening->settings->last ? opening->settings->last : SESSION_FACTS;
    if (run_stage(opening, SESSION_DNS, err) < 0)
        return -1;
    for (;;) {
        struct error *error = NULL;
        if (sign_in(opening, last, &error) == 0)
            return 0;
        bool reached = opening->session->controller.connection != NULL;
        if (error->code != ERROR_UNAVAILABLE || !reached || deadline_left(opening->deadline) == 0 ||
            !pass_over(opening, error))
            return error_move(err, error);
        error_free(error);
    }
}

static int check(const struct session_settings *settings, struct error **err)
{
    if (identity_check(&settings->identity, err) < 0)
        return -1;
    if (settings->connection.security != DIRECTORY_SEALED && !settings->identity.user)
        return error_set(err, ERROR_INPUT,
                         "inside TLS only a user with a password can sign in; a keytab or a ticket "
                         "needs port 389 without TLS, which Kerberos seals by itself");
    return 0;
}

struct session *session_open(const struct session_settings *settings, struct error **err)
{
    int64_t timeout = settings->timeout > 0 ? settings->timeout : TIMEOUT;
    if (check(settings, err) < 0)
        return NULL;
    cleanup_session struct session *session = xcalloc(1, sizeof *session);
    struct opening opening = {settings, session, deadline_after(timeout), NULL};
    session->kerberos = settings->kerberos;
    if (!session->kerberos) {
        session->kerberos = session->own_kerberos = kerberos_create();
        kerberos_set_finder(session->own_kerberos, kdc_find, &session->locating);
    }
    int result = open_all(&opening, err);
    /* From here on it is known by the session's own copy. */
    session->locating.domain = session->domain_name;
    free(opening.wanted);
    return result == 0 ? STEAL(session) : NULL;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    tickets_free(session->tickets);
    domain_controller_release(&session->controller);
    kerberos_free(session->own_kerberos);
    locate_candidates_release(&session->candidates);
    domain_release(&session->domain);
    free(session->domain_name);
    free(session->realm);
    free(session->signed_in_as);
    free(session);
}
