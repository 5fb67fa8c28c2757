/* What the files of `credspec doctor` share. */
#ifndef GMSA_CREDSPEC_CLI_DOCTOR_H
#define GMSA_CREDSPEC_CLI_DOCTOR_H

#include "credspec/cli/directory_login.h"
#include "credspec/cli/doctor_compare.h"
#include "credspec/cli/doctor_report.h"
#include "credspec/spec.h"
#include "lib/common/arena.h"
#include "lib/directory/session.h"

struct doctor {
    struct arena arena;
    const struct directory_options *options;
    struct directory_login login;
    struct doctor_report report;
    struct credspec spec;
    const char *no_session; /* why doctor_domain() gave none */
};

/* Prints a stage and remembers it for the exit code. */
void doctor_say(struct doctor *doctor, enum doctor_stage stage, const char *account,
                enum doctor_status status, int64_t took, const char *detail, const char *hint);
/* The stages from..to could not be judged. */
void doctor_skip(struct doctor *doctor, enum doctor_stage from, enum doctor_stage to,
                 const char *account, const char *why);

/* What to do where a domain controller was reached and failed to answer (ERROR_UNAVAILABLE), else
 * `otherwise`. */
const char *doctor_hint(const struct error *error, const char *otherwise);

/* dns, reach, clock, sign-in, domain. The session, or NULL where one of the stages that it takes
 * failed. */
struct session *doctor_domain(struct doctor *doctor);

/* account to bind, for one account of the session's domain or of another one. */
void doctor_account(struct doctor *doctor, const struct session *session,
                    const struct doctor_account *account);

#endif
