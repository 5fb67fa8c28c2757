#include "lib/kube/watch_event.h"

#include <stddef.h>

#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/document/json_fields.h"
#include "lib/kube/metadata.h"
#include "lib/kube/status.h"

enum { GONE = 410, UNKNOWN = 500 };

struct event_text {
    struct slice type, object;
};

static bool read_raw(struct json_reader *reader, void *target)
{
    if (json_peek(&reader->scan) != JSON_OBJECT)
        return json_scan_fail(&reader->scan, "expected an object");
    return json_skip(&reader->scan, target);
}

static const struct json_field event_fields[] = {
    {JSON_NAME("type"), offsetof(struct event_text, type), json_field_text},
    {JSON_NAME("object"), offsetof(struct event_text, object), read_raw},
    {JSON_FIELDS_END}};

static int read_type(struct slice text, enum watch_event_type *type, struct error **err)
{
    static const char *const names[] = {[WATCH_ADDED] = "ADDED",
                                        [WATCH_MODIFIED] = "MODIFIED",
                                        [WATCH_DELETED] = "DELETED",
                                        [WATCH_BOOKMARK] = "BOOKMARK",
                                        [WATCH_ERROR] = "ERROR"};
    cleanup_arena struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (slice_is(text, names[i])) {
            *type = (enum watch_event_type)i;
            return 0;
        }
    }
    return error_set(err, ERROR_PROTOCOL, "an event has the type %s", quote(&arena, text));
}

static void read_status(struct watch_event *event, struct arena *arena)
{
    struct kube_status status;
    (void)kube_status_read(event->object, arena, &status);
    event->code = status.code ? status.code : UNKNOWN;
    event->expired = event->code == GONE || slice_is(status.reason, "Expired") ||
                     slice_is(status.reason, "Gone");
}

int watch_event_read(struct slice json, struct arena *arena, struct watch_event *event,
                     struct error **err)
{
    struct event_text text = {0};
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, JSON_DEPTH_MAX),
                                 .arena = arena};
    struct kube_metadata metadata;
    *event = (struct watch_event){0};
    if (!json_read_fields(&reader, event_fields, &text) || !json_expect_end(&reader.scan)) {
        struct error *problem = NULL;
        (void)json_reader_error(&reader, "an event", &problem);
        problem->code = ERROR_PROTOCOL;
        return error_move(err, problem);
    }
    if (!slice_present(text.object))
        return error_set(err, ERROR_PROTOCOL, "an event has no object");
    if (read_type(text.type, &event->type, err) < 0)
        return -1;
    event->object = text.object;
    if (event->type == WATCH_ERROR) {
        read_status(event, arena);
        return 0;
    }
    if (kube_metadata_read(text.object, arena, &metadata, err) < 0)
        return -1;
    if (metadata.resource_version.length == 0)
        return error_set(err, ERROR_PROTOCOL, "an event's object has no resource version");
    event->version = metadata.resource_version;
    return 0;
}

int watch_event_error(const struct watch_event *event, struct arena *arena, struct error **err)
{
    struct kube_status status;
    (void)kube_status_read(event->object, arena, &status);
    return kube_status_error(event->code, &status, err);
}
