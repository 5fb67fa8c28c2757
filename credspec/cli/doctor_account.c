/* `credspec doctor`: the stages of one account, from the directory's entry to a sign-in as it. */
#include <string.h>

#include "credspec/cli/account_check.h"
#include "credspec/cli/doctor.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/encryption_types.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/managed_password.h"
#include "lib/directory/managed_password_read.h"
#include "lib/directory/tickets.h"

/* An account on its way through the stages. Each stage returns whether the next can be judged. */
struct patient {
    struct doctor *doctor;
    const struct doctor_account *named; /* by the spec */
    const struct session *session;      /* of its domain */
    struct session *other;              /* the same where it is not the spec's domain */
    struct account account;
    struct account_readers readers;
    struct managed_password password;
    uint32_t types; /* of keys */
    struct kerberos *kerberos;
    struct tickets *tickets;
    const char *service; /* that of the domain controller */
    int64_t start;       /* of the present stage */
};

static int64_t time_limit(const struct patient *patient)
{
    return deadline_after(patient->doctor->options->timeout);
}

static void say(struct patient *patient, enum doctor_stage stage, enum doctor_status status,
                const char *detail, const char *hint)
{
    int64_t now = deadline_now();
    doctor_say(patient->doctor, stage, patient->named->label, status, now - patient->start, detail,
               hint);
    patient->start = deadline_now();
}

static struct directory_account names_of(const struct patient *patient)
{
    return (struct directory_account){
        .name = patient->account.name,
        .domain = patient->session->domain.dns_name,
    };
}

/* --- The account --------------------------------------------------------------------------------
 */

/* The domain is this one, whatever scope stands in the spec, or a session of its own is opened. */
static bool find_domain(struct patient *patient)
{
    struct doctor *doctor = patient->doctor;
    const struct session *session = patient->session; /* of the spec's domain */
    struct slice scope = patient->named->domain;
    if (!slice_present(scope) ||
        slice_equal_ignoring_case(scope, slice_of(session->domain.dns_name)) ||
        slice_equal_ignoring_case(scope, slice_of(session->domain.netbios_name)))
        return true;
    cleanup_error struct error *error = NULL;
    const char *domain = arena_copy(&doctor->arena, scope.data, scope.length);
    patient->other = directory_login_other(&doctor->login, session, domain, &error);
    patient->session = patient->other;
    if (patient->other)
        return true;
    say(patient, DOCTOR_ACCOUNT, DOCTOR_FAILED, error->message,
        arena_format(&doctor->arena,
                     "the Scope of an account is its domain: %s or %s, or another domain that "
                     "trusts who signs in",
                     session->domain.dns_name, session->domain.netbios_name));
    return false;
}

static void say_missing(struct patient *patient, const struct error *error)
{
    struct doctor *doctor = patient->doctor;
    const struct session *session = patient->session;
    const char *name =
        arena_copy(&doctor->arena, patient->named->name.data, patient->named->name.length);
    const char *nearest = NULL;
    if (error->code == ERROR_NOT_FOUND)
        nearest = account_nearest(&doctor->arena, session->controller.connection, &session->domain,
                                  name, time_limit(patient));
    const char *hint = "Get-ADServiceAccount -Filter * lists the domain's gMSAs";
    if (nearest)
        hint = arena_format(&doctor->arena, "is %s meant?", nearest);
    say(patient, DOCTOR_ACCOUNT, DOCTOR_FAILED, error->message, hint);
}

static const char *account_text(struct patient *patient)
{
    const struct account *account = &patient->account;
    cleanup_buffer struct buffer types = {0};
    if (account->encryption_types > 0)
        encryption_types_words((uint32_t)account->encryption_types, &types);
    return arena_format(&patient->doctor->arena,
                        "%s, enabled, key version %lld, encryption types %s, %zu service principal "
                        "name%s",
                        account->name, (long long)account->key_version,
                        types.length > 0 ? buffer_text(&types) : "not set",
                        account->service_principals.count,
                        account->service_principals.count == 1 ? "" : "s");
}

/* Says what is wrong with the account. Keys of a disabled one can be judged all the same. */
static bool say_account(struct patient *patient, bool readers_known)
{
    struct arena *arena = &patient->doctor->arena;
    struct account_verdict verdict;
    account_judge(arena, &patient->account, readers_known ? &patient->readers : NULL, &verdict);
    if (verdict.problem) {
        say(patient, DOCTOR_ACCOUNT, DOCTOR_FAILED, verdict.problem, verdict.hint);
        return patient->account.class == ACCOUNT_GMSA;
    }
    const char *hint = NULL;
    for (size_t i = 0; i < verdict.warning_count; i++)
        hint =
            arena_format(arena, "%s%s%s", hint ? hint : "", hint ? "\n" : "", verdict.warnings[i]);
    say(patient, DOCTOR_ACCOUNT, hint ? DOCTOR_WARNING : DOCTOR_OK, account_text(patient), hint);
    return true;
}

