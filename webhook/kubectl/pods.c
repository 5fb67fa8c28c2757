#include "webhook/kubectl/pods.h"

#include "lib/document/json_fields.h"
#include "lib/document/json_write.h"
#include "lib/kube/metadata.h"

enum { DEPTH_MAX = 500 };

struct visit {
    const struct pods_visitor *visitor;
    struct arena arena; /* of one pod */
    struct buffer text;
};

/* Items of a list do not say their kind, and the decision wants to know it. */
static bool says_kind(struct slice json)
{
    static const struct json_field fields[] = {{JSON_NAME("kind"), 0, json_field_text},
                                               {JSON_FIELDS_END}};
    struct slice kind = {0};
    cleanup_arena struct arena arena = {0};
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, DEPTH_MAX),
                                 .arena = &arena};
    return json_read_fields(&reader, fields, &kind) && slice_present(kind);
}

void pods_write_review(struct buffer *out, struct slice json, struct slice namespace)
{
    static const char version[] = "\"group\":\"\",\"version\":\"v1\"";
    const char *begin = json.length > 0 ? memchr(json.data, '{', json.length) : NULL;
    buffer_append_format(out,
                         "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                         "\"request\":{\"uid\":\"kubectl-gmsa\",\"kind\":{%s,\"kind\":\"Pod\"},"
                         "\"resource\":{%s,\"resource\":\"pods\"},\"operation\":\"CREATE\","
                         "\"namespace\":",
                         version, version);
    json_write_string(out, namespace);
    buffer_append_text(out, ",\"object\":");
    if (begin && !says_kind(json)) {
        size_t head = (size_t)(begin - json.data) + 1;
        buffer_append_text(out, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",");
        buffer_append(out, json.data + head, json.length - head);
    } else {
        buffer_append(out, json.data, json.length);
    }
    buffer_append_text(out, "}}");
}

static void on_begun(void *context)
{
    const struct visit *visit = context;
    visit->visitor->begun(visit->visitor->context);
}

static void on_pod(struct slice json, void *context)
{
    struct visit *visit = context;
    const struct pods_visitor *visitor = visit->visitor;
    cleanup_error struct error *problem = NULL;
    struct kube_metadata metadata = {0};
    struct review review;
    buffer_clear(&visit->text);
    if (kube_metadata_read(json, &visit->arena, &metadata, &problem) == 0) {
        pods_write_review(&visit->text, json, metadata.namespace);
        if (review_read(&visit->arena, visit->text.data, visit->text.length, &review, &problem) ==
            0)
            visitor->pod(&review, visitor->context);
    }
    if (problem)
        visitor->unreadable(metadata.namespace, metadata.name, problem->message, visitor->context);
    arena_reset(&visit->arena);
}

int pods_visit(struct cluster *cluster, const char *namespace, const struct pods_visitor *visitor,
               struct error **err)
{
    struct visit visit = {.visitor = visitor};
    const struct cluster_list list = {
        .resource = &cluster_pods,
        .namespace = namespace,
        .field_selector = "status.phase!=Succeeded,status.phase!=Failed",
        .begun = on_begun,
        .object = on_pod,
        .context = &visit,
    };
    int result = cluster_list(cluster, &list, err);
    arena_release(&visit.arena);
    buffer_release(&visit.text);
    return result;
}
