#include "webhook/decision/scope.h"

#include "credspec/kubernetes.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

struct workload {
    const char *group, *resource, *kind;
    const char *const *path;
};

static const char *const under_spec[] = {"spec", "template", NULL};
static const char *const under_job[] = {"spec", "jobTemplate", "spec", "template", NULL};
static const char *const at_top[] = {"template", NULL};

static const struct workload workloads[] = {
    {"apps", "deployments", "Deployment", under_spec},
    {"apps", "statefulsets", "StatefulSet", under_spec},
    {"apps", "daemonsets", "DaemonSet", under_spec},
    {"apps", "replicasets", "ReplicaSet", under_spec},
    {"batch", "jobs", "Job", under_spec},
    {"batch", "cronjobs", "CronJob", under_job},
    {"", "podtemplates", "PodTemplate", at_top},
    {"", "replicationcontrollers", "ReplicationController", under_spec},
};

static bool is_empty_or(struct slice slice, const char *text)
{
    return slice.length == 0 ? *text == '\0' : slice_is(slice, text);
}

static const struct workload *find_workload(const struct review *review)
{
    for (size_t i = 0; i < ARRAY_LENGTH(workloads); i++)
        if (is_empty_or(review->resource_group, workloads[i].group) &&
            slice_is(review->resource, workloads[i].resource))
            return &workloads[i];
    return NULL;
}

const char *const *scope_template_path(const struct review *review)
{
    return find_workload(review)->path;
}

struct slice scope_service_account(const struct pod_view *pod)
{
    return pod->service_account.length ? pod->service_account : slice_of("default");
}

/* Which of our resources this is, by the resource alone: what a client sends cannot change it. */
static enum scope scope_of_resource(const struct review *review, enum endpoint endpoint)
{
    struct slice group = review->resource_group, sub = review->subresource;
    switch (endpoint) {
    case ENDPOINT_MUTATE:
    case ENDPOINT_VALIDATE:
    case ENDPOINT_AUDIT:
        return group.length == 0 && slice_is(review->resource, "pods") &&
                       (sub.length == 0 || slice_is(sub, "ephemeralcontainers"))
                   ? SCOPE_POD
                   : SCOPE_FOREIGN;
    case ENDPOINT_VALIDATE_CREDSPEC:
        return slice_is(group, CREDSPEC_GROUP) && slice_is(review->resource, CREDSPEC_PLURAL) &&
                       sub.length == 0
                   ? SCOPE_SPEC
                   : SCOPE_FOREIGN;
    case ENDPOINT_WARN:
        return sub.length == 0 && find_workload(review) ? SCOPE_WORKLOAD : SCOPE_FOREIGN;
    }
    return SCOPE_FOREIGN;
}

/* What the object must be. */
struct expectation {
    const char *group, *version, *kind; /* version "" where any will do */
    const char *api_version;            /* prefix of the object's own, or all of it */
};

static struct expectation expected(enum scope scope, const struct review *review)
{
    if (scope == SCOPE_POD)
        return (struct expectation){"", "v1", "Pod", "v1"};
    if (scope == SCOPE_SPEC)
        return (struct expectation){CREDSPEC_GROUP, "", CREDSPEC_KIND, CREDSPEC_GROUP "/"};
    const struct workload *workload = find_workload(review);
    return (struct expectation){workload->group, "", workload->kind, ""};
}

static bool is_expected_object(const struct expectation *expectation, struct slice api_version,
                               struct slice kind)
{
    bool exact = *expectation->version != '\0';
    return slice_is(kind, expectation->kind) &&
           (exact ? slice_is(api_version, expectation->api_version)
                  : slice_starts_with(api_version, expectation->api_version));
}

