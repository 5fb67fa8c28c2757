/* Answers to what the decision asks about single pods, out of the cluster: each spec and each
 * permission is asked for once a run. */
#ifndef GMSA_WEBHOOK_KUBECTL_ASKER_H
#define GMSA_WEBHOOK_KUBECTL_ASKER_H

#include "webhook/kubectl/authoriser.h"
#include "webhook/sources/known_spec.h"

/* What came of looking a spec up. */
struct asked_spec {
    struct asked_spec *next;
    struct slice name;
    enum lookup lookup;
    struct known_spec *spec; /* with LOOKUP_FOUND */
    const char *problem;     /* with LOOKUP_UNAVAILABLE */
};

/* One spec of the pod that is judged. */
struct asked {
    struct asked *next;
    struct permission_question question;
    struct permission_answer permission;
    const struct asked_spec *spec;
};

struct asker {
    struct cluster *cluster;
    struct authoriser *authoriser;
    struct arena arena;
    struct asked_spec *specs;
    struct asked *asked;
};

void asker_init(struct asker *asker, struct cluster *cluster);
void asker_release(struct asker *asker);
#define cleanup_asker __attribute__((cleanup(asker_release)))

/* An admission_answer, with the asker as its context. */
const struct answer *asker_answer(void *context, const struct questions *questions,
                                  struct arena *arena);
/* What was asked for a spec; NULL where nothing was. */
const struct asked *asker_find(const struct asker *asker,
                               const struct permission_question *question);

#endif
