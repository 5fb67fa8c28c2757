#include "webhook/kubectl/objects.h"

#include "lib/document/json_tree.h"

static void set_missing(struct arena *arena, struct node *object, const char *name,
                        const char *text)
{
    if (!slice_present(node_text(object, name)))
        node_set_member(arena, object, name, node_create_text(arena, slice_of(text)));
}

struct node *object_read(struct arena *arena, struct slice json, const char *api_version,
                         const char *kind, struct error **err)
{
    cleanup_error struct error *problem = NULL;
    struct node *object =
        json_tree_parse(arena, json.data, json.length, &(struct tree_limits){0}, NULL, &problem);
    if (!object || object->type != NODE_OBJECT) {
        (void)error_set(err, ERROR_PROTOCOL, "the API server's %s cannot be read: %s", kind,
                        problem ? problem->message : "it is no object");
        return NULL;
    }
    set_missing(arena, object, "apiVersion", api_version);
    set_missing(arena, object, "kind", kind);
    return object;
}
