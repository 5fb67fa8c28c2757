#include "credspec/manifest.h"

#include "credspec/fields.h"
#include "credspec/resource.h"
#include "lib/common/memory.h"

struct visit {
    manifest_function *function;
    void *context;
};

/* Whatever the letter case, so that the rules can say what is wrong with it. */
static bool has_spec_field(const struct node *object)
{
    static const char *const names[] = {"CmsPlugins", "DomainJoinConfig", "ActiveDirectoryConfig"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (fields_member_ignoring_case(object, names[i]))
            return true;
    return false;
}

static enum manifest_kind kind_of(const struct node *object)
{
    if (credspec_is_resource(object))
        return MANIFEST_RESOURCE;
    if (!object || object->type != NODE_OBJECT || node_member(object, "kind") ||
        node_member(object, "apiVersion") || !has_spec_field(object))
        return MANIFEST_OTHER;
    return MANIFEST_SPEC;
}

/* The items of a List of any objects or of specs, as `kubectl get -o yaml` prints it; else NULL. */
static const struct node *list_items(const struct node *object)
{
    struct slice kind = node_text(object, "kind");
    const struct node *items = node_member(object, "items");
    bool list = slice_is(kind, "List") || slice_is(kind, CREDSPEC_KIND "List");
    return list && items && items->type == NODE_ARRAY ? items : NULL;
}

static bool visit_object(const struct visit *visit, const struct document *document,
                         const struct node *object, const char *pointer)
{
    struct manifest manifest = {.document = document,
                                .kind = kind_of(object),
                                .object = object,
                                .pointer = pointer,
                                .spec_pointer = pointer};
    if (manifest.kind == MANIFEST_SPEC) {
        manifest.spec = object;
    } else if (manifest.kind == MANIFEST_RESOURCE) {
        manifest.spec = node_member(object, "credspec");
        manifest.spec_pointer = arena_format(document->arena, "%s/credspec", pointer);
    }
    return visit->function(&manifest, visit->context);
}

/* A List may hold another one: the depth of the document bounds this. */
static bool visit_tree(const struct visit *visit, const struct document *document,
                       const struct node *object, const char *pointer)
{
    const struct node *items = list_items(object);
    if (!items)
        return visit_object(visit, document, object, pointer);
    size_t number = 0;
    node_for_each (item, items) {
        const char *inner = arena_format(document->arena, "%s/items/%zu", pointer, number++);
        if (!visit_tree(visit, document, item, inner))
            return false;
    }
    return true;
}

static bool visit_document(const struct document *document, void *context)
{
    const struct visit *visit = context;
    if (document->root)
        return visit_tree(visit, document, document->root, "");
    const struct manifest broken = {
        .document = document, .kind = MANIFEST_BROKEN, .pointer = "", .spec_pointer = ""};
    return visit->function(&broken, visit->context);
}

bool manifest_visit(const char *path, manifest_function *visit, void *context)
{
    struct visit state = {visit, context};
    return documents_visit(path, NULL, visit_document, &state);
}

bool manifest_visit_text(const char *name, const char *text, size_t length,
                         manifest_function *visit, void *context)
{
    struct visit state = {visit, context};
    return documents_visit_text(name, text, length, NULL, visit_document, &state);
}