static bool examine_account(struct patient *patient)
{
    if (!find_domain(patient))
        return false;
    const struct session *session = patient->session;
    cleanup_error struct error *error = NULL;
    const char *name =
        arena_copy(&patient->doctor->arena, patient->named->name.data, patient->named->name.length);
    if (account_find(session->controller.connection, &session->domain, name, time_limit(patient),
                     &patient->account, &error) != 0) {
        say_missing(patient, error);
        return false;
    }
    bool known =
        patient->account.has_membership &&
        account_readers(session->controller.connection, &session->domain, &patient->account,
                        time_limit(patient), &patient->readers, NULL) == 0;
    return say_account(patient, known);
}

/* --- Its password -------------------------------------------------------------------------------
 */

/* Whether the one who signed in is permitted as the directory has it now: then it is the ticket
 * that does not know yet. */
static bool is_permitted_now(const struct patient *patient)
{
    const struct session *session = patient->session;
    cleanup_account struct account reader = {0};
    cleanup_account_names struct account_names sids = {0};
    bool permits = false;
    return patient->account.has_membership && !patient->other &&
           account_find(session->controller.connection, &session->domain, session->signed_in_as,
                        time_limit(patient), &reader, NULL) == 0 &&
           account_sids(session->controller.connection, &reader, time_limit(patient), &sids,
                        NULL) == 0 &&
           account_permits(&patient->account, &sids, &permits, NULL) == 0 && permits;
}

static const char *denied_hint(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    if (is_permitted_now(patient))
        return arena_format(arena,
                            "%s is in a permitted group, but its ticket is older than that: sign "
                            "in anew (kinit; a Windows host: klist purge, or a restart)",
                            patient->session->signed_in_as);
    struct slice name = patient->named->name;
    const char *readers = account_readers_text(arena, &patient->readers);
    const char *who = !patient->account.has_membership
                          ? "who may is not shown to this account"
                          : arena_format(arena, "those who may: %s", readers ? readers : "nobody");
    return arena_format(arena,
                        "%s\n"
                        "to permit it: Set-ADServiceAccount -Identity %.*s "
                        "-PrincipalsAllowedToRetrieveManagedPassword GROUP, with %s in the group",
                        who, SLICE_FORMAT(name), patient->session->signed_in_as);
}

static bool examine_password(struct patient *patient)
{
    const struct session *session = patient->session;
    struct arena *arena = &patient->doctor->arena;
    cleanup_secure_buffer struct secure_buffer blob = {0};
    cleanup_error struct error *error = NULL;
    if (managed_password_read(session->controller.connection, session->domain.dns_name,
                              patient->account.name, time_limit(patient), &blob, &error) != 0 ||
        managed_password_decode(&patient->password, blob.data, blob.length, &error) != 0) {
        say(patient, DOCTOR_PASSWORD, DOCTOR_FAILED, error->message,
            error->code == ERROR_DENIED ? denied_hint(patient) : NULL);
        return false;
    }
    const char *readers = account_readers_text(arena, &patient->readers);
    say(patient, DOCTOR_PASSWORD, DOCTOR_OK,
        arena_format(arena, "%s may read it%s%s", session->signed_in_as,
                     readers ? "; those who may: " : "", readers ? readers : ""),
        NULL);
    return true;
}

/* --- Its keys and tickets -----------------------------------------------------------------------
 */

/* "12 days", "7 hours", "40 minutes". */
static const char *span_text(struct arena *arena, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *word;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t unit = 0;
    while (unit + 1 < ARRAY_LENGTH(units) && seconds < 2 * units[unit].seconds)
        unit++;
    int64_t number = seconds < 0 ? 0 : seconds / units[unit].seconds;
    return arena_format(arena, "%lld %s%s", (long long)number, units[unit].word,
                        number == 1 ? "" : "s");
}

static bool examine_keys(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    int64_t set = patient->account.encryption_types;
    patient->types = ENCRYPTION_AES;
    if (set > 0 && encryption_types_lack_aes((uint32_t)set))
        patient->types = ENCRYPTION_RC4;
    cleanup_account_keys struct account_keys keys = {0};
    cleanup_error struct error *error = NULL;
    const struct directory_account names = names_of(patient);
    if (account_keys_derive(&keys, &names, &patient->password.current, patient->types, &error) !=
        0) {
        say(patient, DOCTOR_KEYS, DOCTOR_FAILED, error->message, NULL);
        return false;
    }
    cleanup_buffer struct buffer words = {0};
    encryption_types_words(patient->types, &words);
    uint64_t left = patient->password.query_interval / MANAGED_PASSWORD_SECOND;
    say(patient, DOCTOR_KEYS, DOCTOR_OK,
        arena_format(arena, "%s; %s previous password; the next one comes in %s",
                     buffer_text(&words),
                     patient->password.previous.length > 0 ? "there is a" : "no",
                     span_text(arena, left > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)left)),
        NULL);
    return true;
}

static const char *type_word(struct arena *arena, int32_t number)
{
    cleanup_buffer struct buffer words = {0};
    encryption_types_words(encryption_types_bit(number), &words);
    return arena_copy(arena, buffer_text(&words), words.length);
}

