/* The answer of `kubectl gmsa why`, as text and as a tree. */
#include <string.h>

#include "lib/common/quote.h"
#include "webhook/kubectl/judgement.h"
#include "webhook/report/nodes.h"

static const struct {
    const char *title, *word;
} steps[] = {
    [ADMISSION_MUTATE] = {"mutate", "mutate"},
    [ADMISSION_API_RULES] = {"API server's rules", "api-server"},
    [ADMISSION_VALIDATE] = {"validate", "validate"},
};

/* --- Text ------------------------------------------------------------------------------------- */

/* One line: "  TITLE  TEXT", wide enough for the longest reason, with what could move the cursor
 * made visible. */
static void write_line(struct buffer *out, const char *title, const char *text)
{
    buffer_append_format(out, "  %-21s ", title);
    quote_append_visible(out, slice_of(text));
    buffer_append_byte(out, '\n');
}

static const char *permission_text(const struct permission_answer *permission, struct arena *arena)
{
    switch (permission->authorisation) {
    case AUTHORISATION_ALLOWED:
        return arena_format(arena, "may be used (%s)", permission->how);
    case AUTHORISATION_DENIED:
        return arena_format(arena, "may not be used (%s)", permission->how);
    case AUTHORISATION_UNAVAILABLE:
        break;
    }
    return "it is not known whether it may be used";
}

static const char *spec_text(const struct asked_spec *spec, struct arena *arena)
{
    switch (spec->lookup) {
    case LOOKUP_MISSING:
        return "does not exist";
    case LOOKUP_UNAVAILABLE:
        return "could not be read";
    case LOOKUP_FOUND:
        break;
    }
    const struct credspec_resource *resource = spec->spec->resource;
    if (resource->canonical)
        return arena_format(arena, "valid, account %s of %s", resource->account, resource->domain);
    return arena_format(arena, "not valid: %s",
                        resource->problem ? resource->problem : "it has no credspec");
}

static void write_steps(struct buffer *out, const struct judgement *judgement, struct arena *arena)
{
    const struct admission_result *result = &judgement->result;
    for (int step = ADMISSION_MUTATE; step <= ADMISSION_VALIDATE; step++) {
        const char *text = "ok";
        if (step > (int)result->step)
            text = "not reached";
        else if (step == (int)result->step && !result->allowed)
            text = judgement->known ? arena_format(arena, "refused (%d %s): %s", result->code,
                                                   result->reason, result->message)
                                    : arena_format(arena, "not known: %s", result->message);
        write_line(out, steps[step].title, text);
    }
}

static void write_running(struct buffer *out, const struct judgement *judgement,
                          struct arena *arena)
{
    if (!judgement->runs)
        return;
    if (judgement->objection_count > 0)
        buffer_append_text(out, "The running pod is not what would be created today:\n");
    else if (judgement->known)
        buffer_append_text(out, "The running pod is what would be created today.\n");
    else
        buffer_append_text(out, "Nothing else is known to be wrong with the running pod.\n");
    for (size_t i = 0; i < judgement->objection_count; i++)
        write_line(out, judgement->objections[i].reason,
                   arena_format(arena, "%s", judgement->objections[i].message));
}

void judgement_write_text(struct buffer *out, const struct judgement *judgement,
                          struct arena *arena)
{
    const struct admission_subject *subject = judgement->subject;
    const char *verdict = !judgement->known           ? "it is not known whether %s be admitted"
                          : judgement->result.allowed ? "%s be admitted"
                                                      : "%s be refused";
    const char *who = !judgement->known   ? (subject->workload ? "its pods would" : "it would")
                      : subject->workload ? "its pods would"
                                          : "would";
    buffer_append_format(out, "%s in namespace %.*s: ", subject->label,
                         SLICE_FORMAT(subject->namespace));
    const char *at = strstr(verdict, "%s");
    buffer_append_format(out, "%.*s%s%s\n", (int)(at - verdict), verdict, who, at + 2);
    write_line(
        out, "service account",
        arena_copy(arena, judgement->service_account.data, judgement->service_account.length));
    for (size_t i = 0; i < judgement->spec_count; i++) {
        const struct asked *asked = judgement->specs[i];
        write_line(out, arena_format(arena, "spec %.*s", SLICE_FORMAT(asked->question.spec_name)),
                   arena_format(arena, "%s; %s", permission_text(&asked->permission, arena),
                                spec_text(asked->spec, arena)));
    }
    if (judgement->spec_count == 0 && judgement->result.allowed)
        write_line(out, "spec", "none: the pod has no gMSA");
    write_steps(out, judgement, arena);
    for (size_t i = 0; i < judgement->result.warning_count; i++)
        write_line(out, "warning", judgement->result.warnings[i]);
    write_running(out, judgement, arena);
    for (size_t i = 0; i < judgement->note_count; i++)
        write_line(out, "note", judgement->notes[i]);
}

