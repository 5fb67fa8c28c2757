#include "tests/support/review_oracle.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/review_dump.h"

struct oracle {
    struct arena *arena;
    bool refuses;
};

/* The member of that name when it is of that type; a null is as none, another type refuses. */
static json_t *member(struct oracle *oracle, const json_t *object, const char *name, json_type type)
{
    json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value))
        return NULL;
    if (json_typeof(value) != type)
        oracle->refuses = true;
    return json_typeof(value) == type ? value : NULL;
}

static struct slice text_of(struct oracle *oracle, const json_t *string)
{
    size_t length = json_string_length(string);
    return (struct slice){arena_copy(oracle->arena, json_string_value(string), length), length};
}

static struct slice text(struct oracle *oracle, const json_t *object, const char *name)
{
    const json_t *string = member(oracle, object, name, JSON_STRING);
    return string ? text_of(oracle, string) : (struct slice){0};
}

static enum tristate boolean(struct oracle *oracle, const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value))
        return UNSET;
    if (!json_is_boolean(value))
        oracle->refuses = true;
    return json_is_true(value) ? SET_TRUE : SET_FALSE;
}

static struct slice raw(struct oracle *oracle, const json_t *value)
{
    char *dump = json_dumps(value, JSON_COMPACT);
    struct slice copy = {arena_copy(oracle->arena, dump, strlen(dump)), strlen(dump)};
    free(dump);
    return copy;
}

static void fill_place(struct oracle *oracle, const json_t *owner, struct place *place)
{
    const json_t *context = member(oracle, owner, "securityContext", JSON_OBJECT);
    const json_t *windows = member(oracle, context, "windowsOptions", JSON_OBJECT);
    place->has_security_context = context;
    place->has_windows_options = windows;
    place->run_as_non_root = boolean(oracle, context, "runAsNonRoot");
    if (!windows)
        return;
    place->raw = raw(oracle, windows);
    place->spec_name = text(oracle, windows, "gmsaCredentialSpecName");
    place->contents = text(oracle, windows, "gmsaCredentialSpec");
    place->run_as_user_name = text(oracle, windows, "runAsUserName");
    place->host_process = boolean(oracle, windows, "hostProcess");
}

static void fill_containers(struct oracle *oracle, const json_t *list, enum place_kind kind,
                            struct pod_view *pod)
{
    size_t index;
    const json_t *container;
    if (json_array_size(list) > REVIEW_CONTAINERS_MAX)
        oracle->refuses = true;
    json_array_foreach(list, index, container)
    {
        struct place *place = &pod->places[pod->place_count++];
        if (!json_is_object(container))
            oracle->refuses = true;
        place->kind = kind;
        place->index = index;
        place->name = text(oracle, container, "name");
        fill_place(oracle, container, place);
    }
}

static void fill_places(struct oracle *oracle, const json_t *spec, struct pod_view *pod)
{
    static const char *const names[] = {[PLACE_CONTAINER] = "containers",
                                        [PLACE_INIT_CONTAINER] = "initContainers",
                                        [PLACE_EPHEMERAL_CONTAINER] = "ephemeralContainers"};
    size_t count = 1;
    for (int kind = PLACE_CONTAINER; kind <= PLACE_EPHEMERAL_CONTAINER; kind++)
        count += json_array_size(json_object_get(spec, names[kind]));
    pod->places = arena_allocate_array(oracle->arena, count, sizeof(struct place));
    pod->place_count = 1;
    fill_place(oracle, spec, &pod->places[0]);
    for (int kind = PLACE_CONTAINER; kind <= PLACE_EPHEMERAL_CONTAINER; kind++)
        fill_containers(oracle, member(oracle, spec, names[kind], JSON_ARRAY),
                        (enum place_kind)kind, pod);
}

/* Selection sort: there are few, and it is plainly right. */
static void sort_annotations(struct annotation *annotations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            if (strcmp(annotations[j].key.data, annotations[i].key.data) < 0) {
                struct annotation swap = annotations[i];
                annotations[i] = annotations[j];
                annotations[j] = swap;
            }
        }
    }
}

