#include "webhook/admission/pod_template.h"

#include "lib/common/memory.h"

static const struct {
    const char *group; /* apiVersion up to the version; "" for the core group */
    const char *kind;
    const char *pointer;
} workloads[] = {
    {"apps/", "Deployment", "/spec/template"},
    {"apps/", "StatefulSet", "/spec/template"},
    {"apps/", "DaemonSet", "/spec/template"},
    {"apps/", "ReplicaSet", "/spec/template"},
    {"batch/", "Job", "/spec/template"},
    {"batch/", "CronJob", "/spec/jobTemplate/spec/template"},
    {"", "PodTemplate", "/template"},
    {"", "ReplicationController", "/spec/template"},
};

const struct node *pod_template_find(const struct node *object)
{
    struct slice version = node_text(object, "apiVersion");
    struct slice kind = node_text(object, "kind");
    for (size_t i = 0; i < ARRAY_LENGTH(workloads); i++) {
        bool same_group = workloads[i].group[0] ? slice_starts_with(version, workloads[i].group)
                                                : slice_is(version, "v1");
        if (!same_group || !slice_is(kind, workloads[i].kind))
            continue;
        const struct node *node = node_at_pointer(object, workloads[i].pointer);
        return node && node->type == NODE_OBJECT ? node : NULL;
    }
    return NULL;
}

static void copy_member(struct arena *arena, struct node *to, const struct node *from,
                        const char *name)
{
    const struct node *value = node_member(from, name);
    if (value)
        node_set_member(arena, to, name, node_copy(arena, value));
}

struct node *pod_template_make_pod(struct arena *arena, const struct node *workload,
                                   const struct node *pod_template, struct slice namespace)
{
    struct slice name = node_text(node_member(workload, "metadata"), "name");
    const struct node *template_metadata = node_member(pod_template, "metadata");
    struct node *metadata = node_create(arena, NODE_OBJECT);
    const char *generate_name = arena_format(arena, "%.*s-", SLICE_FORMAT(name));
    node_set_member(arena, metadata, "generateName",
                    node_create_text(arena, slice_of(generate_name)));
    node_set_member(arena, metadata, "namespace", node_create_text(arena, namespace));
    copy_member(arena, metadata, template_metadata, "labels");
    copy_member(arena, metadata, template_metadata, "annotations");

    struct node *pod = node_create(arena, NODE_OBJECT);
    node_set_member(arena, pod, "apiVersion", node_create_text(arena, slice_of("v1")));
    node_set_member(arena, pod, "kind", node_create_text(arena, slice_of("Pod")));
    node_set_member(arena, pod, "metadata", metadata);
    copy_member(arena, pod, pod_template, "spec");
    return pod;
}
