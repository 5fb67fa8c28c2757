#include "webhook/kubectl/recreate.h"

#include "lib/common/memory.h"
#include "webhook/decision/review.h"

/* A copy without the members of these names, which end with NULL. */
static struct node *copy_without(struct arena *arena, const struct node *object,
                                 const char *const *names)
{
    struct node *copy = node_create(arena, NODE_OBJECT);
    node_for_each (member, object) {
        bool wanted = true;
        for (const char *const *name = names; *name; name++)
            wanted = wanted && !slice_is(member->name, *name);
        if (!wanted)
            continue;
        struct node *value = node_copy(arena, member);
        value->name = arena_copy_slice(arena, member->name);
        node_append(copy, value);
    }
    return copy;
}

static bool is_object(const struct node *node)
{
    return node && node->type == NODE_OBJECT;
}

/* Of the pod's spec or a container, which are copies already. */
static void drop_contents(struct arena *arena, const struct node *place)
{
    static const char *const contents[] = {"gmsaCredentialSpec", NULL};
    struct node *context = (struct node *)node_member(place, "securityContext");
    const struct node *options = node_member(context, "windowsOptions");
    if (is_object(options) && slice_present(node_text(options, "gmsaCredentialSpecName")))
        node_set_member(arena, context, "windowsOptions", copy_without(arena, options, contents));
}

static struct node *make_spec(struct arena *arena, const struct node *spec)
{
    static const char *const later[] = {"nodeName", "ephemeralContainers", NULL};
    static const char *const lists[] = {"containers", "initContainers"};
    struct node *copy = copy_without(arena, spec, later);
    drop_contents(arena, copy);
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        const struct node *list = node_member(copy, lists[i]);
        if (!list || list->type != NODE_ARRAY)
            continue;
        node_for_each (container, list)
            drop_contents(arena, container);
    }
    return copy;
}

static struct node *make_metadata(struct arena *arena, const struct node *metadata)
{
    static const char *const kept[] = {"name", "generateName", "namespace", "labels"};
    static const char *const grant[] = {ANNOTATION_GRANT, NULL};
    struct node *copy = node_create(arena, NODE_OBJECT);
    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
        const struct node *value = node_member(metadata, kept[i]);
        if (value)
            node_set_member(arena, copy, kept[i], node_copy(arena, value));
    }
    const struct node *annotations = node_member(metadata, "annotations");
    if (is_object(annotations))
        node_set_member(arena, copy, "annotations", copy_without(arena, annotations, grant));
    return copy;
}

struct node *pod_recreate(struct arena *arena, const struct node *pod)
{
    const struct node *spec = node_member(pod, "spec"), *metadata = node_member(pod, "metadata");
    struct node *copy = node_create(arena, NODE_OBJECT);
    node_set_member(arena, copy, "apiVersion", node_create_text(arena, slice_of("v1")));
    node_set_member(arena, copy, "kind", node_create_text(arena, slice_of("Pod")));
    if (is_object(metadata))
        node_set_member(arena, copy, "metadata", make_metadata(arena, metadata));
    if (is_object(spec))
        node_set_member(arena, copy, "spec", make_spec(arena, spec));
    return copy;
}