/* --- Tree ------------------------------------------------------------------------------------- */

static void add_texts(struct arena *arena, struct node *object, const char *name,
                      const char *const *texts, size_t count)
{
    struct node *list = report_set_list(arena, object, name);
    for (size_t i = 0; i < count; i++)
        node_append(list, node_create_text(arena, slice_of(texts[i])));
}

static void add_spec(struct arena *arena, struct node *list, const struct asked *asked)
{
    static const char *const permissions[] = {[AUTHORISATION_ALLOWED] = "allowed",
                                              [AUTHORISATION_DENIED] = "denied",
                                              [AUTHORISATION_UNAVAILABLE] = "unknown"};
    const struct asked_spec *spec = asked->spec;
    struct node *item = report_add_object(arena, list);
    report_set_text(arena, item, "name", asked->question.spec_name);
    report_set_text(arena, item, "permission",
                    slice_of(permissions[asked->permission.authorisation]));
    report_set_text(arena, item, "permissionBy", slice_of(asked->permission.how));
    report_set_text(arena, item, "permissionDetail", slice_of(asked->permission.detail));
    if (spec->lookup == LOOKUP_UNAVAILABLE) {
        report_set_text(arena, item, "problem", slice_of(spec->problem));
        return;
    }
    report_set_boolean(arena, item, "exists", spec->lookup == LOOKUP_FOUND);
    if (spec->lookup != LOOKUP_FOUND)
        return;
    report_set_boolean(arena, item, "valid", spec->spec->resource->canonical != NULL);
    report_set_text(arena, item, "problem", slice_of(spec->spec->resource->problem));
}

static void add_result(struct arena *arena, struct node *object, const struct judgement *judgement)
{
    const struct admission_result *result = &judgement->result;
    if (judgement->known)
        report_set_boolean(arena, object, "admitted", result->allowed);
    else
        node_set_member(arena, object, "admitted", node_create(arena, NODE_NULL));
    if (!result->allowed) {
        report_set_text(arena, object, "step", slice_of(steps[result->step].word));
        report_set_count(arena, object, "code", (size_t)result->code);
        report_set_text(arena, object, "reason", slice_of(result->reason));
        report_set_text(arena, object, "message", slice_of(result->message));
    }
    add_texts(arena, object, "warnings", result->warnings, result->warning_count);
    add_texts(arena, object, "notes", judgement->notes, judgement->note_count);
}

struct node *judgement_node(const struct judgement *judgement, struct arena *arena)
{
    struct node *object = node_create(arena, NODE_OBJECT);
    report_set_text(arena, object, "object", slice_of(judgement->subject->label));
    report_set_text(arena, object, "namespace", judgement->subject->namespace);
    report_set_text(arena, object, "serviceAccount", judgement->service_account);
    add_result(arena, object, judgement);
    struct node *specs = report_set_list(arena, object, "specs");
    for (size_t i = 0; i < judgement->spec_count; i++)
        add_spec(arena, specs, judgement->specs[i]);
    if (!judgement->runs)
        return object;
    struct node *objections = report_set_list(arena, object, "runningDiffers");
    for (size_t i = 0; i < judgement->objection_count; i++) {
        struct node *item = report_add_object(arena, objections);
        report_set_text(arena, item, "reason", slice_of(judgement->objections[i].reason));
        report_set_text(arena, item, "message", slice_of(judgement->objections[i].message));
    }
    return object;
}
