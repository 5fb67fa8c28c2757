/* /mutate: canonical contents into every place that names a spec. kubelet takes nothing from the
 * pod for a container that names a spec, so each gets its own. */
#include "credspec/kubernetes.h"
#include "webhook/decision/pod_case.h"

bool pod_contents_mean(const struct pod_case *pod, struct slice contents, struct slice canonical)
{
    const struct node *spec =
        credspec_parse(pod->arena, contents.data, contents.length, NULL, NULL);
    if (!spec)
        return false;
    cleanup_buffer struct buffer text = {0};
    credspec_canonical(&text, spec);
    return slice_equal((struct slice){text.data, text.length}, canonical);
}

static void fill_place(struct pod_case *pod, size_t index)
{
    const struct place *place = &pod->pod->places[index];
    struct place_case *state = &pod->places[index];
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (!slice_present(place->spec_name)) {
        opinion_refuse(pod->opinion, REASON_CONTENTS_WITHOUT_NAME, pod_label(pod, index),
                       "has gmsaCredentialSpec contents, but does not name the "
                       "GMSACredentialSpec they come from; set gmsaCredentialSpecName instead");
        return;
    }
    const struct credspec_resource *resource = pod_resource(pod, state->spec);
    if (!resource)
        return;
    struct slice canonical = {resource->canonical, resource->canonical_length};
    if (slice_equal(place->contents, canonical))
        return;
    if (place->contents.length && kubernetes_check_credential_spec(place->contents, messages) > 0)
        opinion_refuse(pod->opinion, REASON_CONTENTS_DIFFER, pod_label(pod, index), "%s",
                       messages[0]);
    else if (place->contents.length && !pod_contents_mean(pod, place->contents, canonical))
        opinion_refuse(pod->opinion, REASON_CONTENTS_DIFFER, pod_label(pod, index),
                       "gmsaCredentialSpec contents differ from GMSACredentialSpec \"%s\"; leave "
                       "them out, they are filled in",
                       resource->name);
    else
        state->new_contents = canonical;
}

void pod_contents_fill(struct pod_case *pod)
{
    for (size_t i = 0; i < pod->pod->place_count && !opinion_settled(pod->opinion); i++)
        if (pod->places[i].fresh && pod->places[i].names)
            fill_place(pod, i);
}

void pod_write_patch(struct pod_case *pod, struct patch *patch)
{
    for (size_t i = 0; i < pod->pod->place_count && !patch->overflow; i++)
        patch_windows_options(patch, &pod->pod->places[i], pod->places[i].new_contents,
                              pod->places[i].new_user);
    if (patch->overflow)
        opinion_refuse(pod->opinion, REASON_POD_TOO_LARGE, NULL,
                       "with the contents of all its specs the pod would be larger than the API "
                       "server stores; name them in fewer containers");
}
