/* Workloads with a pod template: endpoint /warn. */
#ifndef GMSA_WEBHOOK_DECISION_WORKLOAD_H
#define GMSA_WEBHOOK_DECISION_WORKLOAD_H

#include "webhook/decision/opinion.h"

/* The pod template to look at; NULL where there is none, it cannot be read (a warning), or an
 * UPDATE leaves it as it was. */
const struct pod_view *workload_template(const struct review *review, struct opinion *opinion);

#endif
