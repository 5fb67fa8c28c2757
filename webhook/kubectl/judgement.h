/* What `why` finds out about one pod: whether it would be admitted now and which step would refuse
 * it, and, where it runs already, what of it would be different today. */
#ifndef GMSA_WEBHOOK_KUBECTL_JUDGEMENT_H
#define GMSA_WEBHOOK_KUBECTL_JUDGEMENT_H

#include "webhook/admission/admission.h"
#include "webhook/admission/subject.h"
#include "webhook/kubectl/asker.h"

struct judge {
    struct asker *asker;
    struct admission_settings settings; /* with a key of its own for grants */
    struct decision_settings running;   /* with the public keys, or none */
    const char *grants_problem;         /* why there are none */
    size_t judged;
};

struct judgement {
    const struct admission_subject *subject;
    struct slice service_account;
    bool known; /* whether the answer is: else the message says what could not be found out */
    struct admission_result result;
    const struct asked **specs; /* what was asked for it */
    size_t spec_count;
    bool runs;
    const struct objection *objections; /* to the pod as it runs */
    size_t objection_count;
    const char *notes[4];
    size_t note_count;
};

/* Judges the subject as if it were created now. `running` is the JSON of the pod where it runs, or
 * absent. Everything lives in the arena. ERROR_INTERNAL. */
int judge_pod_of(struct judge *judge, const struct admission_subject *subject, struct slice running,
                 struct arena *arena, struct judgement *judgement, struct error **err);

/* The two forms of the answer. */
void judgement_write_text(struct buffer *out, const struct judgement *judgement,
                          struct arena *arena);
struct node *judgement_node(const struct judgement *judgement, struct arena *arena);

#endif