static bool examine_ticket(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    const struct domain_controller *controller = &patient->session->controller;
    const struct addresses kdc = {
        .items = {controller->addresses.items[controller->chosen]},
        .count = 1,
    };
    const struct directory_account names = names_of(patient);
    enum managed_password_used used;
    cleanup_error struct error *error = NULL;
    patient->kerberos = kerberos_create();
    kerberos_set_kdc(patient->kerberos, patient->session->realm, &kdc, 0);
    patient->tickets =
        tickets_from_managed_password(patient->kerberos, &names, &patient->password, patient->types,
                                      time_limit(patient), &used, &error);
    if (!patient->tickets) {
        say(patient, DOCTOR_TICKET, DOCTOR_FAILED, error->message, NULL);
        return false;
    }
    struct tickets_times times = tickets_times(patient->tickets);
    say(patient, DOCTOR_TICKET, DOCTOR_OK,
        arena_format(arena, "a ticket-granting ticket of %s for %s, %s, with the %s password",
                     tickets_principal(patient->tickets),
                     span_text(arena, (int64_t)(times.end - times.start)),
                     type_word(arena, tickets_encryption_type(patient->tickets, NULL)),
                     used == MANAGED_PASSWORD_CURRENT ? "current" : "previous"),
        NULL);
    return true;
}

static bool examine_service(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    cleanup_error struct error *error = NULL;
    patient->service = arena_format(arena, "ldap/%s", patient->session->controller.host);
    if (tickets_get_service(patient->tickets, patient->service, time_limit(patient), &error) != 0) {
        say(patient, DOCTOR_SERVICE, DOCTOR_FAILED, error->message, NULL);
        return false;
    }
    say(patient, DOCTOR_SERVICE, DOCTOR_OK,
        arena_format(arena, "a ticket for %s, %s", patient->service,
                     type_word(arena, tickets_encryption_type(patient->tickets, patient->service))),
        NULL);
    return true;
}

/* --- Signing in as the account ------------------------------------------------------------------
 */

static int sign_in(struct patient *patient, char **whoami, struct error **err)
{
    const struct domain_controller *controller = &patient->session->controller;
    const struct addresses address = {
        .items = {controller->addresses.items[controller->chosen]},
        .count = 1,
    };
    const struct directory_settings settings = {.security = DIRECTORY_SEALED};
    int64_t deadline = time_limit(patient);
    int fd;
    if (dial(&address, DIRECTORY_LDAP_PORT, deadline, &fd, NULL, err) != 0)
        return -1;
    cleanup_directory_connection struct directory_connection *connection =
        directory_open(fd, controller->host, &settings, deadline, err);
    if (!connection ||
        directory_bind_ticket(connection, tickets_cache_name(patient->tickets), deadline, err) != 0)
        return -1;
    return directory_whoami(connection, deadline, whoami, err);
}

static bool examine_bind(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    cleanup_free char *whoami = NULL;
    cleanup_error struct error *error = NULL;
    if (sign_in(patient, &whoami, &error) != 0) {
        say(patient, DOCTOR_BIND, DOCTOR_FAILED, error->message, NULL);
        return false;
    }
    const char *name = strncmp(whoami, "u:", 2) == 0 ? whoami + 2 : whoami;
    const char *expected =
        arena_format(arena, "%s\\%s", patient->session->domain.netbios_name, patient->account.name);
    bool same = slice_equal_ignoring_case(slice_of(name), slice_of(expected));
    const char *detail =
        same ? arena_format(arena, "signed in at %s as %s", patient->session->controller.host, name)
             : arena_format(arena, "signed in as %s, and not as %s", name, expected);
    say(patient, DOCTOR_BIND, same ? DOCTOR_OK : DOCTOR_FAILED, detail, NULL);
    return same;
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static void patient_release(struct patient *patient)
{
    tickets_free(patient->tickets);
    kerberos_free(patient->kerberos);
    managed_password_release(&patient->password);
    account_readers_release(&patient->readers);
    account_release(&patient->account);
    session_free(patient->other);
}

/* Each needs the one before it. */
static const struct {
    enum doctor_stage stage;
    bool (*examine)(struct patient *patient);
    const char *otherwise; /* why those behind it were skipped */
} steps[] = {
    {DOCTOR_ACCOUNT, examine_account, "there is no gMSA to go on with"},
    {DOCTOR_PASSWORD, examine_password, "the password is not known"},
    {DOCTOR_KEYS, examine_keys, "there are no keys"},
    {DOCTOR_TICKET, examine_ticket, "there is no ticket-granting ticket"},
    {DOCTOR_SERVICE, examine_service, "there is no service ticket"},
    {DOCTOR_BIND, examine_bind, NULL},
};

void doctor_account(struct doctor *doctor, const struct session *session,
                    const struct doctor_account *account)
{
    __attribute__((cleanup(patient_release))) struct patient patient = {
        .doctor = doctor,
        .named = account,
        .session = session,
        .start = deadline_now(),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        if (steps[i].examine(&patient))
            continue;
        if (steps[i].stage != DOCTOR_BIND)
            doctor_skip(doctor, steps[i].stage + 1, DOCTOR_BIND, account->label,
                        steps[i].otherwise);
        return;
    }
}
