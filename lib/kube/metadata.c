#include "lib/kube/metadata.h"

#include <stddef.h>

#include "lib/document/json_fields.h"

static const struct json_field metadata_fields[] = {
    {JSON_NAME("name"), offsetof(struct kube_metadata, name), json_field_text},
    {JSON_NAME("namespace"), offsetof(struct kube_metadata, namespace), json_field_text},
    {JSON_NAME("uid"), offsetof(struct kube_metadata, uid), json_field_text},
    {JSON_NAME("resourceVersion"), offsetof(struct kube_metadata, resource_version),
     json_field_text},
    {JSON_NAME("continue"), offsetof(struct kube_metadata, continue_token), json_field_text},
    {JSON_FIELDS_END}};
static const struct json_field object_fields[] = {{JSON_NAME("metadata"), 0, NULL, metadata_fields},
                                                  {JSON_FIELDS_END}};

int kube_metadata_read(struct slice json, struct arena *arena, struct kube_metadata *metadata,
                       struct error **err)
{
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, JSON_DEPTH_MAX),
                                 .arena = arena};
    *metadata = (struct kube_metadata){0};
    if (!json_read_fields(&reader, object_fields, metadata) || !json_expect_end(&reader.scan)) {
        struct error *problem = NULL;
        (void)json_reader_error(&reader, "an object of the API", &problem);
        problem->code = ERROR_PROTOCOL;
        return error_move(err, problem);
    }
    if (metadata->resource_version.length > KUBE_VERSION_MAX)
        return error_set(err, ERROR_PROTOCOL, "a resource version has more than %d bytes",
                         KUBE_VERSION_MAX);
    return 0;
}
