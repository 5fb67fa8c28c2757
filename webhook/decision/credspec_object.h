/* GMSACredentialSpec objects themselves: endpoint /validate-credspec. */
#ifndef GMSA_WEBHOOK_DECISION_CREDSPEC_OBJECT_H
#define GMSA_WEBHOOK_DECISION_CREDSPEC_OBJECT_H

#include "webhook/decision/opinion.h"

/* Errors of the library's rules refuse (or, with settings->warn_on_invalid_specs or where an UPDATE
 * leaves the spec as it was, warn); its warnings become admission warnings. */
void credspec_object_judge(const struct review *review, const struct decision_settings *settings,
                           struct opinion *opinion);

#endif
