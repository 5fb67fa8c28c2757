#include "webhook/decision/review.h"

#include "lib/common/memory.h"
#include "webhook/decision/pod_reader.h"

/* An object of the request. What it is stands in `resource`, which the API server sends first. */
struct object_side {
    struct slice raw;
    bool deferred; /* it came before `resource`: read when the request is known */
    struct object_head head;
    struct pod_view *pod;
};

/* A review while it is being read. */
struct review_builder {
    struct review review;
    struct slice api_version, kind, operation;
    struct object_side object, old_object;
    bool has_request, resource_known;
};

/* --- Objects -------------------------------------------------------------------------------------
 */

static bool read_other_object(struct json_reader *reader, struct object_head *head)
{
    static const struct json_field fields[] = {
        {JSON_NAME("apiVersion"), offsetof(struct object_head, api_version), json_field_text},
        {JSON_NAME("kind"), offsetof(struct object_head, kind), json_field_text},
        {JSON_FIELDS_END}};
    return json_read_fields(reader, fields, head);
}

static bool names_pods(const struct review *review)
{
    return review->resource_group.length == 0 && slice_is(review->resource, "pods");
}

static bool read_known_object(struct json_reader *reader, const struct review *review,
                              struct object_side *side)
{
    if (!names_pods(review))
        return read_other_object(reader, &side->head);
    side->pod = pod_read(reader, &side->head);
    return side->pod;
}

static bool read_side(struct json_reader *reader, const struct review_builder *builder,
                      struct object_side *side)
{
    struct json_scan *scan = &reader->scan;
    if (json_peek(scan) != JSON_OBJECT)
        return json_scan_fail(scan, "expected an object");
    const char *begin = scan->at;
    side->deferred = !builder->resource_known;
    if (side->deferred)
        return json_skip(scan, &side->raw);
    if (!read_known_object(reader, &builder->review, side))
        return false;
    side->raw = (struct slice){begin, (size_t)(scan->at - begin)};
    return true;
}

/* A second pass over an object that has been skipped. */
static bool read_deferred_side(struct json_reader *reader, const struct review *review,
                               struct object_side *side, const char *name)
{
    if (!side->deferred)
        return true;
    struct json_reader again = *reader;
    again.scan.at = side->raw.data;
    again.scan.end = side->raw.data + side->raw.length;
    if (read_known_object(&again, review, side))
        return true;
    *reader = again;
    return json_fail_in_field(reader, name);
}

static bool read_object(struct json_reader *reader, void *target)
{
    struct review_builder *builder = target;
    return read_side(reader, builder, &builder->object);
}

static bool read_old_object(struct json_reader *reader, void *target)
{
    struct review_builder *builder = target;
    return read_side(reader, builder, &builder->old_object);
}

/* --- The request ---------------------------------------------------------------------------------
 */

static const struct json_field kind_fields[] = {
    {JSON_NAME("group"), offsetof(struct review, kind_group), json_field_text},
    {JSON_NAME("version"), offsetof(struct review, kind_version), json_field_text},
    {JSON_NAME("kind"), offsetof(struct review, kind), json_field_text},
    {JSON_FIELDS_END}};

static bool read_resource(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("group"), offsetof(struct review, resource_group), json_field_text},
        {JSON_NAME("version"), offsetof(struct review, resource_version), json_field_text},
        {JSON_NAME("resource"), offsetof(struct review, resource), json_field_text},
        {JSON_FIELDS_END}};
    struct review_builder *builder = target;
    builder->resource_known = true;
    return json_read_fields(reader, fields, &builder->review);
}

static bool read_groups(struct json_reader *reader, void *target)
{
    struct review *review = target;
    struct json_list groups = {0};
    if (!json_read_list(reader, json_field_text, sizeof(struct slice), REVIEW_LIST_MAX, &groups))
        return false;
    review->groups = groups.items;
    review->group_count = groups.count;
    return true;
}

static bool read_raw(struct json_reader *reader, void *target)
{
    return json_skip(&reader->scan, target);
}

static const struct json_field user_fields[] = {
    {JSON_NAME("username"), offsetof(struct review, user), json_field_text},
    {JSON_NAME("uid"), offsetof(struct review, user_uid), json_field_text},
    {JSON_NAME("groups"), 0, read_groups},
    {JSON_NAME("extra"), offsetof(struct review, user_extra), read_raw},
    {JSON_FIELDS_END}};

static enum operation operation_of(struct slice word)
{
    static const struct {
        const char *word;
        enum operation operation;
    } operations[] = {{"CREATE", OPERATION_CREATE},
                      {"UPDATE", OPERATION_UPDATE},
                      {"DELETE", OPERATION_DELETE},
                      {"CONNECT", OPERATION_CONNECT}};
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        if (slice_is(word, operations[i].word))
            return operations[i].operation;
    }
    return OPERATION_OTHER;
}

