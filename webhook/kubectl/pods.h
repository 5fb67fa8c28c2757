/* The pods of a cluster as the decision reads them. */
#ifndef GMSA_WEBHOOK_KUBECTL_PODS_H
#define GMSA_WEBHOOK_KUBECTL_PODS_H

#include "webhook/decision/review.h"
#include "webhook/kubectl/cluster.h"

struct pods_visitor {
    /* The first pod will come now; what came before, where there was something, does not count. */
    void (*begun)(void *context);
    /* One pod, as the AdmissionReview of its creation; everything is valid until the callback
     * returns. */
    void (*pod)(const struct review *review, void *context);
    /* One that cannot be read. */
    void (*unreadable)(struct slice namespace, struct slice name, const char *problem,
                       void *context);
    void *context;
};

/* All pods that have not ended, of one namespace or (NULL) of all. One is in memory at a time. */
int pods_visit(struct cluster *cluster, const char *namespace, const struct pods_visitor *visitor,
               struct error **err);

/* Appends the AdmissionReview to create this pod in the namespace; `json` may lack its kind. */
void pods_write_review(struct buffer *out, struct slice json, struct slice namespace);

#endif