static void fill_annotations(struct oracle *oracle, json_t *annotations, struct pod_view *pod)
{
    const char *key;
    json_t *value;
    pod->has_annotations = annotations;
    pod->mirror = json_object_get(annotations, "kubernetes.io/config.mirror");
    pod->annotations = arena_allocate_array(oracle->arena, json_object_size(annotations) + 1,
                                            sizeof(struct annotation));
    json_object_foreach(annotations, key, value)
    {
        if (strncmp(key, "gmsa-identity.dev/", 18) != 0)
            continue;
        struct annotation *annotation = &pod->annotations[pod->annotation_count++];
        annotation->key = slice_of(arena_copy(oracle->arena, key, strlen(key)));
        if (json_is_string(value))
            annotation->value = text_of(oracle, value);
        else if (json_is_null(value))
            annotation->value = slice_of("");
        else
            oracle->refuses = true;
    }
    if (pod->annotation_count > REVIEW_LIST_MAX)
        oracle->refuses = true;
    sort_annotations(pod->annotations, pod->annotation_count);
}

static struct pod_view *make_pod(struct oracle *oracle, const json_t *object)
{
    struct pod_view *pod = arena_allocate(oracle->arena, sizeof(*pod));
    const json_t *metadata = member(oracle, object, "metadata", JSON_OBJECT);
    const json_t *spec = member(oracle, object, "spec", JSON_OBJECT);
    pod->has_metadata = metadata;
    pod->name = text(oracle, metadata, "name");
    pod->generate_name = text(oracle, metadata, "generateName");
    pod->namespace = text(oracle, metadata, "namespace");
    fill_annotations(oracle, member(oracle, metadata, "annotations", JSON_OBJECT), pod);
    pod->has_spec = spec;
    struct slice account = text(oracle, spec, "serviceAccountName");
    struct slice deprecated = text(oracle, spec, "serviceAccount");
    if (account.length > 0 || deprecated.length > 0)
        pod->service_account = account.length > 0 ? account : deprecated;
    pod->hostname = text(oracle, spec, "hostname");
    pod->os_name = text(oracle, member(oracle, spec, "os", JSON_OBJECT), "name");
    struct slice selected =
        text(oracle, member(oracle, spec, "nodeSelector", JSON_OBJECT), "kubernetes.io/os");
    pod->selects_windows = slice_is(selected, "windows");
    pod->selects_linux = slice_is(selected, "linux");
    pod->host_network = boolean(oracle, spec, "hostNetwork") == SET_TRUE;
    fill_places(oracle, spec, pod);
    return pod;
}

static void fill_objects(struct oracle *oracle, const json_t *request, struct review *review)
{
    const json_t *object = member(oracle, request, "object", JSON_OBJECT);
    const json_t *old = member(oracle, request, "oldObject", JSON_OBJECT);
    bool pods = review->resource_group.length == 0 && slice_is(review->resource, "pods");
    review->object_api_version = text(oracle, object, "apiVersion");
    review->object_kind = text(oracle, object, "kind");
    review->old_api_version = text(oracle, old, "apiVersion");
    review->old_kind = text(oracle, old, "kind");
    if (object) {
        review->object = raw(oracle, object);
        review->pod = pods ? make_pod(oracle, object) : NULL;
    }
    if (old) {
        review->old_object = raw(oracle, old);
        review->old_pod = pods ? make_pod(oracle, old) : NULL;
    }
}

static struct slice go_text(struct oracle *oracle, const json_t *object, const char *name)
{
    struct slice value = text(oracle, object, name);
    return slice_present(value) ? value : slice_of("");
}

static void fill_user(struct oracle *oracle, const json_t *user, struct review *review)
{
    const json_t *groups = member(oracle, user, "groups", JSON_ARRAY);
    size_t index;
    const json_t *group;
    review->user = text(oracle, user, "username");
    review->groups =
        arena_allocate_array(oracle->arena, json_array_size(groups) + 1, sizeof(struct slice));
    if (json_array_size(groups) > REVIEW_LIST_MAX)
        oracle->refuses = true;
    json_array_foreach(groups, index, group)
    {
        if (json_is_string(group))
            review->groups[review->group_count++] = text_of(oracle, group);
        else
            oracle->refuses = true;
    }
}

