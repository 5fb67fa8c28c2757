#include "webhook/decision/pod_reader.h"

#include <stdlib.h>

/* A pod while it is being read. */
struct pod_builder {
    struct pod_view view;
    struct object_head head;
    struct slice service_account_name, deprecated_service_account;
    struct json_list containers, init_containers, ephemeral_containers;
};

/* --- Places --------------------------------------------------------------------------------------
 */

static bool read_tristate(struct json_reader *reader, void *target)
{
    enum tristate *state = target;
    bool value = false;
    if (!json_read_boolean(&reader->scan, &value))
        return false;
    *state = value ? SET_TRUE : SET_FALSE;
    return true;
}

static bool read_windows_options(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("gmsaCredentialSpecName"), offsetof(struct place, spec_name), json_field_text},
        {JSON_NAME("gmsaCredentialSpec"), offsetof(struct place, contents), json_field_text},
        {JSON_NAME("runAsUserName"), offsetof(struct place, run_as_user_name), json_field_text},
        {JSON_NAME("hostProcess"), offsetof(struct place, host_process), read_tristate},
        {JSON_FIELDS_END}};
    struct place *place = target;
    const char *begin = reader->scan.at;
    if (!json_read_fields(reader, fields, place))
        return false;
    place->has_windows_options = true;
    place->raw = (struct slice){begin, (size_t)(reader->scan.at - begin)};
    return true;
}

/* A pod's and a container's security context differ, but not in what matters here. */
static bool read_security_context(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("windowsOptions"), 0, read_windows_options},
        {JSON_NAME("runAsNonRoot"), offsetof(struct place, run_as_non_root), read_tristate},
        {JSON_FIELDS_END}};
    struct place *place = target;
    place->has_security_context = true;
    return json_read_fields(reader, fields, place);
}

static bool read_container(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("name"), offsetof(struct place, name), json_field_text},
        {JSON_NAME("securityContext"), 0, read_security_context},
        {JSON_FIELDS_END}};
    return json_read_fields(reader, fields, target);
}

static bool read_containers(struct json_reader *reader, void *target)
{
    return json_read_list(reader, read_container, sizeof(struct place), REVIEW_CONTAINERS_MAX,
                          target);
}

/* Moves a list behind the places that are there. */
static void append_places(struct pod_view *view, enum place_kind kind, const struct json_list *list)
{
    const struct place *places = list->items;
    for (size_t i = 0; i < list->count; i++) {
        struct place *place = &view->places[view->place_count++];
        *place = places[i];
        place->kind = kind;
        place->index = i;
    }
}

/* --- Metadata ------------------------------------------------------------------------------------
 */

static int compare_annotations(const void *a, const void *b)
{
    return slice_compare(((const struct annotation *)a)->key, ((const struct annotation *)b)->key);
}

/* In Go's map a null is a key with the value "". */
static bool read_annotation_value(struct json_reader *reader, struct slice *value)
{
    if (json_peek(&reader->scan) != JSON_NULL)
        return json_field_text(reader, value);
    *value = slice_of("");
    return json_read_null(&reader->scan);
}

static bool read_annotation(struct json_reader *reader, struct json_string name,
                            struct json_list *ours, bool *mirror)
{
    struct slice key = json_unescape(name, reader->arena);
    if (slice_is(key, "kubernetes.io/config.mirror"))
        *mirror = true;
    if (!slice_starts_with(key, ANNOTATION_DOMAIN))
        return json_skip(&reader->scan, NULL);
    if (ours->count == REVIEW_LIST_MAX)
        return json_scan_fail(&reader->scan,
                              "there are too many annotations of " ANNOTATION_DOMAIN);
    struct annotation *annotation = json_list_add(ours, sizeof(*annotation), reader->arena);
    annotation->key = key;
    return read_annotation_value(reader, &annotation->value);
}

static bool read_annotations(struct json_reader *reader, void *target)
{
    struct pod_view *view = target;
    struct json_list ours = {0};
    struct json_string name;
    if (!json_enter_object(&reader->scan))
        return false;
    while (json_next_member(&reader->scan, &name)) {
        if (!read_annotation(reader, name, &ours, &view->mirror))
            return false;
    }
    view->has_annotations = true;
    view->annotations = ours.items;
    view->annotation_count = ours.count;
    if (ours.count > 1)
        qsort(ours.items, ours.count, sizeof(struct annotation), compare_annotations);
    for (size_t i = 1; i < ours.count; i++) {
        if (slice_equal(view->annotations[i - 1].key, view->annotations[i].key))
            return json_scan_fail(&reader->scan, "an annotation of ours stands there twice");
    }
    return !reader->scan.problem;
}

