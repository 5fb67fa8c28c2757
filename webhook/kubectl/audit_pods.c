#include "webhook/kubectl/audit_pods.h"

#include <search.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "webhook/decision/reasons.h"
#include "webhook/kubectl/authoriser.h"
#include "webhook/kubectl/model.h"
#include "webhook/kubectl/pods.h"

/* A service account and a spec that pods of it name. */
struct pair {
    struct permission_question question;
    struct permission_answer answer;
};

struct use {
    struct slice pod;
    const struct pair *pair;
};

struct run {
    struct audit *audit;
    const struct manifest_set *specs;
    struct decision_settings settings;
    struct authoriser *authoriser;
    struct arena arena; /* of one pod */
    void *pairs;        /* search.h's tree of struct pair */
    struct use *uses;
    size_t use_count, use_capacity;
    size_t unverified; /* Linux pods whose grant cannot be verified */
};

/* --- Findings --------------------------------------------------------------------------------- */

static void add_finding(struct audit *audit, struct slice namespace, struct slice pod,
                        struct slice service_account, const char *reason, const char *message)
{
    if (audit->count == audit->capacity) {
        audit->capacity = audit->capacity ? audit->capacity * 2 : 64;
        audit->findings =
            xreallocarray(audit->findings, audit->capacity, sizeof(audit->findings[0]));
    }
    audit->findings[audit->count] = (struct audit_finding){
        .namespace = arena_copy_slice(&audit->arena, namespace),
        .pod = arena_copy_slice(&audit->arena, pod),
        .service_account = arena_copy_slice(&audit->arena, service_account),
        .reason = reason,
        .message = arena_format(&audit->arena, "%s", message),
        .number = audit->count,
    };
    audit->count++;
}

static void add_problem(struct audit *audit, const char *problem)
{
    for (size_t i = 0; i < audit->problem_count; i++)
        if (strcmp(audit->problems[i], problem) == 0)
            return;
    audit->problems = xreallocarray((void *)audit->problems, audit->problem_count + 1,
                                    sizeof(audit->problems[0]));
    audit->problems[audit->problem_count++] = problem;
}

