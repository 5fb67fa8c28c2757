/* Things that are allowed, but will not work as one might think. Only said at /validate, which sees
 * what is stored, and by /warn. */
#include "credspec/kubernetes.h"
#include "webhook/decision/pod_case.h"

/* The user without a domain: "User Manager\ContainerUser" is ContainerUser too. */
static struct slice without_domain(struct slice user)
{
    const char *backslash = user.length ? memchr(user.data, '\\', user.length) : NULL;
    if (!backslash)
        return user;
    return (struct slice){backslash + 1, user.length - (size_t)(backslash + 1 - user.data)};
}

static enum tristate container_over_pod(enum tristate container, enum tristate pod)
{
    return container != UNSET ? container : pod;
}

static void warn_container(struct pod_case *pod, size_t index)
{
    const struct place *place = &pod->pod->places[index], *top = &pod->pod->places[0];
    struct effective effective = pod_effective(pod, index);
    if (!effective.identity)
        return;
    const char *label = pod_label(pod, index);
    if (slice_present(effective.user) &&
        run_as_user_name_equal(without_domain(effective.user), slice_of("ContainerUser")))
        opinion_warn(pod->opinion,
                     "%s: ContainerUser has no network identity: the gMSA is not used", label);
    if (slice_present(effective.user) &&
        run_as_user_name_equal(effective.user, slice_of("ContainerAdministrator")) &&
        container_over_pod(place->run_as_non_root, top->run_as_non_root) == SET_TRUE)
        opinion_warn(pod->opinion,
                     "%s: kubelet will not start it: runAsNonRoot, but ContainerAdministrator",
                     label);
    if (container_over_pod(place->host_process, top->host_process) == SET_TRUE)
        opinion_warn(pod->opinion, "%s: Windows may ignore the gMSA of a hostProcess container",
                     label);
}

static void warn_system(struct pod_case *pod)
{
    if (pod->old || slice_is(pod->pod->os_name, "windows") ||
        (pod->pod->selects_windows && !slice_is(pod->pod->os_name, "linux")))
        return;
    if (slice_is(pod->pod->os_name, "linux") || pod->pod->selects_linux)
        opinion_warn(pod->opinion, "pod is for Linux, where windowsOptions have no effect: use the "
                                   "annotation " ANNOTATION_SPEC);
    else
        opinion_warn(pod->opinion, "pod has a gMSA, but neither spec.os.name nor nodeSelector "
                                   "kubernetes.io/os says windows");
}

void pod_warn(struct pod_case *pod)
{
    if (!pod->on_windows)
        return;
    for (size_t i = 1; i < pod->pod->place_count; i++)
        if (pod->places[i].fresh && pod->opinion->verdict->warning_count < WARNINGS_MAX)
            warn_container(pod, i);
    warn_system(pod);
}
