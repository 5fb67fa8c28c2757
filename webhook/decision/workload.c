#include "webhook/decision/workload.h"

#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "webhook/decision/scope.h"

/* Appends the canonical text of the template; false where it cannot be read. */
static bool canonical_template(struct arena *arena, struct slice raw, const char *const *path,
                               struct buffer *out)
{
    const struct node *node = json_tree_parse(arena, raw.data, raw.length, NULL, NULL, NULL);
    for (; node && *path; path++)
        node = node_member(node, *path);
    if (node)
        json_write_canonical(out, node);
    return node != NULL;
}

static bool is_unchanged(const struct review *review, const char *const *path, struct arena *arena)
{
    cleanup_buffer struct buffer object = {0}, old = {0};
    return review->operation == OPERATION_UPDATE &&
           canonical_template(arena, review->object, path, &object) &&
           canonical_template(arena, review->old_object, path, &old) &&
           object.length == old.length && memcmp(object.data, old.data, old.length) == 0;
}

const struct pod_view *workload_template(const struct review *review, struct opinion *opinion)
{
    cleanup_error struct error *err = NULL;
    const char *const *path = scope_template_path(review);
    if (is_unchanged(review, path, opinion->arena))
        return NULL;
    const struct pod_view *pod = review_read_template(opinion->arena, review->object, path, &err);
    if (!pod && err)
        opinion_warn(opinion, "the pod template cannot be read: %.200s", err->message);
    return pod;
}