static int by_pod(const void *left, const void *right)
{
    const struct audit_finding *a = left, *b = right;
    int order = slice_compare(a->namespace, b->namespace);
    if (order == 0)
        order = slice_compare(a->pod, b->pod);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* --- Pods ------------------------------------------------------------------------------------- */

static int compare_pairs(const void *left, const void *right)
{
    const struct permission_question *a = left, *b = right;
    int order = slice_compare(a->namespace, b->namespace);
    if (order == 0)
        order = slice_compare(a->service_account, b->service_account);
    return order != 0 ? order : slice_compare(a->spec_name, b->spec_name);
}

static const struct pair *find_pair(struct run *run, const struct permission_question *question)
{
    struct arena *arena = &run->audit->arena;
    struct pair *const *found = tfind(question, &run->pairs, compare_pairs);
    if (found)
        return *found;
    struct pair *pair = arena_allocate(arena, sizeof(*pair));
    pair->question =
        (struct permission_question){arena_copy_slice(arena, question->namespace),
                                     arena_copy_slice(arena, question->service_account),
                                     arena_copy_slice(arena, question->spec_name)};
    if (!tsearch(pair, &run->pairs, compare_pairs))
        abort(); /* for want of memory */
    return pair;
}

static void add_use(struct run *run, struct slice pod, const struct permission_question *question)
{
    if (run->use_count == run->use_capacity) {
        run->use_capacity = run->use_capacity ? run->use_capacity * 2 : 64;
        run->uses = xreallocarray(run->uses, run->use_capacity, sizeof(run->uses[0]));
    }
    run->uses[run->use_count++] =
        (struct use){arena_copy_slice(&run->audit->arena, pod), find_pair(run, question)};
}

static void on_begun(void *context)
{
    struct run *run = context;
    run->audit->count = run->audit->pods = run->audit->concerned = 0;
    run->use_count = run->unverified = 0;
}

/* Permissions are found out when all pairs are known. */
static struct answer *answer(struct run *run, const struct questions *questions, struct slice pod)
{
    struct answer *answers = arena_allocate_array(&run->arena, questions->count, sizeof(*answers));
    for (size_t i = 0; i < questions->count; i++) {
        const struct permission_question question = {
            questions->namespace, questions->service_account, questions->spec_names[i]};
        const struct manifest_spec *spec = manifest_set_spec(run->specs, question.spec_name);
        answers[i] = (struct answer){.authorisation = AUTHORISATION_ALLOWED,
                                     .lookup = spec ? LOOKUP_FOUND : LOOKUP_MISSING,
                                     .resource = spec ? spec->resource : NULL};
        add_use(run, pod, &question);
    }
    return answers;
}

static bool names_spec_by_annotation(const struct pod_view *pod)
{
    for (size_t i = 0; i < pod->annotation_count; i++)
        if (slice_starts_with(pod->annotations[i].key, ANNOTATION_SPEC))
            return true;
    return false;
}

static void on_pod(const struct review *review, void *context)
{
    struct run *run = context;
    struct questions questions;
    struct verdict verdict;
    struct slice pod = review->pod->name;
    decision_ask(review, ENDPOINT_AUDIT, &run->settings, &run->arena, &questions);
    decision_verdict(review, ENDPOINT_AUDIT, &run->settings, &questions,
                     answer(run, &questions, pod), &run->arena, &verdict);
    struct slice account = review->pod->service_account;
    for (size_t i = 0; i < verdict.objection_count; i++)
        add_finding(run->audit, review->namespace, pod,
                    account.length ? account : slice_of("default"), verdict.objections[i].reason,
                    verdict.objections[i].message);
    run->audit->pods++;
    run->audit->concerned += verdict.concerned ? 1 : 0;
    if (!run->settings.grant_keys && names_spec_by_annotation(review->pod))
        run->unverified++;
    arena_reset(&run->arena);
}

static void on_unreadable(struct slice namespace, struct slice name, const char *problem,
                          void *context)
{
    const struct run *run = context;
    run->audit->pods++;
    add_finding(run->audit, namespace, name, slice_of(""), reason_word(REASON_MALFORMED), problem);
}

/* --- Permissions ------------------------------------------------------------------------------ */

static void find_out(const void *node, VISIT order, void *context)
{
    struct run *run = context;
    struct pair *pair = *(struct pair *const *)node;
    if (order != postorder && order != leaf)
        return;
    pair->answer = authoriser_compute(run->authoriser, &pair->question);
    if (pair->answer.authorisation == AUTHORISATION_UNAVAILABLE)
        add_problem(run->audit,
                    arena_format(&run->audit->arena, "who may use which spec is not known: %s",
                                 pair->answer.detail));
}

static void add_denial(struct run *run, const struct use *use)
{
    const struct permission_question *question = &use->pair->question;
    const char *detail = use->pair->answer.detail;
    const char *message = arena_format(
        &run->arena,
        "service account \"%.*s/%.*s\" may not \"use\" GMSACredentialSpec \"%.*s\" (any more)%s%s",
        SLICE_FORMAT(question->namespace), SLICE_FORMAT(question->service_account),
        SLICE_FORMAT(question->spec_name), detail ? "; " : "", detail ? detail : "");
    add_finding(run->audit, question->namespace, use->pod, question->service_account,
                reason_word(REASON_NOT_AUTHORISED), message);
    arena_reset(&run->arena);
}

static void judge_permissions(struct run *run)
{
    twalk_r(run->pairs, find_out, run);
    for (size_t i = 0; i < run->use_count; i++)
        if (run->uses[i].pair->answer.authorisation == AUTHORISATION_DENIED)
            add_denial(run, &run->uses[i]);
}

/* --- All of it -------------------------------------------------------------------------------- */

static int run_audit(struct run *run, struct cluster *cluster, const struct grants *grants,
                     struct error **err)
{
    const struct pods_visitor visitor = {on_begun, on_pod, on_unreadable, run};
    struct audit *audit = run->audit;
    if (pods_visit(cluster, cluster->namespace, &visitor, err) < 0)
        return -1;
    judge_permissions(run);
    if (run->unverified > 0)
        add_problem(
            audit, arena_format(&audit->arena, "the grant of %zu Linux pod%s is not verified: %s",
                                run->unverified, run->unverified == 1 ? "" : "s", grants->problem));
    if (audit->count > 0)
        qsort(audit->findings, audit->count, sizeof(audit->findings[0]), by_pod);
    return 0;
}

static void keep(void *node)
{
    (void)node; /* it is the arena's */
}

int audit_pods(struct audit *audit, struct cluster *cluster, const struct grants *grants,
               struct error **err)
{
    bool verifies = grants->keys && grants->cluster_name;
    cleanup_manifest_set struct manifest_set *specs = model_load(cluster, MODEL_SPECS, NULL, err);
    if (!specs)
        return -1;
    struct run run = {
        .audit = audit,
        .specs = specs,
        .settings = {.grant_keys = verifies ? grants->keys : NULL,
                     .cluster_name = slice_of(grants->cluster_name)},
        .authoriser = authoriser_create(cluster, true),
    };
    int result = run_audit(&run, cluster, grants, err);
    tdestroy(run.pairs, keep);
    authoriser_free(run.authoriser);
    free(run.uses);
    arena_release(&run.arena);
    return result;
}

void audit_release(struct audit *audit)
{
    free(audit->findings);
    free((void *)audit->problems);
    arena_release(&audit->arena);
    *audit = (struct audit){0};
}
