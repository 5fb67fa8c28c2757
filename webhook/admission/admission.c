#include "webhook/admission/admission.h"

#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "webhook/admission/api_rules.h"
#include "webhook/decision/patch_apply.h"

/* --- The review ---------------------------------------------------------------------------------
 */

static void set_text(struct arena *arena, struct node *object, const char *name, struct slice text)
{
    node_set_member(arena, object, name, node_create_text(arena, text));
}

static struct node *group_version(struct arena *arena, const char *last, const char *value)
{
    struct node *node = node_create(arena, NODE_OBJECT);
    set_text(arena, node, "group", slice_of(""));
    set_text(arena, node, "version", slice_of("v1"));
    set_text(arena, node, last, slice_of(value));
    return node;
}

static struct node *user_info(const struct admission_request *request, struct arena *arena)
{
    struct node *groups = node_create(arena, NODE_ARRAY);
    for (size_t i = 0; i < request->group_count; i++)
        node_append(groups, node_create_text(arena, request->groups[i]));
    struct node *user = node_create(arena, NODE_OBJECT);
    set_text(arena, user, "username", request->user);
    node_set_member(arena, user, "groups", groups);
    return user;
}

struct node *admission_review(const struct admission_request *request, struct arena *arena)
{
    const struct node *metadata = node_member(request->object, "metadata");
    struct node *body = node_create(arena, NODE_OBJECT);
    const char *uid = arena_format(arena, "00000000-0000-4000-8000-%012zu", request->number);
    set_text(arena, body, "uid", slice_of(uid));
    node_set_member(arena, body, "kind", group_version(arena, "kind", "Pod"));
    node_set_member(arena, body, "resource", group_version(arena, "resource", "pods"));
    if (request->subresource[0])
        set_text(arena, body, "subResource", slice_of(request->subresource));
    struct slice name = node_text(metadata, "name");
    if (slice_present(name))
        set_text(arena, body, "name", name);
    set_text(arena, body, "namespace", request->namespace);
    set_text(arena, body, "operation", slice_of(request->old_object ? "UPDATE" : "CREATE"));
    node_set_member(arena, body, "userInfo", user_info(request, arena));
    node_set_member(arena, body, "object", node_copy(arena, request->object));
    if (request->old_object)
        node_set_member(arena, body, "oldObject", node_copy(arena, request->old_object));

    struct node *review = node_create(arena, NODE_OBJECT);
    set_text(arena, review, "apiVersion", slice_of("admission.k8s.io/v1"));
    set_text(arena, review, "kind", slice_of("AdmissionReview"));
    node_set_member(arena, review, "request", body);
    return review;
}

void admission_set_user(struct node *review, const struct admission_request *request,
                        struct arena *arena)
{
    struct node *body = (struct node *)node_member(review, "request");
    node_set_member(arena, body, "userInfo", user_info(request, arena));
}

/* --- The way ------------------------------------------------------------------------------------
 */

static void add_warning(struct admission_result *result, struct arena *arena, const char *text)
{
    for (size_t i = 0; i < result->warning_count; i++)
        if (strcmp(result->warnings[i], text) == 0)
            return;
    const char **warnings =
        arena_allocate_array(arena, result->warning_count + 1, sizeof(warnings[0]));
    for (size_t i = 0; i < result->warning_count; i++)
        warnings[i] = result->warnings[i];
    warnings[result->warning_count++] = text;
    result->warnings = warnings;
}

static void refuse(struct admission_result *result, int code, const char *reason,
                   const char *message)
{
    result->allowed = false;
    result->code = code;
    result->reason = reason;
    result->message = message;
    result->stored = NULL;
}

/* Whoever wrote the pod has not seen the review: the field helps, not its place in there. */
static const char *without_position(const char *message)
{
    static const char object[] = ": request.object.";
    const char *field = strstr(message, object);
    return field ? field + sizeof(object) - 1 : message;
}

/* Calls one endpoint as the API server would. NULL where the review could not be read. */
static const struct verdict *call(const struct admission_settings *settings,
                                  const struct node *review, enum endpoint endpoint,
                                  struct arena *arena, struct admission_result *result)
{
    cleanup_buffer struct buffer text = {0};
    cleanup_error struct error *err = NULL;
    json_write_canonical(&text, review);
    const char *body = arena_copy(arena, buffer_text(&text), text.length);

    struct review *read = arena_allocate(arena, sizeof(*read));
    if (review_read(arena, body, text.length, read, &err) < 0) {
        refuse(result, 400, "malformed-request",
               arena_format(arena, "%s", without_position(err->message)));
        return NULL;
    }
    struct questions questions = {0};
    decision_ask(read, endpoint, &settings->decision, arena, &questions);
    const struct answer *answers =
        questions.count > 0 ? settings->answer(settings->context, &questions, arena) : NULL;
    struct verdict *verdict = arena_allocate(arena, sizeof(*verdict));
    decision_verdict(read, endpoint, &settings->decision, &questions, answers, arena, verdict);
    for (size_t i = 0; i < verdict->warning_count; i++)
        add_warning(result, arena, verdict->warnings[i]);
    if (!verdict->allowed)
        refuse(result, verdict->code, verdict->reason, verdict->message);
    return verdict;
}

/* Puts the mutated object into the review. */
static int apply_patch(struct node *review, const char *text, struct arena *arena,
                       struct error **err)
{
    struct node *request = (struct node *)node_member(review, "request");
    const struct node *patch =
        json_tree_parse(arena, text, strlen(text), &(struct tree_limits){0}, NULL, err);
    struct node *object =
        patch ? patch_apply(arena, node_member(request, "object"), patch, err) : NULL;
    if (!object)
        return error_prefix(err, "the mutation's patch does not apply");
    node_set_member(arena, request, "object", object);
    return 0;
}

static bool obeys_api_rules(const struct node *object, struct arena *arena,
                            struct admission_result *result)
{
    struct api_errors errors = {.arena = arena};
    const struct node *metadata = node_member(object, "metadata");
    struct slice name = node_text(metadata, "name");
    if (name.length == 0)
        name = node_text(metadata, "generateName");
    api_rules_check_pod(object, &errors);
    if (errors.count == 0)
        return true;
    refuse(result, 422, "invalid", api_errors_text(&errors, name));
    return false;
}

int admission_run(const struct admission_settings *settings, struct node *review,
                  struct arena *arena, struct admission_result *result, struct error **err)
{
    *result = (struct admission_result){.allowed = true, .code = 200};
    const struct verdict *mutated = call(settings, review, ENDPOINT_MUTATE, arena, result);
    if (!mutated || !mutated->allowed)
        return 0;
    if (mutated->patch && apply_patch(review, mutated->patch, arena, err) < 0)
        return -1;
    const struct node *object = node_member(node_member(review, "request"), "object");
    result->step = ADMISSION_API_RULES;
    if (object && object->type == NODE_OBJECT && !obeys_api_rules(object, arena, result))
        return 0;
    result->step = ADMISSION_VALIDATE;
    const struct verdict *validated = call(settings, review, ENDPOINT_VALIDATE, arena, result);
    if (validated && validated->allowed && object && object->type == NODE_OBJECT)
        result->stored = object;
    return 0;
}
