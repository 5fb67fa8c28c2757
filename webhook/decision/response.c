/* The AdmissionReview that answers. */
#include "lib/common/base64.h"
#include "lib/common/buffer.h"
#include "lib/document/json_write.h"
#include "webhook/decision/decision.h"

/* Kubernetes' StatusReason for a status (apimachinery/pkg/apis/meta/v1/types.go). */
static const char *status_reason(int code)
{
    switch (code) {
    case 400:
        return "BadRequest";
    case 403:
        return "Forbidden";
    case 404:
        return "NotFound";
    case 422:
        return "Invalid";
    case 503:
        return "ServiceUnavailable";
    default:
        return "InternalError";
    }
}

static void write_text(struct buffer *out, const char *before, const char *text)
{
    buffer_append_text(out, before);
    json_write_string(out, slice_of(text));
}

static void write_warnings(struct buffer *out, const struct verdict *verdict)
{
    if (verdict->warning_count == 0)
        return;
    for (size_t i = 0; i < verdict->warning_count; i++)
        write_text(out, i ? "," : ",\"warnings\":[", verdict->warnings[i]);
    buffer_append_byte(out, ']');
}

/* The API server stores them under "<name of the webhook>/<key>". */
static void write_audit_annotations(struct buffer *out, const struct verdict *verdict)
{
    write_text(out,
               ",\"auditAnnotations\":{\"decision\":", verdict->allowed ? "allowed" : "refused");
    write_text(out, ",\"reason\":", verdict->reason);
    if (verdict->spec_count > 0) {
        cleanup_buffer struct buffer names = {0};
        for (size_t i = 0; i < verdict->spec_count; i++) {
            if (i > 0)
                buffer_append_byte(&names, ',');
            buffer_append(&names, verdict->spec_names[i].data, verdict->spec_names[i].length);
        }
        write_text(out, ",\"credential-specs\":", buffer_text(&names));
    }
    buffer_append_byte(out, '}');
}

/* kubectl before 1.25 prints "The request is invalid" for 422 and drops the message, unless there
 * are causes: then it prints those, as for the API server's own refusals (kubernetes issue 111108).
 */
static void write_details(struct buffer *out, const struct review *review,
                          const struct verdict *verdict)
{
    bool is_spec = slice_is(review->resource, "gmsacredentialspecs");
    buffer_append_text(out, ",\"details\":{\"name\":");
    json_write_string(out, slice_present(review->name) ? review->name : slice_of(""));
    buffer_append_text(out, ",\"group\":");
    json_write_string(out, review->kind_group);
    buffer_append_text(out, ",\"kind\":");
    json_write_string(out, review->kind);
    write_text(out, ",\"causes\":[{\"reason\":\"FieldValueInvalid\",\"field\":",
               is_spec ? "credspec" : "spec");
    write_text(out, ",\"message\":", verdict->message);
    buffer_append_text(out, "}]}");
}

void decision_write_response(struct buffer *out, const struct review *review,
                             const struct verdict *verdict)
{
    buffer_append_text(out, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                            "\"response\":{\"uid\":");
    json_write_string(out, review->uid);
    buffer_append_text(out, verdict->allowed ? ",\"allowed\":true" : ",\"allowed\":false");
    if (verdict->allowed && verdict->patch) {
        buffer_append_text(out, ",\"patchType\":\"JSONPatch\",\"patch\":\"");
        base64_encode(out, verdict->patch, strlen(verdict->patch));
        buffer_append_byte(out, '"');
    }
    if (!verdict->allowed) {
        buffer_append_format(
            out, ",\"status\":{\"status\":\"Failure\",\"code\":%d,\"reason\":", verdict->code);
        write_text(out, "", status_reason(verdict->code));
        write_text(out, ",\"message\":", verdict->message);
        if (verdict->code == 422)
            write_details(out, review, verdict);
        buffer_append_byte(out, '}');
    }
    write_warnings(out, verdict);
    write_audit_annotations(out, verdict);
    buffer_append_text(out, "}}\n");
}
