#include "webhook/decision/patch.h"

#include "lib/document/json_write.h"
#include "lib/document/tree.h"

/* False where the operation would make the patch too large. Text grows by quoting; what is written
 * here are specs, user names and grants, in which it less than doubles. */
static bool begin(struct patch *patch, size_t size)
{
    if (patch->overflow || patch->text.length + 2 * size > PATCH_SIZE_MAX) {
        patch->overflow = true;
        return false;
    }
    if (patch->text.length > 0)
        buffer_append_byte(&patch->text, ',');
    return true;
}

static void write_path(struct patch *patch, const char *operation, const char *pointer)
{
    buffer_append_format(&patch->text, "{\"op\":\"%s\",\"path\":", operation);
    json_write_string(&patch->text, slice_of(pointer));
}

void patch_text(struct patch *patch, enum patch_operation operation, const char *pointer,
                struct slice value)
{
    if (!begin(patch, value.length))
        return;
    write_path(patch, operation == PATCH_ADD ? "add" : "replace", pointer);
    buffer_append_text(&patch->text, ",\"value\":");
    json_write_string(&patch->text, value);
    buffer_append_byte(&patch->text, '}');
}

/* Adds the whole windowsOptions, inside a new securityContext where that is missing too. */
static void add_windows_options(struct patch *patch, const struct place *place, const char *context,
                                struct slice contents, struct slice user)
{
    bool inside = place->has_security_context;
    if (!begin(patch, contents.length + user.length))
        return;
    write_path(patch, "add",
               inside ? arena_format(patch->arena, "%s/windowsOptions", context) : context);
    buffer_append_text(&patch->text, inside ? ",\"value\":{" : ",\"value\":{\"windowsOptions\":{");
    if (slice_present(contents)) {
        buffer_append_text(&patch->text, "\"gmsaCredentialSpec\":");
        json_write_string(&patch->text, contents);
    }
    if (slice_present(user)) {
        buffer_append_text(&patch->text,
                           slice_present(contents) ? ",\"runAsUserName\":" : "\"runAsUserName\":");
        json_write_string(&patch->text, user);
    }
    buffer_append_text(&patch->text, inside ? "}}" : "}}}");
}

void patch_windows_options(struct patch *patch, const struct place *place, struct slice contents,
                           struct slice run_as_user_name)
{
    if (!slice_present(contents) && !slice_present(run_as_user_name))
        return;
    const char *context =
        arena_format(patch->arena, "%s/securityContext", place_pointer(place, patch->arena));
    if (!place->has_security_context || !place->has_windows_options) {
        add_windows_options(patch, place, context, contents, run_as_user_name);
        return;
    }
    if (slice_present(contents))
        patch_text(patch, slice_present(place->contents) ? PATCH_REPLACE : PATCH_ADD,
                   arena_format(patch->arena, "%s/windowsOptions/gmsaCredentialSpec", context),
                   contents);
    if (slice_present(run_as_user_name))
        patch_text(patch, slice_present(place->run_as_user_name) ? PATCH_REPLACE : PATCH_ADD,
                   arena_format(patch->arena, "%s/windowsOptions/runAsUserName", context),
                   run_as_user_name);
}

static const char *annotation_pointer(struct patch *patch, struct slice key)
{
    cleanup_buffer struct buffer pointer = {0};
    buffer_append_text(&pointer, "/metadata/annotations");
    pointer_append(&pointer, key);
    return arena_copy(patch->arena, pointer.data, pointer.length);
}

void patch_annotation(struct patch *patch, const struct pod_view *pod, struct slice key,
                      bool exists, struct slice value)
{
    if (pod->has_metadata && pod->has_annotations) {
        patch_text(patch, exists ? PATCH_REPLACE : PATCH_ADD, annotation_pointer(patch, key),
                   value);
        return;
    }
    if (!begin(patch, value.length))
        return;
    write_path(patch, "add", pod->has_metadata ? "/metadata/annotations" : "/metadata");
    buffer_append_text(&patch->text, ",\"value\":{");
    if (!pod->has_metadata)
        buffer_append_text(&patch->text, "\"annotations\":{");
    json_write_string(&patch->text, key);
    buffer_append_byte(&patch->text, ':');
    json_write_string(&patch->text, value);
    buffer_append_text(&patch->text, pod->has_metadata ? "}}" : "}}}");
}

void patch_remove_annotation(struct patch *patch, struct slice key)
{
    if (!begin(patch, key.length))
        return;
    write_path(patch, "remove", annotation_pointer(patch, key));
    buffer_append_byte(&patch->text, '}');
}

const char *patch_finish(struct patch *patch)
{
    if (patch->text.length == 0 || patch->overflow)
        return NULL;
    char *whole = arena_allocate(patch->arena, patch->text.length + 3);
    whole[0] = '[';
    memcpy(whole + 1, patch->text.data, patch->text.length);
    whole[patch->text.length + 1] = ']';
    return whole;
}

void patch_release(struct patch *patch)
{
    buffer_release(&patch->text);
}
