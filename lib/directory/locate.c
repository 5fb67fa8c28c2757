#include "lib/directory/locate.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/ping.h"

enum { ATTEMPT = 2000 /* milliseconds */ };

/* --- Candidates ------------------------------------------------------------------------------- */

void locate_candidates_release(struct locate_candidates *candidates)
{
    service_records_release(&candidates->records);
    free(candidates->question);
    *candidates = (struct locate_candidates){0};
}

/* Those that failed lately go behind the others; the order stays otherwise. */
static void avoid_failures(struct failure_memory *failures, struct service_records *records)
{
    struct service_record *sorted = xcalloc(records->count + 1, sizeof *sorted);
    size_t at = 0;
    for (int avoided = 0; avoided <= 1; avoided++)
        for (size_t i = 0; i < records->count; i++) {
            struct service_record *record = &records->items[i];
            if (record->host && failure_memory_has(failures, record->host) == (avoided != 0)) {
                sorted[at++] = *record;
                record->host = NULL;
            }
        }
    /* A failure that ran out between the two looks. */
    for (size_t i = 0; i < records->count; i++)
        if (records->items[i].host)
            sorted[at++] = records->items[i];
    free(records->items);
    records->items = sorted;
}

static void take_server(const char *server, struct locate_candidates *candidates)
{
    candidates->records.items = xcalloc(1, sizeof *candidates->records.items);
    candidates->records.items[0].host = xstrdup(server);
    candidates->records.count = 1;
}

int locate_candidates(const struct locate_settings *settings, const char *site, int64_t deadline,
                      struct locate_candidates *candidates, struct error **err)
{
    cleanup_locate_candidates struct locate_candidates found = {0};
    if (settings->server) {
        take_server(settings->server, &found);
    } else {
        found.question =
            site ? xasprintf("_ldap._tcp.%s._sites.dc._msdcs.%s", site, settings->domain)
                 : xasprintf("_ldap._tcp.dc._msdcs.%s", settings->domain);
        if (resolver_services(&settings->resolver, found.question, deadline, &found.records, err) <
            0)
            return -1;
        avoid_failures(settings->failures, &found.records);
    }
    *candidates = MOVE(found);
    return 0;
}

/* --- Reaching one ----------------------------------------------------------------------------- */

void domain_controller_release(struct domain_controller *controller)
{
    directory_close(controller->connection);
    free(controller->host);
    free(controller->domain);
    *controller = (struct domain_controller){0};
}

void domain_controller_address(const struct domain_controller *controller,
                               char text[ADDRESS_TEXT_MAX])
{
    text[0] = '\0';
    if (controller->chosen < controller->addresses.count)
        address_text(&controller->addresses.items[controller->chosen], text);
}

static char *lower(const char *text)
{
    char *copy = xstrdup(text);
    for (char *c = copy; *c; c++)
        *c = ascii_to_lower(*c);
    return copy;
}

/* Port 389, or 636: what the record says is for plain LDAP alone. */
static uint16_t port_of(const struct locate_settings *settings, const struct service_record *record)
{
    if (settings->connection.security == DIRECTORY_LDAPS)
        return DIRECTORY_LDAPS_PORT;
    return record->port ? record->port : DIRECTORY_LDAP_PORT;
}

/* Connects, does TLS and pings. */
static int try_controller(const struct locate_settings *settings,
                          const struct service_record *record, int64_t deadline,
                          struct domain_controller *controller, struct error **err)
{
    int fd = -1;
    if (resolver_addresses(&settings->resolver, record->host, deadline, &controller->addresses,
                           err) < 0)
        return -1;
    if (dial(&controller->addresses, port_of(settings, record), deadline, &fd, &controller->chosen,
             err) < 0)
        return error_prefix(err, "%s", record->host);
    controller->connection = directory_open(fd, record->host, &settings->connection, deadline, err);
    if (!controller->connection || directory_ping(controller->connection, settings->domain,
                                                  deadline, &controller->netlogon, err) < 0)
        return -1;
    if (!(controller->netlogon.flags & NETLOGON_HAS_KDC))
        return error_set(err, ERROR_UNAVAILABLE, "%s: it gives no Kerberos tickets (no KDC)",
                         record->host);
    return 0;
}

/* Whether a server was given by address or by half a name, so that its full name must be learned
 * from itself. That is unauthenticated, as names out of DNS are; a full name that the user gave is
 * better and stays. */
static bool lacks_name(const char *host)
{
    struct addresses literal;
    const struct resolver_settings nobody = {0};
    return !strchr(host, '.') || resolver_addresses(&nobody, host, 0, &literal, NULL) == 0;
}

