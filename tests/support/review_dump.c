#include "tests/support/review_dump.h"

#include <jansson.h>
#include <stdlib.h>

static void dump_text(struct buffer *out, const char *label, struct slice text)
{
    if (!slice_present(text))
        return;
    buffer_append_format(out, "%s: \"", label);
    buffer_append(out, text.data, text.length);
    buffer_append_text(out, "\"\n");
}

static void dump_number(struct buffer *out, const char *label, size_t number)
{
    buffer_append_format(out, "%s: %zu\n", label, number);
}

static void dump_raw(struct buffer *out, const char *label, struct slice raw)
{
    if (!slice_present(raw))
        return;
    json_t *value = json_loadb(raw.data, raw.length,
                               JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    json_decref(value);
    dump_text(out, label, slice_of(text ? text : "(no JSON)"));
    free(text);
}

static void dump_place(struct buffer *out, const struct place *place)
{
    static const char *const kinds[] = {"pod", "container", "init container",
                                        "ephemeral container"};
    buffer_append_format(out, "place: %s %zu\n", kinds[place->kind], place->index);
    dump_text(out, "  name", place->name);
    dump_number(out, "  has securityContext", place->has_security_context);
    dump_number(out, "  has windowsOptions", place->has_windows_options);
    dump_text(out, "  gmsaCredentialSpecName", place->spec_name);
    dump_text(out, "  gmsaCredentialSpec", place->contents);
    dump_text(out, "  runAsUserName", place->run_as_user_name);
    dump_number(out, "  hostProcess", place->host_process);
    dump_number(out, "  runAsNonRoot", place->run_as_non_root);
    dump_raw(out, "  windowsOptions", place->raw);
}

void pod_dump(struct buffer *out, const char *label, const struct pod_view *pod)
{
    if (!pod)
        return;
    buffer_append_format(out, "%s:\n", label);
    dump_text(out, " name", pod->name);
    dump_text(out, " generateName", pod->generate_name);
    dump_text(out, " namespace", pod->namespace);
    dump_text(out, " service account", pod->service_account);
    dump_text(out, " hostname", pod->hostname);
    dump_text(out, " os", pod->os_name);
    dump_number(out, " selects windows", pod->selects_windows);
    dump_number(out, " selects linux", pod->selects_linux);
    dump_number(out, " hostNetwork", pod->host_network);
    dump_number(out, " mirror", pod->mirror);
    dump_number(out, " has metadata", pod->has_metadata);
    dump_number(out, " has annotations", pod->has_annotations);
    dump_number(out, " has spec", pod->has_spec);
    for (size_t i = 0; i < pod->annotation_count; i++) {
        dump_text(out, " annotation", pod->annotations[i].key);
        dump_text(out, "  value", pod->annotations[i].value);
    }
    for (size_t i = 0; i < pod->place_count; i++)
        dump_place(out, &pod->places[i]);
}

void review_dump(struct buffer *out, const struct review *review)
{
    dump_text(out, "uid", review->uid);
    dump_text(out, "kind group", review->kind_group);
    dump_text(out, "kind version", review->kind_version);
    dump_text(out, "kind", review->kind);
    dump_text(out, "resource group", review->resource_group);
    dump_text(out, "resource version", review->resource_version);
    dump_text(out, "resource", review->resource);
    dump_text(out, "subresource", review->subresource);
    dump_number(out, "operation", review->operation);
    dump_text(out, "name", review->name);
    dump_text(out, "namespace", review->namespace);
    dump_text(out, "user", review->user);
    for (size_t i = 0; i < review->group_count; i++)
        dump_text(out, "group", review->groups[i]);
    dump_number(out, "dry run", review->dry_run);
    dump_text(out, "object apiVersion", review->object_api_version);
    dump_text(out, "object kind", review->object_kind);
    dump_text(out, "oldObject apiVersion", review->old_api_version);
    dump_text(out, "oldObject kind", review->old_kind);
    pod_dump(out, "pod", review->pod);
    pod_dump(out, "old pod", review->old_pod);
    dump_raw(out, "object", review->object);
    dump_raw(out, "oldObject", review->old_object);
}
