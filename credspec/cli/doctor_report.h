/* What `credspec doctor` says: one line or one JSON object a stage, and the exit code. */
#ifndef GMSA_CREDSPEC_CLI_DOCTOR_REPORT_H
#define GMSA_CREDSPEC_CLI_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/buffer.h"

/* In the order of the chain. */
enum doctor_stage {
    DOCTOR_SPEC,
    DOCTOR_DNS,
    DOCTOR_REACH,
    DOCTOR_CLOCK,
    DOCTOR_SIGN_IN,
    DOCTOR_DOMAIN,
    DOCTOR_ACCOUNT, /* from here on for every account */
    DOCTOR_PASSWORD,
    DOCTOR_KEYS,
    DOCTOR_TICKET,
    DOCTOR_SERVICE,
    DOCTOR_BIND,
    DOCTOR_STAGES,
};
enum { DOCTOR_EXIT_FIRST = 10 /* the first stage's; the others follow */ };

/* "dns": a stable word. */
const char *doctor_stage_name(enum doctor_stage stage);

enum doctor_status { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILED, DOCTOR_SKIPPED };

struct doctor_result {
    enum doctor_stage stage;
    enum doctor_status status;
    int64_t took;        /* nanoseconds */
    const char *account; /* whose stage it is; NULL: all accounts' */
    const char *detail;  /* what was found */
    const char *hint;    /* what to do next, a line each; or NULL */
};

/* Begin with zeros, and release `line`. */
struct doctor_report {
    bool json;
    bool accounts; /* there are several: say which one a stage belongs to */
    bool colour, symbols;
    struct buffer line;
    size_t printed;
    const char *last_account;
    enum doctor_stage failed; /* the first one */
    bool has_failed, has_warnings;
};

/* Finds out what standard output can show. */
void doctor_report_begin(struct doctor_report *report, bool json);
void doctor_report_stage(struct doctor_report *report, const struct doctor_result *result);
/* Returns the exit code. */
int doctor_report_end(struct doctor_report *report);

#endif
