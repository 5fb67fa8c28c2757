/* What of a cluster's pods would not be admitted today. */
#ifndef GMSA_WEBHOOK_KUBECTL_AUDIT_PODS_H
#define GMSA_WEBHOOK_KUBECTL_AUDIT_PODS_H

#include "webhook/kubectl/cluster.h"
#include "webhook/kubectl/grants.h"

/* Texts live in the audit's arena. */
struct audit_finding {
    struct slice namespace, pod, service_account;
    const char *reason; /* see decision/reasons.h */
    const char *message;
    size_t number; /* in the order they were found */
};

struct audit {
    struct arena arena;
    struct audit_finding *findings; /* by namespace, then pod */
    size_t count, capacity;
    size_t pods, concerned; /* all that were read; those with a gMSA */
    const char **problems;  /* what could not be found out */
    size_t problem_count;
};

/* Reads all specs, then the pods of the cluster's scope, one after another, then finds out for
 * every service account and spec once whether the one may use the other. What has to be kept
 * meanwhile is a name for each pod with a gMSA. */
int audit_pods(struct audit *audit, struct cluster *cluster, const struct grants *grants,
               struct error **err);
void audit_release(struct audit *audit);
#define cleanup_audit __attribute__((cleanup(audit_release)))

#endif
