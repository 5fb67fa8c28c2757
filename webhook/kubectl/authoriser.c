#include "webhook/kubectl/authoriser.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "webhook/kubectl/model.h"
#include "webhook/sources/local_access_review.h"

enum { FORBIDDEN = 403 };

static const char by_review[] = "LocalSubjectAccessReview";
static const char by_rbac[] = "RBAC";
static const struct kube_resource reviews = {"authorization.k8s.io", "v1",
                                             "localsubjectaccessreviews"};

/* What could not be done in a namespace, so that it is not tried again for each question. */
struct failure {
    char *namespace; /* NULL: nothing has failed */
    const char *why;
};

struct authoriser {
    struct cluster *cluster;
    bool everywhere;
    struct arena arena;
    struct manifest_set *rbac;
    char *rbac_namespace; /* that `rbac` is about, unless `everywhere` */
    struct failure no_rbac, no_review;
};

struct authoriser *authoriser_create(struct cluster *cluster, bool everywhere)
{
    struct authoriser *authoriser = xcalloc(1, sizeof(*authoriser));
    authoriser->cluster = cluster;
    authoriser->everywhere = everywhere;
    return authoriser;
}

void authoriser_free(struct authoriser *authoriser)
{
    if (!authoriser)
        return;
    manifest_set_drop(authoriser->rbac);
    free(authoriser->rbac_namespace);
    free(authoriser->no_rbac.namespace);
    free(authoriser->no_review.namespace);
    arena_release(&authoriser->arena);
    free(authoriser);
}

static bool has_failed(const struct failure *failure, struct slice namespace)
{
    return failure->namespace && slice_is(namespace, failure->namespace);
}

static void keep_failure(struct authoriser *authoriser, struct failure *failure,
                         struct slice namespace, const struct error *error)
{
    free(failure->namespace);
    failure->namespace = xstrndup(namespace.data, namespace.length);
    failure->why = arena_format(&authoriser->arena, "%s", error->message);
}

/* --- Asking ----------------------------------------------------------------------------------- */

static struct permission_answer unknown(const char *why)
{
    return (struct permission_answer){.authorisation = AUTHORISATION_UNAVAILABLE, .detail = why};
}

/* Sends the review. ERROR_DENIED where this user may not. */
static int send_review(struct authoriser *authoriser, const struct permission_question *question,
                       struct access_review_answer *answer, struct error **err)
{
    cleanup_buffer struct buffer body = {0};
    cleanup_free char *namespace = xstrndup(question->namespace.data, question->namespace.length);
    struct slice json;
    int status;
    local_access_review_for_account(&body, question->namespace, question->service_account,
                                    question->spec_name);
    const struct kube_call call = {
        .verb = KUBE_CREATE,
        .target = {.resource = &reviews, .namespace = namespace},
        .body = {body.data, body.length},
    };
    if (kube_session_call(authoriser->cluster->session, &call, &authoriser->arena, &json, &status,
                          err) == 0)
        return local_access_review_read(json, &authoriser->arena, answer, err);
    cluster_explain(err, status, "create", &reviews, namespace);
    return -1;
}

/* True where the API server has answered, or cannot; false where it may not be asked. */
static bool ask(struct authoriser *authoriser, const struct permission_question *question,
                struct permission_answer *result)
{
    cleanup_error struct error *problem = NULL;
    struct access_review_answer answer;
    if (has_failed(&authoriser->no_review, question->namespace))
        return false;
    if (send_review(authoriser, question, &answer, &problem) < 0) {
        if (problem->code == ERROR_DENIED) {
            keep_failure(authoriser, &authoriser->no_review, question->namespace, problem);
            return false;
        }
        *result = unknown(arena_format(&authoriser->arena, "%s", problem->message));
        return true;
    }
    *result = (struct permission_answer){
        .authorisation = answer.allowed ? AUTHORISATION_ALLOWED : AUTHORISATION_DENIED,
        .how = by_review,
    };
    if (slice_present(answer.evaluation_error) && !answer.allowed)
        result->detail = arena_format(&authoriser->arena, "the API server says: %.*s",
                                      SLICE_FORMAT(answer.evaluation_error));
    return true;
}

/* --- Computing -------------------------------------------------------------------------------- */

static const struct manifest_set *rbac_of(struct authoriser *authoriser, struct slice namespace)
{
    cleanup_error struct error *problem = NULL;
    bool fits = authoriser->rbac &&
                (authoriser->everywhere || slice_is(namespace, authoriser->rbac_namespace));
    if (fits)
        return authoriser->rbac;
    if (authoriser->no_rbac.namespace &&
        (authoriser->everywhere || has_failed(&authoriser->no_rbac, namespace)))
        return NULL;
    manifest_set_drop(STEAL(authoriser->rbac));
    free(authoriser->rbac_namespace);
    authoriser->rbac_namespace = xstrndup(namespace.data, namespace.length);
    authoriser->rbac = model_load(authoriser->cluster, MODEL_PERMISSIONS,
                                  authoriser->everywhere ? authoriser->cluster->namespace
                                                         : authoriser->rbac_namespace,
                                  &problem);
    if (problem)
        keep_failure(authoriser, &authoriser->no_rbac, namespace, problem);
    return authoriser->rbac;
}

static bool compute(struct authoriser *authoriser, const struct permission_question *question,
                    struct permission_answer *result)
{
    const struct manifest_set *set = rbac_of(authoriser, question->namespace);
    cleanup_arena struct arena arena = {0};
    if (!set)
        return false;
    const struct rbac_question use = manifest_use_question(
        question->namespace, question->service_account, question->spec_name, &arena);
    *result = (struct permission_answer){
        .authorisation =
            rbac_find_grant(&set->rbac, &use) ? AUTHORISATION_ALLOWED : AUTHORISATION_DENIED,
        .how = by_rbac,
    };
    return true;
}

/* --- Both ------------------------------------------------------------------------------------- */

static struct permission_answer neither(struct authoriser *authoriser)
{
    return unknown(arena_format(&authoriser->arena, "%s; nor can it be computed: %s",
                                authoriser->no_review.why, authoriser->no_rbac.why));
}

struct permission_answer authoriser_ask(struct authoriser *authoriser,
                                        const struct permission_question *question)
{
    struct permission_answer answer;
    if (ask(authoriser, question, &answer) || compute(authoriser, question, &answer))
        return answer;
    return neither(authoriser);
}

struct permission_answer authoriser_compute(struct authoriser *authoriser,
                                            const struct permission_question *question)
{
    struct permission_answer answer, asked;
    if (!compute(authoriser, question, &answer))
        return ask(authoriser, question, &answer) ? answer : neither(authoriser);
    if (answer.authorisation == AUTHORISATION_DENIED && ask(authoriser, question, &asked) &&
        asked.how)
        return asked;
    return answer;
}