static int take_names(const struct locate_settings *settings, const struct service_record *record,
                      struct domain_controller *controller, struct error **err)
{
    const struct netlogon *netlogon = &controller->netlogon;
    bool learn = settings->server && netlogon->host[0] != '\0' && lacks_name(record->host);
    controller->domain = lower(netlogon->domain);
    controller->host = lower(learn ? netlogon->host : record->host);
    if (controller->domain[0] == '\0')
        return error_set(err, ERROR_PROTOCOL, "%s: its answer names no domain", record->host);
    if (settings->domain &&
        !slice_equal_ignoring_case(slice_of(settings->domain), slice_of(netlogon->domain)))
        return error_set(err, ERROR_NOT_FOUND, "%s: it serves the domain %s, not %s", record->host,
                         controller->domain, settings->domain);
    /* TLS has checked the certificate for the name that was given. */
    if (settings->connection.security != DIRECTORY_SEALED)
        return 0;
    return directory_rename(controller->connection, controller->host, err);
}

/* The messages of all that failed, in one line. */
static void note_failure(struct buffer *reasons, const struct error *error)
{
    enum { REASONS_MAX = 1000 };
    if (reasons->length > REASONS_MAX)
        return;
    if (reasons->length > 0)
        buffer_append_text(reasons, "; ");
    buffer_append_text(reasons, error->message);
}

/* What came of the candidates so far. */
struct trying {
    const struct locate_settings *settings;
    struct buffer reasons;
    struct error *last;
    bool differ; /* whose fault it was */
};

static void trying_release(struct trying *trying)
{
    buffer_release(&trying->reasons);
    error_free(trying->last);
}
#define cleanup_trying __attribute__((cleanup(trying_release)))

static void pass_over(struct trying *trying, const char *host, struct error *error)
{
    const struct locate_settings *settings = trying->settings;
    failure_memory_add(settings->failures, host);
    if (settings->passed_over)
        settings->passed_over(host, error, settings->context);
    note_failure(&trying->reasons, error);
    trying->differ = trying->differ || (trying->last && trying->last->code != error->code);
    error_free(trying->last);
    trying->last = error;
}

/* One candidate, within its share of the time. Takes care of its failure. */
static bool reach_one(struct trying *trying, const struct service_record *record, int64_t deadline,
                      struct domain_controller *controller)
{
    const struct locate_settings *settings = trying->settings;
    int64_t attempt = settings->attempt > 0 ? settings->attempt : ATTEMPT;
    cleanup_domain_controller struct domain_controller reached = {0};
    struct error *error = NULL;
    deadline = deadline_within(deadline, attempt);
    if (try_controller(settings, record, deadline, &reached, &error) < 0 ||
        take_names(settings, record, &reached, &error) < 0) {
        pass_over(trying, record->host, error);
        return false;
    }
    failure_memory_remove(settings->failures, record->host);
    *controller = MOVE(reached);
    return true;
}

int locate_reach(const struct locate_settings *settings, const struct locate_candidates *candidates,
                 int64_t deadline, struct domain_controller *controller, struct error **err)
{
    cleanup_trying struct trying trying = {.settings = settings};
    const struct service_records *records = &candidates->records;
    for (size_t i = 0; i < records->count; i++) {
        if (deadline_left(deadline) == 0)
            break;
        if (reach_one(&trying, &records->items[i], deadline, controller))
            return 0;
    }
    if (records->count == 1 && trying.last)
        return error_move(err, STEAL(trying.last));
    return error_set(err, trying.last && !trying.differ ? trying.last->code : ERROR_UNAVAILABLE,
                     "no domain controller of %s will do: %s",
                     settings->domain ? settings->domain : settings->server,
                     trying.reasons.length > 0 ? buffer_text(&trying.reasons) : "out of time");
}

/* --- Both ------------------------------------------------------------------------------------- */

/* Whether the controllers of our own site may be nearer than this one. */
static bool is_far(const struct locate_settings *settings,
                   const struct domain_controller *controller)
{
    const struct netlogon *netlogon = &controller->netlogon;
    return !settings->server && netlogon->client_site[0] != '\0' &&
           !(netlogon->flags & NETLOGON_IS_CLOSEST) &&
           !slice_equal_ignoring_case(slice_of(netlogon->client_site), slice_of(netlogon->dc_site));
}

void locate_nearer(const struct locate_settings *settings, int64_t deadline,
                   struct domain_controller *controller)
{
    cleanup_locate_candidates struct locate_candidates candidates = {0};
    cleanup_domain_controller struct domain_controller nearer = {0};
    if (!is_far(settings, controller) ||
        locate_candidates(settings, controller->netlogon.client_site, deadline, &candidates, NULL) <
            0 ||
        locate_reach(settings, &candidates, deadline, &nearer, NULL) < 0)
        return;
    domain_controller_release(controller);
    *controller = MOVE(nearer);
}

int locate(const struct locate_settings *settings, int64_t deadline,
           struct domain_controller *controller, struct error **err)
{
    cleanup_locate_candidates struct locate_candidates candidates = {0};
    if (locate_candidates(settings, NULL, deadline, &candidates, err) < 0 ||
        locate_reach(settings, &candidates, deadline, controller, err) < 0)
        return -1;
    locate_nearer(settings, deadline, controller);
    return 0;
}
