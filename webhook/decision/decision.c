#include "webhook/decision/decision.h"

#include "webhook/decision/credspec_object.h"
#include "webhook/decision/pod_case.h"
#include "webhook/decision/workload.h"

/* Opens the case of a pod or a pod template; false where there is nothing to decide. */
static bool open_case(const struct review *review, enum endpoint endpoint,
                      const struct decision_settings *settings, struct opinion *opinion,
                      struct pod_case *pod)
{
    enum scope scope = scope_of(review, endpoint, opinion);
    if (scope == SCOPE_SPEC)
        credspec_object_judge(review, settings, opinion);
    if (scope != SCOPE_POD && scope != SCOPE_WORKLOAD)
        return false;
    bool update = scope == SCOPE_POD && review->operation == OPERATION_UPDATE;
    *pod = (struct pod_case){
        .arena = opinion->arena,
        .opinion = opinion,
        .settings = settings,
        .pod = scope == SCOPE_POD ? review->pod : workload_template(review, opinion),
        .old = update ? review->old_pod : NULL,
        .fill = endpoint == ENDPOINT_MUTATE || endpoint == ENDPOINT_WARN,
        .namespace = review->namespace,
    };
    if (!pod->pod)
        return false;
    if (update && endpoint == ENDPOINT_MUTATE && review->subresource.length == 0) {
        /* Nothing is patched once a pod exists, and /validate is the boundary. */
        opinion->verdict->reason = reason_word(REASON_UNCHANGED);
        opinion->verdict->concerned = pod_has_identity(pod->pod);
        return false;
    }
    pod_case_open(pod);
    return pod->concerned;
}

/* /warn never refuses: what it found out are warnings. */
static struct opinion begin(enum endpoint endpoint, struct arena *arena, struct verdict *verdict)
{
    struct opinion opinion = opinion_begin(arena, verdict, REASON_NO_IDENTITY);
    if (endpoint == ENDPOINT_WARN)
        opinion.collect = COLLECT_WARNINGS;
    else if (endpoint == ENDPOINT_AUDIT)
        opinion.collect = COLLECT_OBJECTIONS;
    return opinion;
}

void decision_ask(const struct review *review, enum endpoint endpoint,
                  const struct decision_settings *settings, struct arena *arena,
                  struct questions *questions)
{
    struct verdict verdict;
    struct opinion opinion = begin(endpoint, arena, &verdict);
    struct pod_case pod;
    *questions = (struct questions){0};
    if (!open_case(review, endpoint, settings, &opinion, &pod) ||
        (opinion.refused && endpoint != ENDPOINT_AUDIT))
        return;
    *questions = (struct questions){
        .namespace = pod.namespace,
        .service_account = pod.service_account,
        .spec_names = pod.names,
        .count = pod.name_count,
        .authorise_count = pod.authorise_count,
    };
}

/* The steps in order of precedence; each needs that nothing before it refused. */
static void judge_pod(struct pod_case *pod, const struct review *review, enum endpoint endpoint,
                      struct patch *patch)
{
    const struct opinion *opinion = pod->opinion;
    if (!opinion->refused)
        pod_check_answers(pod);
    if (!opinion->refused)
        (pod->fill ? pod_contents_fill : pod_contents_check)(pod);
    if (!opinion->refused && pod->fill)
        pod_users_fill(pod);
    if (!opinion->refused)
        pod_users_check(pod);
    if (!opinion->refused && pod->fill)
        pod_write_patch(pod, patch);
    if (!opinion->refused)
        pod->fill ? pod_grant_write(pod, patch) : pod_grant_check(pod);
    if (!opinion->refused && endpoint == ENDPOINT_MUTATE)
        pod_hostname_write(pod, review->uid, patch);
    if (endpoint != ENDPOINT_MUTATE)
        pod_warn(pod);
}

static bool has_all_specs(const struct pod_case *pod)
{
    for (size_t i = 0; i < pod->name_count; i++) {
        const struct credspec_resource *resource = pod_resource(pod, (int)i);
        if (!resource || !resource->canonical)
            return false;
    }
    return true;
}

/* Every step, whatever those before it found. A grant is held against the specs, so these must be
 * there. */
static void audit_pod(struct pod_case *pod)
{
    bool readable = !pod->opinion->refused;
    pod_check_answers(pod);
    pod_contents_check(pod);
    pod_users_check(pod);
    if (readable && has_all_specs(pod))
        pod_grant_check(pod);
}

static bool nothing_new(const struct pod_case *pod)
{
    if (!pod->old)
        return false;
    for (size_t i = 0; i < pod->pod->place_count; i++)
        if (pod->places[i].fresh && pod_effective(pod, i).identity)
            return false;
    return true;
}

void decision_verdict(const struct review *review, enum endpoint endpoint,
                      const struct decision_settings *settings, const struct questions *questions,
                      const struct answer *answers, struct arena *arena, struct verdict *verdict)
{
    struct opinion opinion = begin(endpoint, arena, verdict);
    struct pod_case pod;
    if (open_case(review, endpoint, settings, &opinion, &pod)) {
        verdict->concerned = true;
        verdict->spec_names = pod.names;
        verdict->spec_count = pod.name_count;
        if (endpoint == ENDPOINT_AUDIT) {
            pod.answers = answers;
            if (!opinion.refused)
                verdict->reason = reason_word(REASON_PERMITTED);
            audit_pod(&pod);
        } else if (!opinion.refused) {
            cleanup_patch struct patch patch = {.arena = arena};
            verdict->reason =
                reason_word(pod.places && nothing_new(&pod) ? REASON_UNCHANGED : REASON_PERMITTED);
            pod.answers = answers;
            judge_pod(&pod, review, endpoint, &patch);
            if (!opinion.refused && endpoint == ENDPOINT_MUTATE)
                verdict->patch = patch_finish(&patch);
        }
    }
    if (endpoint == ENDPOINT_WARN && opinion.refused) {
        verdict->allowed = true;
        verdict->code = reason_status(REASON_ADVICE_ONLY);
        verdict->reason = reason_word(REASON_ADVICE_ONLY);
        verdict->message = NULL;
    }
    (void)questions;
}
