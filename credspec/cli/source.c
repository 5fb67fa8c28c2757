#include "credspec/cli/source.h"

#include <string.h>

#include "credspec/cli/output.h"
#include "credspec/resource.h"
#include "credspec/spec.h"
#include "lib/common/memory.h"

void source_check(const struct manifest *manifest, struct findings *findings)
{
    if (manifest->kind == MANIFEST_RESOURCE)
        credspec_check_resource(manifest->object, manifest->pointer, findings);
    else
        credspec_check(manifest->spec, manifest->spec_pointer, findings);
    findings_sort(findings);
}

bool source_has_finding(const struct findings *findings, const char *spec_pointer,
                        const char *field)
{
    cleanup_free char *pointer = xasprintf("%s%s", spec_pointer, field);
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].pointer, pointer) == 0)
            return true;
    return false;
}

int source_document_error(const struct document *document, struct error **err)
{
    if (document->unreadable) /* the message names the file */
        return error_set(err, document->error->code, "%s", document->error->message);
    if (document->where.line == 0)
        return error_set(err, document->error->code, "%s: %s", document->file,
                         document->error->message);
    return error_set(err, document->error->code, "%s:%u:%u: %s", document->file,
                     document->where.line, document->where.column, document->error->message);
}

static const char *path_shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

int source_none_error(const char *path, struct error **err)
{
    return error_set(err, ERROR_INPUT,
                     "%s holds no credential spec: neither a bare one (CmsPlugins, "
                     "DomainJoinConfig, ActiveDirectoryConfig) nor a " CREDSPEC_KIND,
                     path_shown(path));
}

const struct rule *source_syntax_rule(void)
{
    static const struct rule syntax = {
        .code = "CS000",
        .name = "syntax",
        .severity = SEVERITY_ERROR,
        .title = "the file is JSON or YAML",
        .why = "A text that cannot be read as JSON or YAML reaches nobody: neither kubectl nor "
               "Windows takes it. Members of the same name twice, text behind the end, and text "
               "that is not UTF-8 are refused as well: programs differ in what they make of them, "
               "and an identity must mean one thing.",
    };
    for (const struct rule *rule = credspec_rules(); rule->code; rule++)
        if (strcmp(rule->name, syntax.name) == 0)
            return rule;
    return &syntax;
}

struct slice source_object_name(const struct node *object)
{
    return node_text(node_member(object, "metadata"), "name");
}

/* --- Exactly one spec ---------------------------------------------------------------------------
 */

struct search {
    struct source *source;
    const char *name; /* that is wanted, or NULL */
    size_t found;
    struct buffer names; /* of those that were found and may be wanted */
    struct error *error;
};

static void keep(struct source *source, const struct manifest *manifest)
{
    source->findings.arena = &source->arena;
    source_check(manifest, &source->findings);
    source->file = arena_format(&source->arena, "%s", manifest->document->file);
    source->kind = manifest->kind;
    source->spec_pointer = arena_format(&source->arena, "%s", manifest->spec_pointer);
    source->object = node_copy(&source->arena, manifest->object);
    source->spec = manifest->kind == MANIFEST_RESOURCE ? node_member(source->object, "credspec")
                                                       : source->object;
    if (source->spec && source->spec->type != NODE_OBJECT)
        source->spec = NULL;
}

enum { NAMES_SHOWN = 400 /* bytes */ };

static void note_name(struct search *search, struct slice name)
{
    if (name.length == 0 || search->names.length > NAMES_SHOWN)
        return;
    buffer_append_text(&search->names, search->names.length > 0 ? ", " : "");
    buffer_append(&search->names, name.data, name.length);
}

static bool search_manifest(const struct manifest *manifest, void *context)
{
    struct search *search = context;
    if (manifest->kind == MANIFEST_BROKEN) {
        source_document_error(manifest->document, &search->error);
        return false;
    }
    if (manifest->kind == MANIFEST_OTHER)
        return true;
    struct slice name = manifest->kind == MANIFEST_RESOURCE ? source_object_name(manifest->object)
                                                            : (struct slice){0};
    note_name(search, name);
    if (search->name && !slice_is(name, search->name))
        return true;
    if (search->found++ == 0)
        keep(search->source, manifest);
    return true;
}

static int several_error(const struct search *search, const char *path, const char *option,
                         struct error **err)
{
    if (search->name)
        return error_set(err, ERROR_INPUT, "%s holds %zu credential specs called \"%s\"",
                         path_shown(path), search->found, search->name);
    if (option && search->names.length > 0)
        return error_set(err, ERROR_INPUT,
                         "%s holds %zu credential specs, and this command takes one: say which "
                         "with %s: %s",
                         path_shown(path), search->found, option, buffer_text(&search->names));
    return error_set(err, ERROR_INPUT,
                     "%s holds %zu credential specs, and this command takes one: put it into "
                     "a file of its own",
                     path_shown(path), search->found);
}

int source_read_named(const char *path, const char *name, const char *option, struct source *source,
                      struct error **err)
{
    *source = (struct source){.kind = MANIFEST_OTHER};
    struct search search = {.source = source, .name = name};
    manifest_visit(path, search_manifest, &search);
    int result = 0;
    if (search.error)
        result = error_move(err, search.error);
    else if (search.found == 0 && name && search.names.length > 0)
        result =
            error_set(err, ERROR_NOT_FOUND, "%s holds no credential spec called \"%s\", but %s",
                      path_shown(path), name, buffer_text(&search.names));
    else if (search.found == 0)
        result = source_none_error(path, err);
    else if (search.found > 1)
        result = several_error(&search, path, option, err);
    buffer_release(&search.names);
    return result;
}

int source_read(const char *path, struct source *source, struct error **err)
{
    return source_read_named(path, NULL, NULL, source, err);
}

void source_release(struct source *source)
{
    arena_release(&source->arena);
}

void source_report(const struct source *source)
{
    for (size_t i = 0; i < source->findings.count; i++)
        output_finding(stderr, source->file, &source->findings.items[i]);
}
