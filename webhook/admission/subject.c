#include "webhook/admission/subject.h"

#include "lib/common/quote.h"
#include "webhook/admission/pod_template.h"

const char *admission_label(struct arena *arena, const struct node *object, const char *kind)
{
    const struct node *metadata = node_member(object, "metadata");
    struct slice name = node_text(metadata, "name");
    if (name.length == 0) {
        struct slice prefix = node_text(metadata, "generateName");
        if (prefix.length > 0)
            name = slice_of(arena_format(arena, "%.*s*", SLICE_FORMAT(prefix)));
    }
    return arena_format(arena, "%s %s", kind, quote(arena, name));
}

bool admission_subject_of(const struct node *object, struct slice default_namespace,
                          struct arena *arena, struct admission_subject *subject)
{
    struct slice kind = node_text(object, "kind");
    struct slice namespace = node_text(node_member(object, "metadata"), "namespace");
    const struct node *pod_template = pod_template_find(object);
    *subject = (struct admission_subject){.namespace =
                                              namespace.length > 0 ? namespace : default_namespace};
    if (pod_template) {
        const char *kind_name = arena_copy(arena, kind.data, kind.length);
        subject->label = admission_label(arena, object, kind_name);
        subject->workload = object;
        subject->pod = pod_template_make_pod(arena, object, pod_template, subject->namespace);
    } else if (slice_is(kind, "Pod") && slice_is(node_text(object, "apiVersion"), "v1")) {
        subject->label = admission_label(arena, object, "pod");
        subject->pod = object;
    }
    return subject->pod != NULL;
}
