#include "webhook/kubectl/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "credspec/kubernetes.h"
#include "credspec/resource.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "webhook/sources/rbac.h"

enum { FORBIDDEN = 403, NOT_FOUND = 404 };

const struct kube_resource cluster_specs = {CREDSPEC_GROUP, "v1", CREDSPEC_PLURAL};
const struct kube_resource cluster_pods = {"", "v1", "pods"};

/* --- Opening ---------------------------------------------------------------------------------- */

static void impersonate(struct kube_config *config, const struct cluster_options *options)
{
    if (options->as) {
        free(config->as);
        config->as = xstrdup(options->as);
    }
    if (options->as_groups.count == 0)
        return;
    for (char **group = config->as_groups; group && *group; group++)
        free(*group);
    free(config->as_groups);
    config->as_groups = xcalloc(options->as_groups.count + 1, sizeof(config->as_groups[0]));
    for (size_t i = 0; i < options->as_groups.count; i++)
        config->as_groups[i] = xstrdup(options->as_groups.values[i]);
}

static const char *namespace_of(const struct kube_config *config,
                                const struct cluster_options *options, enum cluster_scope scope)
{
    if (options->all_namespaces)
        return NULL;
    if (options->namespace)
        return options->namespace;
    if (scope == CLUSTER_EVERYTHING)
        return NULL;
    return config->namespace ? config->namespace : "default";
}

int cluster_open(struct cluster *cluster, const struct cluster_options *options,
                 enum cluster_scope scope, struct error **err)
{
    const struct kube_config_options from = {.kubeconfig = options->kubeconfig,
                                             .context = options->context,
                                             .allow_insecure = true, /* as kubectl */
                                             .allow_exec = true};
    const char *messages[KUBERNETES_MESSAGES_MAX];
    cleanup_arena struct arena arena = {0};
    if (options->as_groups.count > 0 && !options->as)
        return error_set(err, ERROR_INPUT, "--as-group needs --as");
    cluster->config = kube_config_load(&from, err);
    if (!cluster->config)
        return -1;
    impersonate(cluster->config, options);
    cluster->namespace = namespace_of(cluster->config, options, scope);
    if (cluster->namespace && kubernetes_check_label(slice_of(cluster->namespace), messages) > 0)
        return error_set(err, ERROR_INPUT, "namespace %s: %s",
                         quote(&arena, slice_of(cluster->namespace)), messages[0]);
    cluster->session = kube_session_create(cluster->config, options->timeout, err);
    return cluster->session ? 0 : -1;
}

void cluster_close(struct cluster *cluster)
{
    kube_session_free(cluster->session);
    kube_config_free(cluster->config);
    *cluster = (struct cluster){0};
}

/* --- Asking ----------------------------------------------------------------------------------- */

/* As `kubectl create role` takes it. Who reads one kind of RBAC needs the others too. */
static char *resource_text(const struct kube_resource *resource, bool local)
{
    static const char roles[] = "roles." RBAC_GROUP ",rolebindings." RBAC_GROUP;
    if (strcmp(resource->group, RBAC_GROUP) == 0)
        return xasprintf("%s%s", roles,
                         local ? ""
                               : ",clusterroles." RBAC_GROUP ",clusterrolebindings." RBAC_GROUP);
    return xasprintf("%s%s%s", resource->plural, *resource->group ? "." : "", resource->group);
}

void cluster_explain(struct error **err, int status, const char *verb,
                     const struct kube_resource *resource, const char *namespace)
{
    if (!err || !*err || status != FORBIDDEN)
        return;
    bool local = namespace && strncmp(resource->plural, "cluster", 7) != 0;
    bool narrows = !namespace && resource == &cluster_pods;
    const char *kind = local ? "role" : "clusterrole";
    cleanup_free char *where =
        local ? xasprintf("in namespace %s", namespace) : xstrdup("in the whole cluster");
    cleanup_free char *flag = local ? xasprintf(" -n %s", namespace) : xstrdup("");
    cleanup_free char *what = resource_text(resource, local);
    struct error *bare = STEAL(*err);
    (void)error_set(err, bare->code,
                    "you may not %s %s %s; %sa cluster admin can permit it with \"kubectl create "
                    "%s%s NAME --verb=%s --resource=%s\" and \"kubectl create %sbinding%s NAME "
                    "--%s=NAME --user=YOU\" (%s)",
                    verb, resource->plural, where, narrows ? "name a namespace with -n, or " : "",
                    kind, flag, verb, what, kind, flag, kind, bare->message);
    error_free(bare);
}

int cluster_get(struct cluster *cluster, const struct kube_resource *resource,
                const char *namespace, const char *name, struct arena *arena, struct slice *json,
                struct error **err)
{
    int status;
    const struct kube_call call = {
        .verb = KUBE_GET, .target = {.resource = resource, .namespace = namespace, .name = name}};
    if (kube_session_call(cluster->session, &call, arena, json, &status, err) == 0)
        return 0;
    cluster_explain(err, status, "get", resource, namespace);
    return -1;
}

int cluster_check_namespace(struct cluster *cluster, struct error **err)
{
    static const struct kube_resource namespaces = {"", "v1", "namespaces"};
    cleanup_error struct error *problem = NULL;
    cleanup_arena struct arena arena = {0};
    struct slice json;
    if (!cluster->namespace ||
        cluster_get(cluster, &namespaces, NULL, cluster->namespace, &arena, &json, &problem) == 0)
        return 0;
    if (problem->code != ERROR_NOT_FOUND)
        return 0;
    return error_set(err, ERROR_NOT_FOUND, "there is no namespace \"%s\" (-n names another): %s",
                     cluster->namespace, problem->message);
}

static void on_begun(void *context)
{
    const struct cluster_list *list = context;
    if (list->begun)
        list->begun(list->context);
}

static void on_object(struct slice json, void *context)
{
    const struct cluster_list *list = context;
    list->object(json, list->context);
}

int cluster_list(struct cluster *cluster, const struct cluster_list *list, struct error **err)
{
    int status;
    struct cluster_list own = *list;
    const struct kube_list_settings settings = {
        .target = {.resource = list->resource, .namespace = list->namespace},
        .field_selector = list->field_selector,
        .metadata_only = list->metadata_only,
        .begun = on_begun,
        .object = on_object,
        .context = &own,
    };
    if (kube_session_list(cluster->session, &settings, &status, err) == 0)
        return 0;
    cluster_explain(err, status, "list", list->resource, list->namespace);
    if (err && *err && status == NOT_FOUND && list->resource == &cluster_specs) {
        struct error *bare = STEAL(*err);
        (void)error_set(err, bare->code,
                        "%s; the cluster does not know " CREDSPEC_KIND
                        "s: apply their definition, credspec/crd.yaml",
                        bare->message);
        error_free(bare);
    }
    return -1;
}
