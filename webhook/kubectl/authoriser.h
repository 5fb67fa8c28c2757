/* Who may `use` a spec, as somebody outside the API server finds it out: asked of it, or computed
 * from its Roles and bindings. */
#ifndef GMSA_WEBHOOK_KUBECTL_AUTHORISER_H
#define GMSA_WEBHOOK_KUBECTL_AUTHORISER_H

#include "webhook/decision/decision.h"
#include "webhook/kubectl/cluster.h"

struct permission_question {
    struct slice namespace, service_account, spec_name;
};

/* Texts live as long as the authoriser. */
struct permission_answer {
    enum authorisation authorisation;
    const char *how;    /* "LocalSubjectAccessReview" or "RBAC"; NULL where it is not known */
    const char *detail; /* why it is not known, or what else the API server said; or NULL */
};

struct authoriser;

/* `everywhere`: RBAC is read for all namespaces of the cluster's scope at once, when it is first
 * needed; else for the namespace that is asked about. */
struct authoriser *authoriser_create(struct cluster *cluster, bool everywhere);
void authoriser_free(struct authoriser *authoriser);

/* For a question: the API server itself, by the LocalSubjectAccessReview that the webhook sends;
 * where that may not be created, computed. */
struct permission_answer authoriser_ask(struct authoriser *authoriser,
                                        const struct permission_question *question);
/* For many: computed, so that each costs no call; a refusal is put to the API server, whose other
 * authorisers may know better. Where RBAC may not be read, asked. */
struct permission_answer authoriser_compute(struct authoriser *authoriser,
                                            const struct permission_question *question);

#endif
