/* An account on its way through the stages of `credspec doctor`: what the files of these share. */
#ifndef GMSA_CREDSPEC_CLI_DOCTOR_PATIENT_H
#define GMSA_CREDSPEC_CLI_DOCTOR_PATIENT_H

#include "credspec/cli/doctor.h"
#include "lib/directory/account.h"
#include "lib/directory/managed_password.h"
#include "lib/directory/tickets.h"

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

/* The deadline of what is begun now. */
int64_t patient_deadline(const struct patient *patient);
/* Prints a stage with the time since the one before. */
void patient_say(struct patient *patient, enum doctor_stage stage, enum doctor_status status,
                 const char *detail, const char *hint);

/* A stage each; whether the next can be judged. They need the account and its password. */
bool patient_examine_keys(struct patient *patient);
bool patient_examine_ticket(struct patient *patient);
bool patient_examine_service(struct patient *patient);
bool patient_examine_bind(struct patient *patient);

#endif