static void fill_review(struct oracle *oracle, const json_t *root, struct review *review)
{
    const json_t *request = member(oracle, root, "request", JSON_OBJECT);
    const json_t *kind = member(oracle, request, "kind", JSON_OBJECT);
    const json_t *resource = member(oracle, request, "resource", JSON_OBJECT);
    struct slice operation = text(oracle, request, "operation");
    review->uid = text(oracle, request, "uid");
    review->kind_group = go_text(oracle, kind, "group");
    review->kind_version = go_text(oracle, kind, "version");
    review->kind = go_text(oracle, kind, "kind");
    review->resource_group = go_text(oracle, resource, "group");
    review->resource_version = go_text(oracle, resource, "version");
    review->resource = go_text(oracle, resource, "resource");
    review->subresource = text(oracle, request, "subResource");
    review->operation = slice_is(operation, "CREATE")    ? OPERATION_CREATE
                        : slice_is(operation, "UPDATE")  ? OPERATION_UPDATE
                        : slice_is(operation, "DELETE")  ? OPERATION_DELETE
                        : slice_is(operation, "CONNECT") ? OPERATION_CONNECT
                                                         : OPERATION_OTHER;
    review->name = text(oracle, request, "name");
    review->namespace = text(oracle, request, "namespace");
    review->dry_run = boolean(oracle, request, "dryRun") == SET_TRUE;
    fill_user(oracle, member(oracle, request, "userInfo", JSON_OBJECT), review);
    fill_objects(oracle, request, review);
    if (!slice_is(text(oracle, root, "apiVersion"), "admission.k8s.io/v1") ||
        !slice_is(text(oracle, root, "kind"), "AdmissionReview") || review->uid.length < 1 ||
        review->uid.length > REVIEW_UID_MAX)
        oracle->refuses = true;
}

static size_t depth_of(json_t *value)
{
    size_t deepest = 0, index;
    const char *key;
    json_t *child;
    json_object_foreach(value, key, child)
    {
        size_t depth = depth_of(child);
        deepest = depth > deepest ? depth : deepest;
    }
    json_array_foreach(value, index, child)
    {
        size_t depth = depth_of(child);
        deepest = depth > deepest ? depth : deepest;
    }
    return json_is_object(value) || json_is_array(value) ? deepest + 1 : 0;
}

enum oracle_verdict review_oracle(struct arena *arena, const char *body, size_t length,
                                  struct review *review)
{
    const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
    json_error_t error;
    json_t *root = json_loadb(body, length, flags, &error);
    if (!root) {
        enum json_error_code code = json_error_code(&error);
        return code == json_error_numeric_overflow || code == json_error_null_byte_in_key
                   ? ORACLE_UNDECIDED
                   : ORACLE_REFUSES;
    }
    struct oracle oracle = {.arena = arena, .refuses = depth_of(root) > REVIEW_DEPTH_MAX};
    *review = (struct review){0};
    if (!json_is_object(root))
        oracle.refuses = true;
    else if (!oracle.refuses)
        fill_review(&oracle, root, review);
    json_decref(root);
    if (oracle.refuses)
        return ORACLE_REFUSES;
    root = json_loadb(body, length, flags | JSON_REJECT_DUPLICATES, &error);
    json_decref(root);
    return root ? ORACLE_ACCEPTS : ORACLE_DUPLICATE;
}

/* Whether a pod reads the same as the template that is its own object. */
static bool template_agrees(struct arena *arena, const struct review *review)
{
    const char *const itself[] = {NULL};
    cleanup_buffer struct buffer as_pod = {0}, as_template = {0};
    if (!review->pod)
        return true;
    pod_dump(&as_pod, "pod", review->pod);
    pod_dump(&as_template, "pod", review_read_template(arena, review->object, itself, NULL));
    return strcmp(buffer_text(&as_pod), buffer_text(&as_template)) == 0;
}

const char *review_disagreement(struct arena *arena, const char *body, size_t length)
{
    struct review read = {0}, expected = {0};
    cleanup_error struct error *err = NULL;
    cleanup_buffer struct buffer seen = {0}, wanted = {0};
    enum oracle_verdict verdict = review_oracle(arena, body, length, &expected);
    bool refused = review_read(arena, body, length, &read, &err) != 0;
    if (verdict == ORACLE_UNDECIDED)
        return NULL;
    if (refused)
        return verdict == ORACLE_ACCEPTS ? arena_format(arena, "refused: %s", err->message) : NULL;
    if (verdict == ORACLE_REFUSES)
        return "read although it must be refused";
    if (!template_agrees(arena, &read))
        return "the pod as a template reads differently";
    review_dump(&seen, &read);
    review_dump(&wanted, &expected);
    if (seen.length == wanted.length && memcmp(seen.data, wanted.data, seen.length) == 0)
        return NULL;
    return arena_format(arena, "--- read:\n%s--- expected:\n%s", buffer_text(&seen),
                        buffer_text(&wanted));
}
