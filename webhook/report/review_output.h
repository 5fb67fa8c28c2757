/* What `gmsa-webhook review` prints for one object. */
#ifndef GMSA_WEBHOOK_REPORT_REVIEW_OUTPUT_H
#define GMSA_WEBHOOK_REPORT_REVIEW_OUTPUT_H

#include "webhook/admission/admission.h"

enum review_output {
    REVIEW_TEXT, /* a line for each object, and what changes in it */
    REVIEW_YAML, /* the objects as they would be stored, kubectl-ready */
    REVIEW_JSON,
};

/* An object of a file, as messages say it. */
struct review_subject {
    const char *file;
    const char *label;             /* `pod "web"`, `Deployment "web"` */
    const struct node *workload;   /* where the pod was made of a template; else NULL */
    const struct node *as_written; /* the pod before the first step, or NULL */
};

struct review_printer {
    enum review_output output;
    bool colour, colour_errors; /* of standard output, of standard error */
    size_t printed;             /* objects so far */
};

/* Warnings and a refusal go to standard error, everything else to standard output. */
void review_print(struct review_printer *printer, const struct review_subject *subject,
                  const struct admission_result *result);

/* "FILE: LABEL: error: MESSAGE" on standard error; `label` may be NULL. */
void review_print_error(const struct review_printer *printer, const char *file, const char *label,
                        const char *message);

#endif
