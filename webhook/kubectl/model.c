#include "webhook/kubectl/model.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "webhook/kubectl/notes.h"
#include "webhook/kubectl/objects.h"
#include "webhook/sources/rbac_read.h"

struct kind {
    const struct kube_resource *resource;
    const char *api_version, *kind;
    enum model_parts part;
    bool namespaced;
};

#define RBAC_VERSION RBAC_GROUP "/v1"

static const struct kube_resource accounts = {"", "v1", "serviceaccounts"};
static const struct kube_resource cluster_roles = {RBAC_GROUP, "v1", "clusterroles"};
static const struct kube_resource cluster_bindings = {RBAC_GROUP, "v1", "clusterrolebindings"};
static const struct kube_resource roles = {RBAC_GROUP, "v1", "roles"};
static const struct kube_resource bindings = {RBAC_GROUP, "v1", "rolebindings"};

static const struct kind kinds[] = {
    {&cluster_specs, CREDSPEC_API_VERSION, CREDSPEC_KIND, MODEL_SPECS, false},
    {&cluster_roles, RBAC_VERSION, "ClusterRole", MODEL_PERMISSIONS, false},
    {&cluster_bindings, RBAC_VERSION, "ClusterRoleBinding", MODEL_PERMISSIONS, false},
    {&roles, RBAC_VERSION, "Role", MODEL_PERMISSIONS, true},
    {&bindings, RBAC_VERSION, "RoleBinding", MODEL_PERMISSIONS, true},
    {&accounts, "v1", "ServiceAccount", MODEL_ACCOUNTS, true},
};

struct reading {
    const struct kind *kind;
    struct manifest_set *set, before; /* the set's counts when the list began */
    struct arena arena;               /* of one object */
    struct rbac_question use;         /* `use` of whatever spec */
};

/* A list that begins anew: what it brought so far does not count. */
static void on_begun(void *context)
{
    struct reading *reading = context;
    struct manifest_set *set = reading->set;
    while (set->spec_count > reading->before.spec_count)
        credspec_resource_free(set->specs[--set->spec_count].resource);
    set->broken_count = reading->before.broken_count;
    set->account_count = reading->before.account_count;
    set->rbac.role_count = reading->before.rbac.role_count;
    set->rbac.binding_count = reading->before.rbac.binding_count;
    set->problems.count = reading->before.problems.count;
    set->problems.errors = reading->before.problems.errors;
}

/* Whether it is a role that permits to use no spec at all: nearly all of a cluster's. */
static bool is_other_role(struct reading *reading, const struct node *object)
{
    struct rbac rbac = {.live = true};
    struct position where;
    bool other = false;
    if (reading->kind->resource != &roles && reading->kind->resource != &cluster_roles)
        return false;
    if (rbac_read(&rbac, object, slice_of(""), NULL, &reading->arena, &where, NULL) == 0)
        other = !rbac_role_allows_some(&rbac.roles[0], &reading->use);
    rbac_release(&rbac);
    return other;
}

static void on_object(struct slice json, void *context)
{
    static const struct origin origin = {.file = ORIGIN_CLUSTER};
    struct reading *reading = context;
    cleanup_error struct error *problem = NULL;
    struct node *object = object_read(&reading->arena, json, reading->kind->api_version,
                                      reading->kind->kind, &problem);
    if (!object)
        problems_add(&reading->set->problems, PROBLEM_ERROR, origin, "%s", problem->message);
    else if (!is_other_role(reading, object)) {
        /* With metadata alone it is of the kind PartialObjectMetadata. */
        node_set_member(&reading->arena, object, "apiVersion",
                        node_create_text(&reading->arena, slice_of(reading->kind->api_version)));
        node_set_member(&reading->arena, object, "kind",
                        node_create_text(&reading->arena, slice_of(reading->kind->kind)));
        manifest_set_add(reading->set, object, slice_of(""), origin);
    }
    arena_reset(&reading->arena);
}

static int read_kind(struct cluster *cluster, struct reading *reading, const char *namespace,
                     struct error **err)
{
    const struct cluster_list list = {
        .resource = reading->kind->resource,
        .namespace = reading->kind->namespaced ? namespace : NULL,
        .metadata_only = reading->kind->part == MODEL_ACCOUNTS,
        .begun = on_begun,
        .object = on_object,
        .context = reading,
    };
    reading->before = *reading->set;
    return cluster_list(cluster, &list, err);
}

/* Members of groups are a help to who reads the answer, no part of it. */
static int read_accounts(struct cluster *cluster, struct reading *reading, const char *namespace)
{
    cleanup_error struct error *problem = NULL;
    if (read_kind(cluster, reading, namespace, &problem) < 0) {
        on_begun(reading);
        note("groups are listed without their service accounts: %s", problem->message);
    }
    return 0;
}

static int read_all(struct cluster *cluster, struct reading *reading, unsigned parts,
                    const char *namespace, struct error **err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        reading->kind = &kinds[i];
        if (!(parts & kinds[i].part))
            continue;
        if ((kinds[i].part == MODEL_ACCOUNTS ? read_accounts(cluster, reading, namespace)
                                             : read_kind(cluster, reading, namespace, err)) < 0)
            return -1;
    }
    return 0;
}

struct manifest_set *model_load(struct cluster *cluster, unsigned parts, const char *namespace,
                                struct error **err)
{
    cleanup_manifest_set struct manifest_set *set = manifest_set_create(true);
    struct reading reading = {.set = set};
    reading.use = manifest_use_question(slice_of(""), slice_of(""), slice_of(""), &set->arena);
    int result = read_all(cluster, &reading, parts, namespace, err);
    arena_release(&reading.arena);
    if (result < 0)
        return NULL;
    manifest_set_complete(set);
    for (size_t i = 0; i < set->problems.count; i++)
        if (set->problems.items[i].severity == PROBLEM_ERROR)
            note("left out: %s", set->problems.items[i].message);
    return STEAL(set);
}
