#include "lib/kube/status.h"

#include <stddef.h>
#include <stdlib.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/common/utf8.h"
#include "lib/document/json_fields.h"

enum { DEPTH_MAX = 32, CAUSES_MAX = 1000, MESSAGE_MAX = 1024, REASON_MAX = 64 };

struct status_details {
    int64_t retry_after; /* seconds */
    struct json_list causes;
};
struct status_cause {
    struct slice reason;
};
struct status_object {
    struct slice kind, reason, message;
    int64_t code;
    struct status_details details;
};

/* A number that is no small integer stays what it was: nothing depends on it. */
static bool read_small(struct json_reader *reader, void *target)
{
    struct slice text;
    char copy[16] = "";
    char *end;
    if (!json_read_number(&reader->scan, &text))
        return false;
    if (text.length >= sizeof(copy))
        return true;
    memcpy(copy, text.data, text.length);
    long value = strtol(copy, &end, 10);
    if (*end == '\0')
        *(int64_t *)target = value;
    return true;
}

static const struct json_field cause_fields[] = {
    {JSON_NAME("reason"), offsetof(struct status_cause, reason), json_field_text},
    {JSON_FIELDS_END}};

static bool read_cause(struct json_reader *reader, void *target)
{
    return json_read_fields(reader, cause_fields, target);
}

static bool read_causes(struct json_reader *reader, void *target)
{
    return json_read_list(reader, read_cause, sizeof(struct status_cause), CAUSES_MAX, target);
}

static const struct json_field details_fields[] = {
    {JSON_NAME("retryAfterSeconds"), offsetof(struct status_details, retry_after), read_small},
    {JSON_NAME("causes"), offsetof(struct status_details, causes), read_causes},
    {JSON_FIELDS_END}};

static const struct json_field status_fields[] = {
    {JSON_NAME("kind"), offsetof(struct status_object, kind), json_field_text},
    {JSON_NAME("reason"), offsetof(struct status_object, reason), json_field_text},
    {JSON_NAME("message"), offsetof(struct status_object, message), json_field_text},
    {JSON_NAME("code"), offsetof(struct status_object, code), read_small},
    {JSON_NAME("details"), offsetof(struct status_object, details), NULL, details_fields},
    {JSON_FIELDS_END}};

bool kube_status_read(struct slice json, struct arena *arena, struct kube_status *status)
{
    struct status_object object = {.details.retry_after = -1};
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, DEPTH_MAX),
                                 .arena = arena};
    *status = (struct kube_status){.retry_after = -1};
    if (!json_read_fields(&reader, status_fields, &object) || !json_expect_end(&reader.scan) ||
        !slice_is(object.kind, "Status"))
        return false;
    *status = (struct kube_status){
        .reason = object.reason,
        .message = object.message,
        .code = object.code >= 100 && object.code <= 599 ? (int)object.code : 0,
        .retry_after = object.details.retry_after > 0 && object.details.retry_after <= INT32_MAX
                           ? object.details.retry_after * 1000
                           : -1,
    };
    const struct status_cause *causes = object.details.causes.items;
    for (size_t i = 0; i < object.details.causes.count; i++)
        if (slice_is(causes[i].reason, "ResourceVersionTooLarge"))
            status->version_is_too_large = true;
    return true;
}

enum error_code kube_status_blame(int code)
{
    switch (code) {
    case 401:
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 405:
    case 406:
    case 415:
        return ERROR_PROTOCOL;
    case 408:
    case 410:
    case 429:
        return ERROR_UNAVAILABLE;
    default:
        if (code >= 500 && code <= 599)
            return ERROR_UNAVAILABLE;
        return code >= 400 && code <= 499 ? ERROR_INPUT : ERROR_PROTOCOL;
    }
}

static void append_cut(struct buffer *out, const char *before, struct slice text, size_t limit)
{
    if (!slice_present(text) || text.length == 0)
        return;
    buffer_append_text(out, before);
    bool cut = text.length > limit;
    if (cut)
        text.length = utf8_valid_prefix(text.data, limit);
    quote_append_visible(out, text);
    if (cut)
        buffer_append_text(out, "...");
}

int kube_status_error(int code, const struct kube_status *status, struct error **err)
{
    cleanup_buffer struct buffer text = {0};
    buffer_append_format(&text, "%d", code);
    append_cut(&text, " ", status->reason, REASON_MAX);
    append_cut(&text, ": ", status->message, MESSAGE_MAX);
    return error_set(err, kube_status_blame(code), "%s", buffer_text(&text));
}
