/* runAsUserName: defaults, the API server's rules, and the lists of the specs. */
#include "credspec/kubernetes.h"
#include "lib/common/quote.h"
#include "webhook/decision/pod_case.h"

/* The default of a spec: its own, else the cluster's where its list does not exclude that. */
static struct slice default_of(const struct pod_case *pod, int spec)
{
    const struct credspec_resource *resource = pod_resource(pod, spec);
    struct slice cluster = pod->settings->default_run_as_user_name;
    if (!resource)
        return (struct slice){0};
    if (resource->run_as_user_name)
        return slice_of(resource->run_as_user_name);
    return cluster.length && credspec_resource_allows_user(resource, cluster) ? cluster
                                                                              : (struct slice){0};
}

/* What a container with a spec of its own gets. What the user set for the pod counts as long as the
 * container's spec permits it; what was only a default of the pod's spec does not. */
static void fill_own(struct pod_case *pod, size_t index)
{
    struct place_case *own = &pod->places[index];
    const struct credspec_resource *resource = pod_resource(pod, own->spec);
    struct slice by_default = default_of(pod, own->spec);
    struct slice inherited = pod_effective(pod, index).user;
    if (!resource || !slice_present(by_default))
        return;
    bool refused = !slice_present(inherited) || !credspec_resource_allows_user(resource, inherited);
    bool only_default =
        slice_present(pod->places[0].new_user) && !run_as_user_name_equal(inherited, by_default);
    if (refused || only_default)
        own->new_user = by_default;
}

/* A new ephemeral container that inherits the pod's spec: the pod itself can no longer be patched,
 * so where the list demands a name the container gets it. */
static void fill_inheriting(struct pod_case *pod, size_t index)
{
    const struct credspec_resource *resource = pod_resource(pod, pod->places[0].spec);
    if (resource && resource->allowed_count > 0 && !pod->places[0].fresh &&
        !slice_present(pod_effective(pod, index).user))
        pod->places[index].new_user = default_of(pod, pod->places[0].spec);
}

void pod_users_fill(struct pod_case *pod)
{
    const struct place *places = pod->pod->places;
    if (pod->places[0].fresh && pod->places[0].names && !slice_present(places[0].run_as_user_name))
        pod->places[0].new_user = default_of(pod, pod->places[0].spec);
    for (size_t i = 1; i < pod->pod->place_count; i++) {
        if (!pod->places[i].fresh || slice_present(places[i].run_as_user_name))
            continue;
        if (pod->places[i].names)
            fill_own(pod, i);
        else
            fill_inheriting(pod, i);
    }
}

static void check_value(struct pod_case *pod, size_t index)
{
    struct slice user = pod->pod->places[index].run_as_user_name;
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (slice_present(user) && kubernetes_check_run_as_user_name(user, messages) > 0)
        opinion_refuse(pod->opinion, REASON_USER_NAME_INVALID, pod_label(pod, index),
                       "runAsUserName: Invalid value: %s: %s", quote(pod->arena, user),
                       messages[0]);
}

static const char *list_of(struct pod_case *pod, const struct credspec_resource *resource)
{
    cleanup_buffer struct buffer text = {0};
    for (size_t i = 0; i < resource->allowed_count && i < 5; i++) {
        buffer_append_text(&text, i ? ", " : "");
        buffer_append_text(&text,
                           quote(pod->arena, slice_of(resource->allowed_run_as_user_names[i])));
    }
    if (resource->allowed_count > 5)
        buffer_append_text(&text, ", ...");
    return arena_copy(pod->arena, buffer_text(&text), text.length);
}

static void check_pair(struct pod_case *pod, size_t index)
{
    struct effective effective = pod_effective(pod, index);
    const struct credspec_resource *resource = pod_resource(pod, effective.spec);
    if (!resource || resource->allowed_count == 0)
        return;
    if (!slice_present(effective.user))
        opinion_refuse(pod->opinion, REASON_USER_NAME_MISSING, pod_label(pod, index),
                       "GMSACredentialSpec \"%s\" demands a runAsUserName and none is set%s; set "
                       "one of %s",
                       resource->name,
                       !pod->fill && pod->opinion->collect != COLLECT_OBJECTIONS &&
                               slice_present(default_of(pod, effective.spec))
                           ? ": the mutating webhook did not run"
                           : "",
                       list_of(pod, resource));
    else if (!credspec_resource_allows_user(resource, effective.user))
        opinion_refuse(pod->opinion, REASON_USER_NAME_NOT_ALLOWED, pod_label(pod, index),
                       "runAsUserName %s is not one that GMSACredentialSpec \"%s\" allows; set one "
                       "of %s",
                       quote(pod->arena, effective.user), resource->name, list_of(pod, resource));
}

void pod_users_check(struct pod_case *pod)
{
    size_t count = pod->pod->place_count;
    for (size_t i = 0; i < count && !opinion_settled(pod->opinion); i++)
        if (pod->places[i].fresh)
            check_value(pod, i);
    for (size_t i = 1; i < count && !opinion_settled(pod->opinion); i++)
        if (pod->places[i].fresh)
            check_pair(pod, i);
}
