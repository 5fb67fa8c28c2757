/* `credspec doctor`: the stages from DNS to the facts of the domain. */
#include <string.h>

#include "credspec/cli/doctor.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/root_dse.h"

enum {
    DNS_PORT = 53,
    PORT_TIME = 2000,    /* milliseconds */
    CLOCK_REFUSED = 300, /* seconds; MS-KILE and RFC 4120 take five minutes */
    CLOCK_DOUBTFUL = 120,
};

/* What the observer of the session gathers. A domain controller that answers and then fails is
 * passed over for the next one, whose results count instead; so they are held back until somebody
 * has signed in. */
struct watch {
    struct doctor *doctor;
    struct doctor_result held[DOCTOR_STAGES];
    size_t held_count;
    bool reached;
    struct netlogon ping;
    const char *passed_over; /* a line for each */
    int64_t ticket_took;     /* part of the time of the sign-in */
    bool clock_failed;
    bool signed_in, has_facts;
};

static void hold(struct watch *watch, enum doctor_stage stage, enum doctor_status status,
                 int64_t took, const char *detail, const char *hint)
{
    watch->held[watch->held_count++] = (struct doctor_result){
        .stage = stage,
        .status = status,
        .took = took,
        .detail = detail,
        .hint = hint,
    };
}

static void say_held(struct watch *watch)
{
    for (size_t i = 0; i < watch->held_count; i++)
        doctor_report_stage(&watch->doctor->report, &watch->held[i]);
    watch->held_count = 0;
}

static const char *keep(struct watch *watch, const char *text)
{
    return arena_copy(&watch->doctor->arena, text, strlen(text));
}

/* --- DNS ----------------------------------------------------------------------------------------
 */

static const char *hosts_text(struct arena *arena, const struct service_records *records)
{
    cleanup_buffer struct buffer text = {0};
    for (size_t i = 0; i < records->count; i++)
        buffer_append_format(&text, "%s%s", i > 0 ? ", " : "", records->items[i].host);
    return arena_copy(arena, buffer_text(&text), text.length);
}

static const char *dns_hint(struct doctor *doctor, const struct session *session,
                            const struct error *error)
{
    const char *domain = session->locating.domain;
    if (!domain)
        return "name the domain with --domain";
    if (error->code != ERROR_NOT_FOUND)
        return arena_format(&doctor->arena,
                            "name servers stand in /etc/resolv.conf; UDP and TCP port 53 to them "
                            "must be open: dig SRV _ldap._tcp.dc._msdcs.%s\n"
                            "--server DC does without DNS",
                            domain);
    return arena_format(&doctor->arena,
                        "if %s is not the domain's DNS name, the spec's DnsName is wrong (or "
                        "--domain)\n"
                        "if it is, /etc/resolv.conf must name a DNS server that knows the domain: "
                        "dig SRV _ldap._tcp.dc._msdcs.%s\n"
                        "--server DC does without DNS",
                        domain, domain);
}

static void on_dns(struct watch *watch, const struct session *session, int64_t took,
                   const struct error *error)
{
    struct doctor *doctor = watch->doctor;
    if (error) {
        doctor_say(doctor, DOCTOR_DNS, NULL, DOCTOR_FAILED, took, keep(watch, error->message),
                   dns_hint(doctor, session, error));
        doctor_skip(doctor, DOCTOR_REACH, DOCTOR_REACH, NULL, "no domain controller is known");
        return;
    }
    const struct service_records *records = &session->candidates.records;
    const char *detail =
        doctor->options->server
            ? arena_format(&doctor->arena, "not asked: --server %s", doctor->options->server)
            : arena_format(&doctor->arena, "%zu domain controller%s of %s: %s", records->count,
                           records->count == 1 ? "" : "s", session->locating.domain,
                           hosts_text(&doctor->arena, records));
    doctor_say(doctor, DOCTOR_DNS, NULL, DOCTOR_OK, took, detail, NULL);
}

/* --- A domain controller's ports ----------------------------------------------------------------
 */

static void on_passed_over(const char *host, const struct error *error, void *context)
{
    struct watch *watch = context;
    const char *before = watch->passed_over;
    /* The message may begin with the host already. */
    bool named = strncmp(error->message, host, strlen(host)) == 0;
    watch->passed_over =
        arena_format(&watch->doctor->arena, "%s%s%s%s%s", before ? before : "", before ? "\n" : "",
                     named ? "" : host, named ? "" : ": ", error->message);
}

/* NULL where the port of the chosen address answers, else why not. */
static const char *port_problem(struct doctor *doctor, const struct domain_controller *controller,
                                uint16_t port)
{
    const struct addresses address = {
        .items = {controller->addresses.items[controller->chosen]},
        .count = 1,
    };
    cleanup_error struct error *error = NULL;
    cleanup_close int fd = -1;
    if (dial(&address, port, deadline_after(PORT_TIME), &fd, NULL, &error) == 0)
        return NULL;
    return arena_format(&doctor->arena, "%s", error->message);
}

