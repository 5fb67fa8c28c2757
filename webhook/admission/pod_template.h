/* Workloads: objects that make pods out of a template. */
#ifndef GMSA_WEBHOOK_ADMISSION_POD_TEMPLATE_H
#define GMSA_WEBHOOK_ADMISSION_POD_TEMPLATE_H

#include "lib/document/tree.h"

/* The pod template of a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, PodTemplate
 * or ReplicationController; NULL for any other object and where there is none. */
const struct node *pod_template_find(const struct node *object);

/* A pod as the workload's controller would make it: labels, annotations and spec of the template,
 * generateName after the workload. Shares nodes with nothing. */
struct node *pod_template_make_pod(struct arena *arena, const struct node *workload,
                                   const struct node *pod_template, struct slice namespace);

#endif
