/* Linux pods: specs named by annotation, and the grant that answers them. */
#include <stdlib.h>

#include "credspec/kubernetes.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/common/suggest.h"
#include "webhook/decision/pod_case.h"

static bool is_windows(const struct pod_view *pod)
{
    if (slice_is(pod->os_name, "windows") || pod->selects_windows)
        return true;
    for (size_t i = 0; i < pod->place_count; i++)
        if (pod->places[i].has_windows_options)
            return true;
    return false;
}

static const char *label(struct pod_case *pod, const struct annotation *annotation)
{
    return arena_format(pod->arena, "annotation %s", quote(pod->arena, annotation->key));
}

static void refuse_unknown(struct pod_case *pod, const struct annotation *annotation)
{
    static const char *const known[] = {ANNOTATION_SPEC, (ANNOTATION_SPEC_PREFIX "CONTAINER"),
                                        ANNOTATION_KEEP_HOSTNAME, ANNOTATION_GRANT, NULL};
    const char *word = arena_copy(pod->arena, annotation->key.data, annotation->key.length);
    const char *near = suggest_nearest(word, known);
    opinion_refuse(pod->opinion, REASON_ANNOTATION_UNKNOWN, label(pod, annotation),
                   "there is no such annotation; %s \"%s\"%s", near ? "did you mean" : "write",
                   near ? near : ANNOTATION_SPEC, near ? "?" : " to name a credential spec");
}

static int by_slice(const void *a, const void *b)
{
    const struct slice *left = a, *right = b;
    return slice_compare(*left, *right);
}

/* The names of all containers, sorted. */
static struct slice *container_names(struct pod_case *pod, size_t *count)
{
    const struct pod_view *view = pod->pod;
    struct slice *names = arena_allocate_array(pod->arena, view->place_count, sizeof(*names));
    *count = 0;
    for (size_t i = 0; i < view->place_count; i++)
        if (view->places[i].kind != PLACE_POD && slice_present(view->places[i].name))
            names[(*count)++] = view->places[i].name;
    qsort(names, *count, sizeof(*names), by_slice);
    return names;
}

static void refuse_container(struct pod_case *pod, const struct annotation *annotation,
                             struct slice container, const struct slice *names, size_t count)
{
    enum { LOOKED_AT = 64 };
    const char *candidates[LOOKED_AT + 1] = {0};
    for (size_t i = 0; i < count && i < LOOKED_AT; i++)
        candidates[i] = arena_copy(pod->arena, names[i].data, names[i].length);
    const char *word = arena_copy(pod->arena, container.data, container.length);
    const char *near = suggest_nearest(word, candidates);
    opinion_refuse(pod->opinion, REASON_CONTAINER_UNKNOWN, label(pod, annotation),
                   "the pod has no container %s%s%s%s", quote(pod->arena, container),
                   near ? "; did you mean " : "", near ? quote(pod->arena, slice_of(near)) : "",
                   near ? "?" : "");
}

static void add_entry(struct pod_case *pod, const struct annotation *annotation,
                      struct slice container)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (kubernetes_check_subdomain(annotation->value, messages) > 0) {
        opinion_refuse(pod->opinion, REASON_SPEC_NAME_INVALID, label(pod, annotation),
                       "Invalid value: %s: %s", quote(pod->arena, annotation->value), messages[0]);
        return;
    }
    pod->annotations[pod->annotation_count++] = (struct annotation_case){
        .annotation = annotation,
        .container = container,
        .spec = pod_add_name(pod, annotation->value),
    };
}

static void read_one(struct pod_case *pod, const struct annotation *annotation,
                     const struct slice *names, size_t count)
{
    size_t prefix = strlen(ANNOTATION_SPEC_PREFIX);
    if (slice_is(annotation->key, ANNOTATION_SPEC)) {
        add_entry(pod, annotation, slice_of("*"));
    } else if (slice_is(annotation->key, ANNOTATION_GRANT)) {
        pod->grant = slice_present(annotation->value) ? annotation->value : slice_of("");
    } else if (slice_is(annotation->key, ANNOTATION_KEEP_HOSTNAME)) {
        pod->keep_hostname = slice_is(annotation->value, "true");
    } else if (slice_starts_with(annotation->key, ANNOTATION_SPEC_PREFIX)) {
        struct slice container = {annotation->key.data + prefix, annotation->key.length - prefix};
        if (bsearch(&container, names, count, sizeof(container), by_slice))
            add_entry(pod, annotation, container);
        else
            refuse_container(pod, annotation, container, names, count);
    } else {
        refuse_unknown(pod, annotation);
    }
}

