/* `credspec doctor`: the stages of one account, from the directory's entry on. Those
 * behind its password are in doctor_tickets.c. */
#include <string.h>

#include "credspec/cli/account_check.h"
#include "credspec/cli/doctor_patient.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"
#include "lib/directory/encryption_types.h"
#include "lib/directory/managed_password_read.h"

int64_t patient_deadline(const struct patient *patient)
{
    return deadline_after(patient->doctor->options->timeout);
}

void patient_say(struct patient *patient, enum doctor_stage stage, enum doctor_status status,
                 const char *detail, const char *hint)
{
    int64_t now = deadline_now();
    doctor_say(patient->doctor, stage, patient->named->label, status, now - patient->start, detail,
               hint);
    patient->start = deadline_now();
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
    patient_say(
        patient, DOCTOR_ACCOUNT, DOCTOR_FAILED, error->message,
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
                                  name, patient_deadline(patient));
    const char *hint =
        doctor_hint(error, "Get-ADServiceAccount -Filter * lists the domain's gMSAs");
    if (nearest)
        hint = arena_format(&doctor->arena, "is %s meant?", nearest);
    patient_say(patient, DOCTOR_ACCOUNT, DOCTOR_FAILED, error->message, hint);
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
        patient_say(patient, DOCTOR_ACCOUNT, DOCTOR_FAILED, verdict.problem, verdict.hint);
        return patient->account.class == ACCOUNT_GMSA;
    }
    const char *hint = NULL;
    for (size_t i = 0; i < verdict.warning_count; i++)
        hint =
            arena_format(arena, "%s%s%s", hint ? hint : "", hint ? "\n" : "", verdict.warnings[i]);
    patient_say(patient, DOCTOR_ACCOUNT, hint ? DOCTOR_WARNING : DOCTOR_OK, account_text(patient),
                hint);
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
    if (account_find(session->controller.connection, &session->domain, name,
                     patient_deadline(patient), &patient->account, &error) != 0) {
        say_missing(patient, error);
        return false;
    }
    bool known =
        patient->account.has_membership &&
        account_readers(session->controller.connection, &session->domain, &patient->account,
                        patient_deadline(patient), &patient->readers, &error) == 0;
    if (error && error->code == ERROR_UNAVAILABLE) { /* nobody answers what follows, either */
        say_missing(patient, error);
        return false;
    }
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
                        patient_deadline(patient), &reader, NULL) == 0 &&
           account_sids(session->controller.connection, &reader, patient_deadline(patient), &sids,
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
                              patient->account.name, patient_deadline(patient), &blob,
                              &error) != 0 ||
        managed_password_decode(&patient->password, blob.data, blob.length, &error) != 0) {
        if (error->code == ERROR_DENIED)
            patient_say(patient, DOCTOR_PASSWORD, DOCTOR_FAILED,
                        arena_format(arena, "%s may not read the password of %s",
                                     session->signed_in_as, patient->account.name),
                        denied_hint(patient));
        else
            patient_say(patient, DOCTOR_PASSWORD, DOCTOR_FAILED, error->message,
                        doctor_hint(error, NULL));
        return false;
    }
    const char *readers = account_readers_text(arena, &patient->readers);
    patient_say(patient, DOCTOR_PASSWORD, DOCTOR_OK,
                arena_format(arena, "%s may read it%s%s", session->signed_in_as,
                             readers ? "; those who may: " : "", readers ? readers : ""),
                NULL);
    return true;
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
    {DOCTOR_KEYS, patient_examine_keys, "there are no keys"},
    {DOCTOR_TICKET, patient_examine_ticket, "there is no ticket-granting ticket"},
    {DOCTOR_SERVICE, patient_examine_service, "there is no service ticket"},
    {DOCTOR_BIND, patient_examine_bind, NULL},
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
