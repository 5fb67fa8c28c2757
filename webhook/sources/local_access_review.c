#include "webhook/sources/local_access_review.h"

#include "credspec/resource.h"
#include "lib/document/json_fields.h"
#include "lib/document/json_write.h"

enum { DEPTH_MAX = 32 };

/* Everything up to the members that say who asks. */
static void begin(struct buffer *out, struct slice namespace, struct slice spec_name)
{
    buffer_append_text(out, "{\"apiVersion\":\"authorization.k8s.io/v1\","
                            "\"kind\":\"LocalSubjectAccessReview\",\"metadata\":{\"namespace\":");
    json_write_string(out, namespace);
    buffer_append_text(out, "},\"spec\":{\"resourceAttributes\":{\"verb\":\"use\",\"group\":"
                            "\"" CREDSPEC_GROUP "\",\"version\":\"v1\",\"resource\":"
                            "\"" CREDSPEC_PLURAL "\",\"name\":");
    json_write_string(out, spec_name);
    buffer_append_text(out, ",\"namespace\":");
    json_write_string(out, namespace);
    buffer_append_text(out, "},\"user\":");
}

void local_access_review_for_account(struct buffer *out, struct slice namespace,
                                     struct slice service_account, struct slice spec_name)
{
    /* Both are checked to be names before anybody asks: nothing in them needs escaping. */
    cleanup_buffer struct buffer user = {0};
    begin(out, namespace, spec_name);
    buffer_append_format(&user, "system:serviceaccount:%.*s:%.*s", SLICE_FORMAT(namespace),
                         SLICE_FORMAT(service_account));
    json_write_string(out, (struct slice){user.data, user.length});
    buffer_append_text(out, ",\"groups\":[\"system:serviceaccounts\",");
    buffer_clear(&user);
    buffer_append_format(&user, "system:serviceaccounts:%.*s", SLICE_FORMAT(namespace));
    json_write_string(out, (struct slice){user.data, user.length});
    buffer_append_text(out, "]}}");
}

void local_access_review_for_requester(struct buffer *out, struct slice namespace,
                                       const struct requester *requester, struct slice spec_name)
{
    begin(out, namespace, spec_name);
    json_write_string(out, requester->user);
    buffer_append_text(out, ",\"groups\":[");
    for (size_t i = 0; i < requester->group_count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        json_write_string(out, requester->groups[i]);
    }
    buffer_append_byte(out, ']');
    if (requester->uid.length > 0) {
        buffer_append_text(out, ",\"uid\":");
        json_write_string(out, requester->uid);
    }
    if (slice_present(requester->extra)) {
        buffer_append_text(out, ",\"extra\":");
        buffer_append(out, requester->extra.data, requester->extra.length);
    }
    buffer_append_text(out, "}}");
}

struct status {
    bool present, allowed, denied;
    struct slice evaluation_error;
};

static const struct json_field status_fields[] = {
    {JSON_NAME("allowed"), offsetof(struct status, allowed), json_field_boolean},
    {JSON_NAME("denied"), offsetof(struct status, denied), json_field_boolean},
    {JSON_NAME("evaluationError"), offsetof(struct status, evaluation_error), json_field_text},
    {JSON_FIELDS_END}};

static bool read_status(struct json_reader *reader, void *target)
{
    struct status *status = target;
    status->present = true;
    return json_read_fields(reader, status_fields, status);
}

int local_access_review_read(struct slice json, struct arena *arena,
                             struct access_review_answer *answer, struct error **err)
{
    static const struct json_field fields[] = {{JSON_NAME("status"), 0, read_status},
                                               {JSON_FIELDS_END}};
    static const char what[] = "the API server's answer to a LocalSubjectAccessReview";
    struct status status = {0};
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, DEPTH_MAX),
                                 .arena = arena};
    if (!json_read_fields(&reader, fields, &status) || !json_expect_end(&reader.scan)) {
        cleanup_error struct error *problem = NULL;
        json_reader_error(&reader, what, &problem);
        return error_set(err, ERROR_PROTOCOL, "%s", problem->message);
    }
    if (!status.present)
        return error_set(err, ERROR_PROTOCOL, "%s has no status", what);
    *answer = (struct access_review_answer){
        .allowed = status.allowed && !status.denied,
        .evaluation_error = status.evaluation_error,
    };
    return 0;
}
