#include "credspec/cli/source.h"

#include <string.h>

#include "credspec/cli/output.h"
#include "credspec/resource.h"
#include "credspec/spec.h"

void source_check(const struct manifest *manifest, struct findings *findings)
{
    if (manifest->kind == MANIFEST_RESOURCE)
        credspec_check_resource(manifest->object, manifest->pointer, findings);
    else
        credspec_check(manifest->spec, manifest->spec_pointer, findings);
    findings_sort(findings);
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
    size_t found;
    struct error *error;
};

static void keep(struct source *source, const struct manifest *manifest)
{
    source->findings.arena = &source->arena;
    source_check(manifest, &source->findings);
    source->file = arena_format(&source->arena, "%s", manifest->document->file);
    source->kind = manifest->kind;
    source->object = node_copy(&source->arena, manifest->object);
    source->spec = manifest->kind == MANIFEST_RESOURCE ? node_member(source->object, "credspec")
                                                       : source->object;
    if (source->spec && source->spec->type != NODE_OBJECT)
        source->spec = NULL;
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
    if (search->found++ == 0)
        keep(search->source, manifest);
    return true;
}

int source_read(const char *path, struct source *source, struct error **err)
{
    *source = (struct source){.kind = MANIFEST_OTHER};
    struct search search = {.source = source};
    manifest_visit(path, search_manifest, &search);
    if (search.error)
        return error_move(err, search.error);
    if (search.found == 0)
        return source_none_error(path, err);
    if (search.found > 1)
        return error_set(err, ERROR_INPUT,
                         "%s holds %zu credential specs, and this command takes one: put it into "
                         "a file of its own",
                         path_shown(path), search.found);
    return 0;
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
