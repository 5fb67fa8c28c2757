#include "webhook/kubectl/grants.h"

#include <stdlib.h>

#include "lib/document/json_tree.h"

static bool ends_with(struct slice text, const char *end)
{
    size_t length = strlen(end);
    return text.length >= length && memcmp(text.data + text.length - length, end, length) == 0;
}

/* What webhook/deploy puts there: "cluster-name", and a public key for each NAME.pub. */
static int read_map(struct grants *grants, struct slice json, bool wants_keys, struct error **err)
{
    const struct node *map = json_tree_parse(&grants->arena, json.data, json.length,
                                             &(struct tree_limits){0}, NULL, err);
    const struct node *data = map ? node_member(map, "data") : NULL;
    struct slice name = node_text(data, "cluster-name");
    if (!map)
        return -1;
    if (!grants->cluster_name && name.length > 0)
        grants->cluster_name = arena_copy(&grants->arena, name.data, name.length);
    if (!data || data->type != NODE_OBJECT || !wants_keys)
        return 0;
    node_for_each (entry, data) {
        const char *key = arena_copy(&grants->arena, entry->name.data, entry->name.length);
        if (ends_with(entry->name, ".pub") && entry->type == NODE_STRING &&
            grant_keys_add_public(&grants->keys, key, entry->text, err) < 0)
            return -1;
    }
    return 0;
}

static void load_map(struct grants *grants, struct cluster *cluster, const char *namespace)
{
    static const struct kube_resource maps = {"", "v1", "configmaps"};
    cleanup_error struct error *problem = NULL;
    bool wants_keys = !grants->keys;
    struct slice json;
    if (cluster_get(cluster, &maps, namespace, "gmsa-grants", &grants->arena, &json, &problem) ==
            0 &&
        read_map(grants, json, wants_keys, &problem) == 0 && grants->keys && grants->cluster_name)
        return;
    if (problem && wants_keys) {
        grant_keys_free(grants->keys);
        grants->keys = NULL;
    }
    grants->problem = arena_format(
        &grants->arena, "%s; give --grant-public-key and --cluster-name",
        problem ? problem->message
                : "the ConfigMap gmsa-grants has no public key, or no name of the cluster");
}

int grants_load(struct grants *grants, struct cluster *cluster,
                const struct grants_options *options, struct error **err)
{
    grants->cluster_name = options->cluster_name;
    if (options->public_key) {
        grants->keys = grant_keys_load(options->public_key, err);
        if (!grants->keys)
            return -1;
    }
    if (!grants->keys || !grants->cluster_name)
        load_map(grants, cluster, options->webhook_namespace);
    return 0;
}

void grants_release(struct grants *grants)
{
    grant_keys_free(grants->keys);
    arena_release(&grants->arena);
    *grants = (struct grants){0};
}
