/* `credspec doctor`: the stages from a gMSA's password to a sign-in as it. */
#include <string.h>

#include "credspec/cli/doctor_patient.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/encryption_types.h"
#include "lib/directory/kerberos.h"

static struct directory_account names_of(const struct patient *patient)
{
    return (struct directory_account){
        .name = patient->account.name,
        .domain = patient->session->domain.dns_name,
    };
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

bool patient_examine_keys(struct patient *patient)
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
        patient_say(patient, DOCTOR_KEYS, DOCTOR_FAILED, error->message, NULL);
        return false;
    }
    cleanup_buffer struct buffer words = {0};
    encryption_types_words(patient->types, &words);
    uint64_t left = patient->password.query_interval / MANAGED_PASSWORD_SECOND;
    patient_say(
        patient, DOCTOR_KEYS, DOCTOR_OK,
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

bool patient_examine_ticket(struct patient *patient)
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
                                      patient_deadline(patient), &used, &error);
    if (!patient->tickets) {
        patient_say(patient, DOCTOR_TICKET, DOCTOR_FAILED, error->message,
                    doctor_hint(error, NULL));
        return false;
    }
    struct tickets_times times = tickets_times(patient->tickets);
    patient_say(patient, DOCTOR_TICKET, DOCTOR_OK,
                arena_format(arena,
                             "a ticket-granting ticket of %s for %s, %s, with the %s password",
                             tickets_principal(patient->tickets),
                             span_text(arena, (int64_t)(times.end - times.start)),
                             type_word(arena, tickets_encryption_type(patient->tickets, NULL)),
                             used == MANAGED_PASSWORD_CURRENT ? "current" : "previous"),
                NULL);
    return true;
}

bool patient_examine_service(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    cleanup_error struct error *error = NULL;
    patient->service = arena_format(arena, "ldap/%s", patient->session->controller.host);
    if (tickets_get_service(patient->tickets, patient->service, patient_deadline(patient),
                            &error) != 0) {
        patient_say(patient, DOCTOR_SERVICE, DOCTOR_FAILED, error->message,
                    doctor_hint(error, NULL));
        return false;
    }
    patient_say(
        patient, DOCTOR_SERVICE, DOCTOR_OK,
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
    int64_t deadline = patient_deadline(patient);
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

bool patient_examine_bind(struct patient *patient)
{
    struct arena *arena = &patient->doctor->arena;
    cleanup_free char *whoami = NULL;
    cleanup_error struct error *error = NULL;
    if (sign_in(patient, &whoami, &error) != 0) {
        patient_say(patient, DOCTOR_BIND, DOCTOR_FAILED, error->message,
                    error->code == ERROR_UNAVAILABLE
                        ? "the gMSA signs in by Kerberos on TCP port 389, which must be open"
                        : NULL);
        return false;
    }
    const char *name = strncmp(whoami, "u:", 2) == 0 ? whoami + 2 : whoami;
    const char *expected =
        arena_format(arena, "%s\\%s", patient->session->domain.netbios_name, patient->account.name);
    bool same = slice_equal_ignoring_case(slice_of(name), slice_of(expected));
    const char *detail =
        same ? arena_format(arena, "signed in at %s as %s", patient->session->controller.host, name)
             : arena_format(arena, "signed in as %s, and not as %s", name, expected);
    patient_say(patient, DOCTOR_BIND, same ? DOCTOR_OK : DOCTOR_FAILED, detail, NULL);
    return same;
}
