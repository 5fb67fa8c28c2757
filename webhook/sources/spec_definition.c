#include "webhook/sources/spec_definition.h"

#include "lib/document/json_tree.h"

static bool is_true(const struct node *node)
{
    return node && node->type == NODE_BOOLEAN && node->boolean;
}

static bool version_keeps(const struct node *version)
{
    const struct node *schema = node_member(node_member(version, "schema"), "openAPIV3Schema");
    const struct node *properties = node_member(schema, "properties");
    return is_true(node_member(schema, "x-kubernetes-preserve-unknown-fields")) ||
           (node_member(properties, "runAsUserName") &&
            node_member(properties, "allowedRunAsUserNames"));
}

int spec_definition_read(struct slice json, bool *keeps, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    const struct node *object = json_tree_parse(&arena, json.data, json.length, NULL, NULL, err);
    if (!object)
        return error_prefix(err, "CustomResourceDefinition");
    if (object->type != NODE_OBJECT)
        return error_set(err, ERROR_INPUT, "CustomResourceDefinition: no object");
    const struct node *spec = node_member(object, "spec");
    const struct node *versions = node_member(spec, "versions");
    *keeps = is_true(node_member(spec, "preserveUnknownFields"));
    if (!versions || versions->type != NODE_ARRAY)
        return 0;
    node_for_each (version, versions)
        if (slice_is(node_text(version, "name"), "v1"))
            *keeps |= version_keeps(version);
    return 0;
}
