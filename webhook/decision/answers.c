/* The answers: who may, what exists, what is valid. All of one kind before any of the next, so that
 * a refusal never tells whether a spec exists to somebody who may not use it. */
#include "credspec/kubernetes.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "webhook/decision/pod_case.h"

/* The first place that names a spec, for the message. */
static const char *where_named(const struct pod_case *pod, int spec)
{
    for (size_t i = 0; i < pod->pod->place_count; i++)
        if (pod->places[i].spec == spec)
            return pod_label(pod, i);
    for (size_t i = 0; i < pod->annotation_count; i++)
        if (pod->annotations[i].spec == spec)
            return arena_format(pod->arena, "annotation %s",
                                quote(pod->arena, pod->annotations[i].annotation->key));
    return NULL;
}

static const char *detail(const struct pod_case *pod, int spec)
{
    const char *text = pod->answers[spec].detail;
    return arena_format(pod->arena, "%s%.300s", text ? ": " : "", text ? text : "");
}

/* Whom the authorisation is about: "service account \"shop/web\"". */
static const char *subject_of(const struct pod_case *pod, int spec)
{
    if (pod->answers[spec].of_requester)
        return "the user who sends the request";
    return arena_format(pod->arena, "service account \"%.*s/%.*s\"", SLICE_FORMAT(pod->namespace),
                        SLICE_FORMAT(pod->service_account));
}

static void check_authorisation(struct pod_case *pod)
{
    for (int i = 0; i < (int)pod->name_count; i++)
        /* A name that need not be authorised is answered ALLOWED; a caller that asked and got a
         * refusal may not have looked it up. */
        if (pod->answers[i].authorisation == AUTHORISATION_DENIED &&
            ((size_t)i < pod->authorise_count || pod->answers[i].lookup != LOOKUP_FOUND))
            opinion_refuse(pod->opinion, REASON_NOT_AUTHORISED, where_named(pod, i),
                           "%s is not authorised to \"use\" GMSACredentialSpec \"%.*s\"%s; bind a "
                           "role with the verb \"use\" on it",
                           subject_of(pod, i), SLICE_FORMAT(pod->names[i]), detail(pod, i));
    for (int i = 0; i < (int)pod->authorise_count; i++)
        if (pod->answers[i].authorisation == AUTHORISATION_UNAVAILABLE)
            opinion_refuse(pod->opinion, REASON_AUTHORISATION_UNAVAILABLE, where_named(pod, i),
                           "cannot find out now whether %s may \"use\" GMSACredentialSpec "
                           "\"%.*s\"%s; try again",
                           subject_of(pod, i), SLICE_FORMAT(pod->names[i]), detail(pod, i));
}

static void check_lookup(struct pod_case *pod)
{
    for (int i = 0; i < (int)pod->authorise_count; i++)
        if (pod->answers[i].lookup == LOOKUP_MISSING)
            opinion_refuse(pod->opinion, REASON_SPEC_NOT_FOUND, where_named(pod, i),
                           "GMSACredentialSpec \"%.*s\" does not exist; create it or correct the "
                           "name",
                           SLICE_FORMAT(pod->names[i]));
    for (int i = 0; i < (int)pod->name_count; i++)
        if (pod->answers[i].lookup == LOOKUP_UNAVAILABLE)
            opinion_refuse(pod->opinion, REASON_LOOKUP_UNAVAILABLE, where_named(pod, i),
                           "cannot look up GMSACredentialSpec \"%.*s\" now%s; try again",
                           SLICE_FORMAT(pod->names[i]), detail(pod, i));
}

static void check_validity(struct pod_case *pod)
{
    for (int i = 0; i < (int)pod->authorise_count; i++) {
        const struct credspec_resource *resource = pod_resource(pod, i);
        const char *problem = NULL;
        if (pod->answers[i].lookup != LOOKUP_FOUND)
            continue;
        if (!resource)
            problem = "it could not be read";
        else if (resource->problem)
            problem = resource->problem;
        else if (!resource->canonical)
            problem = "it has no credspec";
        else if (resource->canonical_length > CREDSPEC_TEXT_MAX)
            problem = "its canonical text is larger than the 64 KiB a pod can carry";
        if (problem)
            opinion_refuse(pod->opinion, REASON_SPEC_INVALID, where_named(pod, i),
                           "GMSACredentialSpec \"%.*s\" is not valid: %.500s",
                           SLICE_FORMAT(pod->names[i]), problem);
    }
}

void pod_check_answers(struct pod_case *pod)
{
    static void (*const steps[])(struct pod_case *) = {check_authorisation, check_lookup,
                                                       check_validity};
    bool all = pod->opinion->collect == COLLECT_OBJECTIONS;
    for (size_t i = 0; i < ARRAY_LENGTH(steps) && (all || !pod->opinion->refused); i++)
        steps[i](pod);
}