static void finish_request(struct review_builder *builder)
{
    struct review *review = &builder->review;
    struct slice *names[] = {&review->kind_group,     &review->kind_version,     &review->kind,
                             &review->resource_group, &review->resource_version, &review->resource};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!slice_present(*names[i]))
            *names[i] = slice_of("");
    }
    review->operation = operation_of(builder->operation);
    review->object = builder->object.raw;
    review->object_api_version = builder->object.head.api_version;
    review->object_kind = builder->object.head.kind;
    review->pod = builder->object.pod;
    review->old_object = builder->old_object.raw;
    review->old_api_version = builder->old_object.head.api_version;
    review->old_kind = builder->old_object.head.kind;
    review->old_pod = builder->old_object.pod;
}

static bool read_request(struct json_reader *reader, void *target)
{
#define REQUEST_FIELD(member) offsetof(struct review_builder, member)
    static const struct json_field fields[] = {
        {JSON_NAME("uid"), REQUEST_FIELD(review.uid), json_field_text},
        {JSON_NAME("kind"), REQUEST_FIELD(review), .members = kind_fields},
        {JSON_NAME("resource"), 0, read_resource},
        {JSON_NAME("subResource"), REQUEST_FIELD(review.subresource), json_field_text},
        {JSON_NAME("name"), REQUEST_FIELD(review.name), json_field_text},
        {JSON_NAME("namespace"), REQUEST_FIELD(review.namespace), json_field_text},
        {JSON_NAME("operation"), REQUEST_FIELD(operation), json_field_text},
        {JSON_NAME("userInfo"), REQUEST_FIELD(review), .members = user_fields},
        {JSON_NAME("object"), 0, read_object},
        {JSON_NAME("oldObject"), 0, read_old_object},
        {JSON_NAME("dryRun"), REQUEST_FIELD(review.dry_run), json_field_boolean},
        {JSON_FIELDS_END}};
#undef REQUEST_FIELD
    struct review_builder *builder = target;
    builder->has_request = true;
    if (!json_read_fields(reader, fields, builder) ||
        !read_deferred_side(reader, &builder->review, &builder->object, "object") ||
        !read_deferred_side(reader, &builder->review, &builder->old_object, "oldObject"))
        return false;
    finish_request(builder);
    return true;
}

/* --- The review ----------------------------------------------------------------------------------
 */

/* What the form does not tell. */
static int check_review(const struct review_builder *builder, struct error **err)
{
    if (!slice_is(builder->kind, "AdmissionReview"))
        return error_set(err, ERROR_INPUT,
                         "the body is no AdmissionReview: its kind is another or missing");
    if (!slice_is(builder->api_version, "admission.k8s.io/v1"))
        return error_set(err, ERROR_INPUT,
                         "the AdmissionReview is not of admission.k8s.io/v1: set "
                         "admissionReviewVersions: [\"v1\"] in the webhook configuration");
    if (!builder->has_request)
        return error_set(err, ERROR_INPUT, "the AdmissionReview has no request");
    if (builder->review.uid.length == 0)
        return error_set(err, ERROR_INPUT, "the request of the AdmissionReview has no uid");
    if (builder->review.uid.length > REVIEW_UID_MAX)
        return error_set(err, ERROR_INPUT, "the uid of the request is longer than %d bytes",
                         REVIEW_UID_MAX);
    return 0;
}

int review_read(struct arena *arena, const char *body, size_t length, struct review *review,
                struct error **err)
{
    static const struct json_field fields[] = {
        {JSON_NAME("apiVersion"), offsetof(struct review_builder, api_version), json_field_text},
        {JSON_NAME("kind"), offsetof(struct review_builder, kind), json_field_text},
        {JSON_NAME("request"), 0, read_request},
        {JSON_FIELDS_END}};
    struct json_reader reader = {.scan = json_scan_of(body, length, REVIEW_DEPTH_MAX),
                                 .arena = arena};
    struct review_builder builder = {0};
    if (!json_read_fields(&reader, fields, &builder) || !json_expect_end(&reader.scan))
        return json_reader_error(&reader, "AdmissionReview", err);
    if (check_review(&builder, err))
        return -1;
    *review = builder.review;
    return 0;
}

/* --- Templates -----------------------------------------------------------------------------------
 */

struct template_walk {
    const char *const *path; /* the members that are still ahead */
    struct pod_view *pod;
};

static bool read_towards_template(struct json_reader *reader, void *target)
{
    struct template_walk *walk = target;
    if (!*walk->path) {
        struct object_head head;
        walk->pod = pod_read(reader, &head);
        return walk->pod;
    }
    const struct json_field fields[] = {
        {.name = slice_of(*walk->path++), .read = read_towards_template}, {JSON_FIELDS_END}};
    return json_read_fields(reader, fields, walk);
}

struct pod_view *review_read_template(struct arena *arena, struct slice raw,
                                      const char *const *path, struct error **err)
{
    if (!slice_present(raw))
        return NULL;
    struct json_reader reader = {.scan = json_scan_of(raw.data, raw.length, REVIEW_DEPTH_MAX),
                                 .arena = arena};
    struct template_walk walk = {.path = path};
    if (!read_towards_template(&reader, &walk) || !json_expect_end(&reader.scan)) {
        (void)json_reader_error(&reader, "object", err);
        return NULL;
    }
    return walk.pod;
}