static const char *reach_hint(struct doctor *doctor, const struct error *error)
{
    switch (error->code) {
    case ERROR_DENIED:
        return "--tls-ca FILE names the authority that signed the domain controller's certificate; "
               "--server must be the name that stands in it\n"
               "without --tls and --tls-ca the connection is protected by Kerberos, which needs no "
               "certificate";
    case ERROR_INPUT:
        return NULL;
    default:
        return arena_format(&doctor->arena,
                            "from this machine TCP ports %s, 88 and 53 of the domain controllers "
                            "must be open; look at firewalls in between and network policies\n"
                            "--server tries another domain controller",
                            directory_login_security(doctor->options) == DIRECTORY_LDAPS ? "636"
                                                                                         : "389");
    }
}

static void say_reached(struct watch *watch, const struct session *session, int64_t took)
{
    struct doctor *doctor = watch->doctor;
    const struct domain_controller *controller = &session->controller;
    char address[ADDRESS_TEXT_MAX];
    domain_controller_address(controller, address);
    int64_t start = deadline_now();
    const char *kerberos = port_problem(doctor, controller, KERBEROS_PORT);
    const char *dns = port_problem(doctor, controller, DNS_PORT);
    took += deadline_now() - start;
    if (kerberos) {
        hold(watch, DOCTOR_REACH, DOCTOR_FAILED, took,
             arena_format(&doctor->arena,
                          "%s (%s) answers LDAP, but not on TCP port 88 (Kerberos): %s",
                          controller->host, address, kerberos),
             "open TCP port 88 from this machine to the domain controllers");
        return;
    }
    const char *hint = watch->passed_over;
    if (dns)
        hint = arena_format(&doctor->arena,
                            "%s%sTCP port 53 (DNS) does not answer: %s; fine where "
                            "other servers answer for the domain",
                            hint ? hint : "", hint ? "\n" : "", dns);
    hold(watch, DOCTOR_REACH, hint ? DOCTOR_WARNING : DOCTOR_OK, took,
         arena_format(&doctor->arena, "%s (%s), site %s, answers LDAP, Kerberos%s",
                      controller->host, address,
                      watch->ping.dc_site[0] ? watch->ping.dc_site : "unknown", dns ? "" : ", DNS"),
         hint);
}

/* --- The clock ----------------------------------------------------------------------------------
 */

static void say_clock(struct watch *watch, const struct session *session)
{
    struct doctor *doctor = watch->doctor;
    int64_t start = deadline_now();
    cleanup_root_dse struct root_dse root = {0};
    cleanup_error struct error *error = NULL;
    int result =
        root_dse_read(session->controller.connection, deadline_after(PORT_TIME), &root, &error);
    int64_t took = deadline_now() - start;
    if (result != 0 || root.time < 0) {
        hold(watch, DOCTOR_CLOCK, DOCTOR_WARNING, took,
             error ? keep(watch, error->message)
                   : "the domain controller does not say what time it is",
             NULL);
        return;
    }
    int64_t ahead = (root.offset + (root.offset < 0 ? -500 : 500)) / 1000;
    int64_t difference = ahead < 0 ? -ahead : ahead;
    const char *detail =
        difference <= 1
            ? "this machine's clock agrees with the domain controller's"
            : arena_format(&doctor->arena,
                           "this machine's clock is %lld seconds %s the domain controller's",
                           (long long)difference, ahead > 0 ? "behind" : "ahead of");
    watch->clock_failed = difference > CLOCK_REFUSED;
    hold(watch, DOCTOR_CLOCK,
         watch->clock_failed           ? DOCTOR_FAILED
         : difference > CLOCK_DOUBTFUL ? DOCTOR_WARNING
                                       : DOCTOR_OK,
         took, detail,
         difference > CLOCK_DOUBTFUL
             ? "Kerberos takes five minutes at most: let both keep time by NTP (chronyc "
               "tracking, w32tm /query /status)"
             : NULL);
}

static void on_reach(struct watch *watch, const struct session *session, int64_t took,
                     const struct error *error)
{
    *watch = (struct watch){.doctor = watch->doctor, .passed_over = watch->passed_over};
    if (error) {
        hold(watch, DOCTOR_REACH, DOCTOR_FAILED, took, keep(watch, error->message),
             reach_hint(watch->doctor, error));
        return;
    }
    watch->reached = true;
    watch->ping = session->controller.netlogon;
    say_reached(watch, session, took);
    say_clock(watch, session);
}

/* --- Signing in ---------------------------------------------------------------------------------
 */

static const char *sign_in_hint(struct watch *watch, const struct error *error)
{
    const struct directory_options *options = watch->doctor->options;
    if (watch->clock_failed)
        return "mend the clock first";
    if (error->code == ERROR_UNAVAILABLE || error->code == ERROR_PROTOCOL)
        return doctor_hint(error, NULL);
    if (options->keytab)
        return arena_format(&watch->doctor->arena,
                            "klist -kt %s shows its principals and key versions; after a change of "
                            "the password the keytab must be made anew (adcli update, msktutil)",
                            options->keytab);
    if (options->user)
        return arena_format(&watch->doctor->arena, "kinit %s tries the same name and password",
                            options->user);
    return "klist shows whose ticket it is and how long it lasts; --keytab and --user do without "
           "it";
}