static bool read_metadata(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("name"), offsetof(struct pod_view, name), json_field_text},
        {JSON_NAME("generateName"), offsetof(struct pod_view, generate_name), json_field_text},
        {JSON_NAME("namespace"), offsetof(struct pod_view, namespace), json_field_text},
        {JSON_NAME("annotations"), 0, read_annotations},
        {JSON_FIELDS_END}};
    struct pod_view *view = target;
    view->has_metadata = true;
    return json_read_fields(reader, fields, view);
}

/* --- Spec ----------------------------------------------------------------------------------------
 */

static bool read_selected_os(struct json_reader *reader, void *target)
{
    struct pod_view *view = target;
    struct slice os;
    if (!json_field_text(reader, &os))
        return false;
    view->selects_windows = slice_is(os, "windows");
    view->selects_linux = slice_is(os, "linux");
    return true;
}

static const struct json_field os_fields[] = {
    {JSON_NAME("name"), offsetof(struct pod_view, os_name), json_field_text}, {JSON_FIELDS_END}};

static const struct json_field node_selector_fields[] = {
    {JSON_NAME("kubernetes.io/os"), 0, read_selected_os}, {JSON_FIELDS_END}};

/* The pod's own place: places[0], which pod_read() has made. */
static bool read_pod_security_context(struct json_reader *reader, void *target)
{
    struct pod_view *view = target;
    return read_security_context(reader, &view->places[0]);
}

static bool read_spec(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("containers"), offsetof(struct pod_builder, containers), read_containers},
        {JSON_NAME("initContainers"), offsetof(struct pod_builder, init_containers),
         read_containers},
        {JSON_NAME("ephemeralContainers"), offsetof(struct pod_builder, ephemeral_containers),
         read_containers},
        {JSON_NAME("securityContext"), offsetof(struct pod_builder, view),
         read_pod_security_context},
        {JSON_NAME("serviceAccountName"), offsetof(struct pod_builder, service_account_name),
         json_field_text},
        {JSON_NAME("serviceAccount"), offsetof(struct pod_builder, deprecated_service_account),
         json_field_text},
        {JSON_NAME("hostname"), offsetof(struct pod_builder, view.hostname), json_field_text},
        {JSON_NAME("hostNetwork"), offsetof(struct pod_builder, view.host_network),
         json_field_boolean},
        {JSON_NAME("os"), offsetof(struct pod_builder, view), .members = os_fields},
        {JSON_NAME("nodeSelector"), offsetof(struct pod_builder, view),
         .members = node_selector_fields},
        {JSON_FIELDS_END}};
    struct pod_builder *builder = target;
    builder->view.has_spec = true;
    return json_read_fields(reader, fields, builder);
}

/* --- Pod -----------------------------------------------------------------------------------------
 */

static struct pod_view *finish_pod(struct pod_builder *builder, struct arena *arena)
{
    const struct place own = builder->view.places[0];
    size_t containers = builder->containers.count + builder->init_containers.count +
                        builder->ephemeral_containers.count;
    struct pod_view *view = arena_allocate(arena, sizeof(*view));
    *view = builder->view;
    view->places = arena_allocate_array(arena, 1 + containers, sizeof(struct place));
    view->places[0] = own;
    view->place_count = 1;
    append_places(view, PLACE_CONTAINER, &builder->containers);
    append_places(view, PLACE_INIT_CONTAINER, &builder->init_containers);
    append_places(view, PLACE_EPHEMERAL_CONTAINER, &builder->ephemeral_containers);
    if (builder->service_account_name.length)
        view->service_account = builder->service_account_name;
    else if (builder->deprecated_service_account.length)
        view->service_account = builder->deprecated_service_account;
    return view;
}

struct pod_view *pod_read(struct json_reader *reader, struct object_head *head)
{
    static const struct json_field fields[] = {
        {JSON_NAME("apiVersion"), offsetof(struct pod_builder, head.api_version), json_field_text},
        {JSON_NAME("kind"), offsetof(struct pod_builder, head.kind), json_field_text},
        {JSON_NAME("metadata"), offsetof(struct pod_builder, view), read_metadata},
        {JSON_NAME("spec"), 0, read_spec},
        {JSON_FIELDS_END}};
    struct place own = {.kind = PLACE_POD};
    struct pod_builder builder = {.view.places = &own};
    if (!json_read_fields(reader, fields, &builder))
        return NULL;
    *head = builder.head;
    return finish_pod(&builder, reader->arena);
}
