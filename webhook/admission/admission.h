/* A pod's way through the API server, without one: mutate, the API server's own rules, validate. */
#ifndef GMSA_WEBHOOK_ADMISSION_ADMISSION_H
#define GMSA_WEBHOOK_ADMISSION_ADMISSION_H

#include "lib/document/tree.h"
#include "webhook/decision/decision.h"

/* Answers what the decision asks: one answer for each spec name, in the arena. */
typedef const struct answer *admission_answer(void *context, const struct questions *questions,
                                              struct arena *arena);

/* What is the same for every pod of one run. */
struct admission_settings {
    admission_answer *answer;
    void *context; /* of answer */
    struct decision_settings decision;
};

/* Who sends what: becomes the AdmissionReview. */
struct admission_request {
    const struct node *object;
    const struct node *old_object; /* NULL to create */
    const char *subresource;       /* "" or "ephemeralcontainers" */
    struct slice namespace;
    struct slice user;
    const struct slice *groups;
    size_t group_count;
    size_t number; /* makes the uid, which seeds what is random: the same every run */
};

enum admission_step { ADMISSION_MUTATE, ADMISSION_API_RULES, ADMISSION_VALIDATE };

struct admission_result {
    bool allowed;
    enum admission_step step; /* the last one taken: the one that refused */
    int code;                 /* of a refusal */
    const char *reason;       /* the decision's word; "invalid" for the API server's own rules and
                                 "malformed-request" where the review itself could not be read */
    const char *message;
    const struct node *stored; /* the object as it would be stored; NULL when refused or none */
    const char **warnings;     /* each text once */
    size_t warning_count;
};

/* The AdmissionReview that the API server would send. In the arena; shares the objects' nodes. */
struct node *admission_review(const struct admission_request *request, struct arena *arena);

/* Replaces userInfo by the request's user and groups. */
void admission_set_user(struct node *review, const struct admission_request *request,
                        struct arena *arena);

/* Takes an AdmissionReview (made or recorded) about a pod through all steps. The review's
 * request.object is replaced by the mutated one. Everything lives in the arena. Fails only where
 * the mutation could not be applied: ERROR_INTERNAL. */
int admission_run(const struct admission_settings *settings, struct node *review,
                  struct arena *arena, struct admission_result *result, struct error **err);

#endif
