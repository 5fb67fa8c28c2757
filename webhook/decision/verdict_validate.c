/* /validate: what is there must be what /mutate would have written, byte for byte. */
#include "webhook/decision/pod_case.h"

/* Where it is the same identity after all, whoever reads that need not hurry. */
static void object_to_contents(struct pod_case *pod, size_t index, const char *name,
                               struct slice canonical)
{
    bool same = pod_contents_mean(pod, pod->pod->places[index].contents, canonical);
    opinion_refuse(pod->opinion, REASON_CONTENTS_DIFFER, pod_label(pod, index),
                   "gmsaCredentialSpec contents %s GMSACredentialSpec \"%s\"%s",
                   same ? "mean the same as" : "are not, or no longer, those of", name,
                   same ? ", but are not its text: this webhook did not write them" : "");
}

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
    struct slice canonical = {resource->canonical, resource->canonical_length};
    if (place->contents.length == 0)
        opinion_refuse(pod->opinion, REASON_CONTENTS_MISSING, pod_label(pod, index),
                       "names GMSACredentialSpec \"%s\", but has no gmsaCredentialSpec contents: "
                       "the mutating webhook did not run; check its configuration",
                       resource->name);
    else if (slice_equal(place->contents, canonical))
        return;
    else if (pod->opinion->collect == COLLECT_OBJECTIONS)
        object_to_contents(pod, index, resource->name, canonical);
    else
        opinion_refuse(pod->opinion, REASON_CONTENTS_DIFFER, pod_label(pod, index),
                       "gmsaCredentialSpec contents differ from GMSACredentialSpec \"%s\"; leave "
                       "them out, they are filled in; where the spec changed during admission, "
                       "try again",
                       resource->name);
}

void pod_contents_check(struct pod_case *pod)
{
    for (size_t i = 0; i < pod->pod->place_count && !opinion_settled(pod->opinion); i++)
        if (pod->places[i].fresh && pod->places[i].names)
            check_place(pod, i);
}
