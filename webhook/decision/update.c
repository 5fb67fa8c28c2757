/* UPDATE: what stays as it was is not judged again; an identity may not change. */
#include <stdlib.h>

#include "lib/common/quote.h"
#include "webhook/decision/pod_case.h"

/* Order by kind, name and place in the list: equal names are matched one to one, so that a second
 * container of a known name is a new one. */
static int by_name(const void *a, const void *b)
{
    const struct place *const *left = a, *const *right = b;
    if ((*left)->kind != (*right)->kind)
        return (*left)->kind < (*right)->kind ? -1 : 1;
    int order = slice_compare((*left)->name, (*right)->name);
    if (order != 0)
        return order;
    return ((*left)->index > (*right)->index) - ((*left)->index < (*right)->index);
}

static const struct place **sort_places(struct arena *arena, const struct pod_view *pod)
{
    const struct place **sorted = arena_allocate_array(arena, pod->place_count, sizeof(*sorted));
    for (size_t i = 0; i < pod->place_count; i++)
        sorted[i] = &pod->places[i];
    qsort(sorted, pod->place_count, sizeof(*sorted), by_name);
    return sorted;
}

static bool is_same_identity(const struct place *a, const struct place *b)
{
    return slice_equal(a->spec_name, b->spec_name) && slice_equal(a->contents, b->contents) &&
           slice_equal(a->run_as_user_name, b->run_as_user_name);
}

static bool is_same_name(const struct place *a, const struct place *b)
{
    return a->kind == b->kind && slice_compare(a->name, b->name) == 0;
}

static void judge_removed(struct pod_case *pod, const struct place *old)
{
    if (slice_present(old->spec_name) || slice_present(old->contents))
        opinion_refuse(pod->opinion, REASON_IDENTITY_CHANGED, NULL,
                       "container %s with its gMSA cannot be taken out of a pod; make a new pod",
                       quote(pod->arena, old->name));
}

static void match_places(struct pod_case *pod)
{
    const struct place **fresh = sort_places(pod->arena, pod->pod);
    const struct place **old = sort_places(pod->arena, pod->old);
    size_t at = 0, count = pod->old->place_count;
    for (size_t i = 0; i < pod->pod->place_count; i++) {
        while (at < count && !is_same_name(old[at], fresh[i]) && by_name(&old[at], &fresh[i]) < 0)
            judge_removed(pod, old[at++]);
        size_t index = (size_t)(fresh[i] - pod->pod->places);
        if (at == count || !is_same_name(old[at], fresh[i])) {
            pod->places[index].fresh = true;
            continue;
        }
        if (!is_same_identity(old[at++], fresh[i]))
            opinion_refuse(pod->opinion, REASON_IDENTITY_CHANGED, pod_label(pod, index),
                           "the gMSA of a pod cannot change; make a new pod");
    }
    while (at < count)
        judge_removed(pod, old[at++]);
}

static int by_key(const void *a, const void *b)
{
    return slice_compare(((const struct annotation *)a)->key, ((const struct annotation *)b)->key);
}

static struct annotation *sort_annotations(struct arena *arena, const struct pod_view *pod)
{
    struct annotation *sorted =
        arena_allocate_array(arena, pod->annotation_count + 1, sizeof(*sorted));
    if (pod->annotation_count)
        memcpy(sorted, pod->annotations, pod->annotation_count * sizeof(*sorted));
    qsort(sorted, pod->annotation_count, sizeof(*sorted), by_key);
    return sorted;
}

static void match_annotations(struct pod_case *pod)
{
    const struct annotation *fresh = sort_annotations(pod->arena, pod->pod);
    const struct annotation *old = sort_annotations(pod->arena, pod->old);
    size_t count = pod->pod->annotation_count, old_count = pod->old->annotation_count;
    for (size_t i = 0; i < count || i < old_count; i++) {
        if (i < count && i < old_count && slice_equal(fresh[i].key, old[i].key) &&
            slice_equal(fresh[i].value, old[i].value))
            continue;
        struct slice key = i < count ? fresh[i].key : old[i].key;
        opinion_refuse(pod->opinion, REASON_IDENTITY_CHANGED, NULL,
                       "annotation %s: annotations of %s* cannot be added, changed or removed "
                       "once a pod exists; make a new pod",
                       quote(pod->arena, key), ANNOTATION_DOMAIN);
        return;
    }
}

void pod_match_old(struct pod_case *pod)
{
    match_places(pod);
    match_annotations(pod);
}