static void on_sign_in(struct watch *watch, const struct session *session, int64_t took,
                       const struct error *error)
{
    struct doctor *doctor = watch->doctor;
    took += watch->ticket_took;
    if (error) {
        hold(watch, DOCTOR_SIGN_IN, DOCTOR_FAILED, took, keep(watch, error->message),
             sign_in_hint(watch, error));
        return;
    }
    watch->signed_in = true;
    const struct directory_connection *connection = session->controller.connection;
    bool sealed = directory_security(connection) == DIRECTORY_SEALED;
    hold(watch, DOCTOR_SIGN_IN, DOCTOR_OK, took,
         arena_format(&doctor->arena, "as %s, %s with %u bits", session->signed_in_as,
                      sealed ? "sealed by Kerberos" : "inside TLS", directory_strength(connection)),
         NULL);
    say_held(watch);
}

/* --- The domain's facts -------------------------------------------------------------------------
 */

static void compare(struct watch *watch, const struct domain_facts *facts, int64_t took,
                    const char *unknown)
{
    struct doctor *doctor = watch->doctor;
    const char *differences = doctor_compare(&doctor->arena, &doctor->spec, facts);
    if (differences) {
        hold(watch, DOCTOR_DOMAIN, DOCTOR_FAILED, took, differences,
             arena_format(&doctor->arena,
                          "credspec new --account %.*s --domain %.*s writes a spec with the "
                          "domain's own values",
                          SLICE_FORMAT(doctor->spec.machine_account_name),
                          SLICE_FORMAT(facts->dns_name)));
        return;
    }
    const char *detail = arena_format(
        &doctor->arena, "%.*s, forest %.*s, NetBIOS name %.*s%s", SLICE_FORMAT(facts->dns_name),
        SLICE_FORMAT(facts->forest_name), SLICE_FORMAT(facts->netbios_name), unknown);
    hold(watch, DOCTOR_DOMAIN, unknown[0] ? DOCTOR_WARNING : DOCTOR_OK, took, detail, NULL);
}

static void on_facts(struct watch *watch, const struct session *session, int64_t took,
                     const struct error *error)
{
    watch->has_facts = true;
    if (error) {
        hold(watch, DOCTOR_DOMAIN, DOCTOR_FAILED, took, keep(watch, error->message),
             doctor_hint(error, NULL));
        return;
    }
    const struct domain_facts facts = domain_facts_of(&session->domain);
    compare(watch, &facts, took, "");
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static void on_stage(const struct session *session, enum session_stage stage, int64_t took,
                     const struct error *error, void *context)
{
    struct watch *watch = context;
    switch (stage) {
    case SESSION_DNS:
        on_dns(watch, session, took, error);
        break;
    case SESSION_REACH:
        on_reach(watch, session, took, error);
        break;
    case SESSION_TICKET:
        if (error)
            on_sign_in(watch, session, took, error);
        watch->ticket_took = took;
        break;
    case SESSION_BIND:
        on_sign_in(watch, session, took, error);
        break;
    case SESSION_FACTS:
        on_facts(watch, session, took, error);
        break;
    }
}

/* The stages behind the one that failed. What anybody may ask a domain controller is compared all
 * the same. */
static void say_rest(struct watch *watch)
{
    struct doctor *doctor = watch->doctor;
    say_held(watch);
    if (!watch->reached) {
        doctor_skip(doctor, DOCTOR_CLOCK, DOCTOR_DOMAIN, NULL, "no domain controller was reached");
    } else if (!watch->signed_in) {
        const struct domain_facts facts = domain_facts_of_ping(&doctor->arena, &watch->ping);
        compare(watch, &facts, 0, "; its SID is told only to who has signed in");
    } else if (!watch->has_facts) {
        doctor_skip(doctor, DOCTOR_DOMAIN, DOCTOR_DOMAIN, NULL, "the time was over");
    }
}

struct session *doctor_domain(struct doctor *doctor)
{
    struct watch watch = {.doctor = doctor};
    const char *domain = NULL;
    if (!doctor->options->domain && doctor->spec.dns_name.length > 0)
        domain =
            arena_copy(&doctor->arena, doctor->spec.dns_name.data, doctor->spec.dns_name.length);
    struct session_settings settings = directory_login_settings(&doctor->login, domain);
    settings.stage_done = on_stage;
    settings.passed_over = on_passed_over;
    settings.context = &watch;
    cleanup_error struct error *error = NULL;
    struct session *session = session_open(&settings, &error);
    if (!session)
        say_rest(&watch);
    say_held(&watch);
    doctor->no_session =
        watch.signed_in ? "the domain's facts are not known" : "nobody has signed in at the domain";
    return session;
}