/* NULL, or what is wrong with the kind and the objects of a request that is ours. */
static const char *find_malformation(const struct review *review,
                                     const struct expectation *expectation, bool needs_pod)
{
    bool update = review->operation == OPERATION_UPDATE;
    if (!is_empty_or(review->kind_group, expectation->group) ||
        !slice_is(review->kind, expectation->kind) ||
        (*expectation->version && !slice_is(review->kind_version, expectation->version)))
        return "kind is not the one of this resource";
    if (!slice_present(review->object) || (needs_pod && !review->pod))
        return "object is missing";
    if (!is_expected_object(expectation, review->object_api_version, review->object_kind))
        return "object is of another kind or apiVersion than the request says";
    if (!update)
        return NULL;
    if (!slice_present(review->old_object) || (needs_pod && !review->old_pod))
        return "oldObject is missing in an UPDATE";
    if (!is_expected_object(expectation, review->old_api_version, review->old_kind))
        return "oldObject is of another kind or apiVersion than the request says";
    return NULL;
}

/* At /mutate an object may have neither name nor namespace. */
static void check_names(const struct review *review, const struct pod_view *pod,
                        struct opinion *opinion)
{
    if (!pod)
        return;
    if (pod->namespace.length && !slice_equal(pod->namespace, review->namespace))
        opinion_refuse(
            opinion, REASON_NAMESPACE_DIFFERS, NULL, "the pod says namespace %s, the request %s",
            quote(opinion->arena, pod->namespace), quote(opinion->arena, review->namespace));
    if (pod->name.length && review->name.length && !slice_equal(pod->name, review->name))
        opinion_refuse(opinion, REASON_NAME_DIFFERS, NULL, "the pod says name %s, the request %s",
                       quote(opinion->arena, pod->name), quote(opinion->arena, review->name));
}

static enum scope judge_form(const struct review *review, enum scope scope, struct opinion *opinion)
{
    struct expectation expectation = expected(scope, review);
    const char *problem = find_malformation(review, &expectation, scope == SCOPE_POD);
    if (problem) {
        opinion_refuse(opinion, REASON_MALFORMED, NULL, "request for %s: %s", expectation.kind,
                       problem);
        return SCOPE_REFUSED;
    }
    if (scope == SCOPE_SPEC)
        return scope;
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (kubernetes_check_label(review->namespace, messages) > 0) {
        opinion_refuse(opinion, REASON_MALFORMED, NULL, "the request's namespace %s is not valid",
                       quote(opinion->arena, review->namespace));
        return SCOPE_REFUSED;
    }
    if (scope == SCOPE_POD) {
        check_names(review, review->pod, opinion);
        check_names(review, review->old_pod, opinion);
    }
    return opinion->refused ? SCOPE_REFUSED : scope;
}

/* pods/ephemeralcontainers can only be updated; any other operation on it has no place here. */
static bool is_known_operation(const struct review *review)
{
    return review->operation == OPERATION_UPDATE ||
           (review->operation == OPERATION_CREATE && review->subresource.length == 0);
}

enum scope scope_of(const struct review *review, enum endpoint endpoint, struct opinion *opinion)
{
    enum scope scope = scope_of_resource(review, endpoint);
    if (scope == SCOPE_FOREIGN) {
        opinion->verdict->reason = reason_word(REASON_NOT_OURS);
        opinion_warn(opinion, "gmsa-webhook does not judge %s%s%s here: narrow the webhook's rules",
                     quote(opinion->arena, review->resource), review->subresource.length ? "/" : "",
                     review->subresource.length ? quote(opinion->arena, review->subresource) : "");
        return scope;
    }
    if (review->operation == OPERATION_DELETE || review->operation == OPERATION_CONNECT) {
        opinion->verdict->reason = reason_word(REASON_NOT_OURS);
        return SCOPE_DELETION;
    }
    if (!is_known_operation(review)) {
        opinion_refuse(opinion, REASON_MALFORMED, NULL,
                       "the operation is missing or not one of this resource");
        return SCOPE_REFUSED;
    }
    return judge_form(review, scope, opinion);
}
