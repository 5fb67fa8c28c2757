/* /validate: what is there must be what /mutate would have written, byte for byte. */
#include "webhook/decision/pod_case.h"

static void check_place(struct pod_case *pod, size_t index)
{
    const struct place *place = &pod->pod->places[index];
    if (!slice_present(place->spec_name)) {
        opinion_refuse(pod->opinion, REASON_CONTENTS_WITHOUT_NAME, pod_label(pod, index),
                       "has gmsaCredentialSpec contents, but does not name the "
                       "GMSACredentialSpec they come from; set gmsaCredentialSpecName instead");
        return;
    }
    const struct credspec_resource *resource = pod_resource(pod, pod->places[index].spec);
    if (!resource || !resource->canonical)
        return;
    if (place->contents.length == 0)
        opinion_refuse(pod->opinion, REASON_CONTENTS_MISSING, pod_label(pod, index),
                       "names GMSACredentialSpec \"%s\", but has no gmsaCredentialSpec contents: "
                       "the mutating webhook did not run; check its configuration",
                       resource->name);
    else if (slice_equal(place->contents,
                         (struct slice){resource->canonical, resource->canonical_length}))
        return;
    else if (pod->opinion->collect == COLLECT_OBJECTIONS)
        opinion_refuse(pod->opinion, REASON_CONTENTS_DIFFER, pod_label(pod, index),
                       "gmsaCredentialSpec contents are not, or no longer, those of "
                       "GMSACredentialSpec \"%s\"",
                       resource->name);
    else
        opinion_refuse(pod->opinion, REASON_CONTENTS_DIFFER, pod_label(pod, index),
                       "gmsaCredentialSpec contents differ from GMSACredentialSpec \"%s\"; leave "
                       "them out, they are filled in; where the spec was changed just now, try "
                       "again",
                       resource->name);
}

void pod_contents_check(struct pod_case *pod)
{
    for (size_t i = 0; i < pod->pod->place_count && !opinion_settled(pod->opinion); i++)
        if (pod->places[i].fresh && pod->places[i].names)
            check_place(pod, i);
}
