/* Which objects make pods, and what pods they make. */
#include "lib/common/memory.h"
#include "lib/document/documents.h"

#include "lib/document/json_write.h"
#include "tests/support/suite.h"
#include "webhook/admission/pod_template.h"

struct outcome {
    bool found;
    struct buffer pod;
};

static bool find(const struct document *document, void *context)
{
    struct outcome *outcome = context;
    ck_assert_ptr_nonnull(document->root);
    const struct node *found = pod_template_find(document->root);
    outcome->found = found != NULL;
    if (found)
        json_write_canonical(&outcome->pod, pod_template_make_pod(document->arena, document->root,
                                                                  found, slice_of("shop")));
    return true;
}

static struct outcome find_in(const char *text)
{
    const struct documents_options options = {0};
    struct outcome outcome = {0};
    /* A text that begins with a brace would be read as JSON. */
    cleanup_buffer struct buffer yaml = {0};
    buffer_append_format(&yaml, "--- %s\n", text);
    documents_visit_text("workload.yaml", yaml.data, yaml.length, &options, find, &outcome);
    return outcome;
}

START_TEST(knows_workloads_by_group_and_kind)
{
    static const struct {
        const char *text;
        bool found;
    } rows[] = {
        {"{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {}}}}", true},
        {"{apiVersion: apps/v1beta2, kind: StatefulSet, spec: {template: {}}}", true},
        {"{apiVersion: apps/v1, kind: DaemonSet, spec: {template: {}}}", true},
        {"{apiVersion: apps/v1, kind: ReplicaSet, spec: {template: {}}}", true},
        {"{apiVersion: batch/v1, kind: Job, spec: {template: {}}}", true},
        {"{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {}}}}}",
         true},
        {"{apiVersion: v1, kind: PodTemplate, template: {}}", true},
        {"{apiVersion: v1, kind: ReplicationController, spec: {template: {}}}", true},
        {"{apiVersion: v1, kind: Deployment, spec: {template: {}}}", false},
        {"{apiVersion: example.com/v1, kind: Deployment, spec: {template: {}}}", false},
        {"{apiVersion: batch/v1, kind: CronJob, spec: {template: {}}}", false},
        {"{apiVersion: apps/v1, kind: Deployment, spec: {}}", false},
        {"{apiVersion: apps/v1, kind: Deployment, spec: {template: null}}", false},
        {"{apiVersion: v1, kind: Pod, spec: {template: {}}}", false},
        {"{spec: {template: {}}}", false},
        {"[]", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct outcome outcome = find_in(rows[i].text);
        ck_assert_msg(outcome.found == rows[i].found, "%s", rows[i].text);
        buffer_release(&outcome.pod);
    }
}
END_TEST

START_TEST(makes_the_pod_that_a_controller_would)
{
    struct outcome outcome =
        find_in("\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: other, "
                "labels: {of: deployment}}\n"
                "spec:\n  template:\n    metadata: {name: ignored, labels: {app: web}, "
                "annotations: {a: b}}\n    spec: {containers: [{name: c}]}\n");
    ck_assert_str_eq(buffer_text(&outcome.pod),
                     "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"annotations\":{\"a\":"
                     "\"b\"},\"generateName\":\"web-\",\"labels\":{\"app\":\"web\"},\"namespace\":"
                     "\"shop\"},\"spec\":{\"containers\":[{\"name\":\"c\"}]}}");
    buffer_release(&outcome.pod);
}
END_TEST

SUITE("pod_template", knows_workloads_by_group_and_kind, makes_the_pod_that_a_controller_would)