void pod_read_annotations(struct pod_case *pod)
{
    const struct pod_view *view = pod->pod;
    size_t count;
    if (view->annotation_count == 0)
        return;
    const struct slice *names = container_names(pod, &count);
    pod->annotations =
        arena_allocate_array(pod->arena, view->annotation_count, sizeof(*pod->annotations));
    for (size_t i = 0; i < view->annotation_count && !opinion_settled(pod->opinion); i++)
        read_one(pod, &view->annotations[i], names, count);
    if (pod->annotation_count == 0 || opinion_settled(pod->opinion))
        return;
    const char *where = label(pod, pod->annotations[0].annotation);
    if (is_windows(view))
        opinion_refuse(pod->opinion, REASON_ANNOTATION_ON_WINDOWS, where,
                       "only Linux pods name a spec by annotation; a Windows pod sets "
                       "securityContext.windowsOptions.gmsaCredentialSpecName");
    else if (pod->opinion->collect == COLLECT_OBJECTIONS)
        return;
    else if (!pod->settings->grant_keys ||
             (pod->fill && !grant_keys_can_sign(pod->settings->grant_keys)))
        opinion_refuse(pod->opinion, REASON_GRANT_KEY_MISSING, where,
                       "this webhook has no key to sign grants for Linux pods; ask the cluster "
                       "admin for --linux-grant-key");
}

static struct grant build_grant(struct pod_case *pod)
{
    struct grant_entry *entries =
        arena_allocate_array(pod->arena, pod->annotation_count, sizeof(*entries));
    struct grant_spec *specs = arena_allocate_array(pod->arena, pod->name_count, sizeof(*specs));
    for (size_t i = 0; i < pod->annotation_count; i++)
        entries[i] = (struct grant_entry){pod->annotations[i].container,
                                          pod->names[pod->annotations[i].spec]};
    for (size_t i = 0; i < pod->name_count; i++) {
        const struct credspec_resource *resource = pod_resource(pod, (int)i);
        specs[i] =
            (struct grant_spec){pod->names[i], {resource->canonical, resource->canonical_length}};
    }
    return (struct grant){
        .cluster = pod->settings->cluster_name,
        .namespace = pod->namespace,
        .service_account = pod->service_account,
        .entries = entries,
        .entry_count = pod->annotation_count,
        .specs = specs,
        .spec_count = pod->name_count,
    };
}

void pod_grant_write(struct pod_case *pod, struct patch *patch)
{
    if (pod->old)
        return;
    if (pod->annotation_count == 0) {
        if (slice_present(pod->grant))
            patch_remove_annotation(patch, slice_of(ANNOTATION_GRANT));
        return;
    }
    cleanup_buffer struct buffer value = {0};
    cleanup_error struct error *err = NULL;
    struct grant grant = build_grant(pod);
    if (grant_sign(pod->settings->grant_keys, &grant, &value, &err) != 0)
        opinion_refuse(pod->opinion,
                       err->code == ERROR_INPUT ? REASON_GRANT_TOO_LARGE : REASON_GRANT_UNAVAILABLE,
                       NULL, "%s; name fewer or smaller specs", err->message);
    else if (!slice_equal(pod->grant, (struct slice){value.data, value.length}))
        patch_annotation(patch, pod->pod, slice_of(ANNOTATION_GRANT), slice_present(pod->grant),
                         (struct slice){value.data, value.length});
}

void pod_grant_check(struct pod_case *pod)
{
    static const char where[] = "annotation \"" ANNOTATION_GRANT "\"";
    if (pod->old || (pod->annotation_count == 0 && !slice_present(pod->grant)))
        return;
    if (pod->annotation_count == 0) {
        opinion_refuse(pod->opinion, REASON_GRANT_UNEXPECTED, where,
                       "the pod names no credential spec, so it has no grant; take it out");
        return;
    }
    if (!slice_present(pod->grant)) {
        opinion_refuse(pod->opinion, REASON_GRANT_MISSING, where,
                       "is not there: the mutating webhook did not run; check its configuration");
        return;
    }
    if (!pod->settings->grant_keys)
        return;
    cleanup_error struct error *err = NULL;
    struct grant grant = build_grant(pod);
    if (grant_verify_exact(pod->settings->grant_keys, pod->grant, &grant, &err) != 0)
        opinion_refuse(
            pod->opinion,
            err->code == ERROR_INTERNAL ? REASON_GRANT_UNAVAILABLE : REASON_GRANT_DIFFERS, where,
            "%s; leave it out, it is written when the pod is created", err->message);
}
