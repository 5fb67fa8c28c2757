/* The cluster that a command is about: which one, how to ask it, and what to say where it refuses.
 */
#ifndef GMSA_WEBHOOK_KUBECTL_CLUSTER_H
#define GMSA_WEBHOOK_KUBECTL_CLUSTER_H

#include "lib/common/options.h"
#include "lib/kube/session.h"

/* kubectl's own options, which stand behind the command. */
struct cluster_options {
    const char *kubeconfig, *context, *namespace, *as;
    struct option_list as_groups;
    bool all_namespaces;
    int64_t timeout; /* milliseconds; 0: the client's own */
};

/* Their rows, for a table whose values have a `struct cluster_options cluster`. */
#define CLUSTER_NAMESPACE_ROW(values, text)                                                        \
    {                                                                                              \
        .type = OPTION_TEXT, .letter = 'n', .name = "namespace", .argument = "NAME",               \
        .offset = offsetof(values, cluster.namespace), .heading = "Which cluster", .help = text    \
    }
#define CLUSTER_ALL_NAMESPACES_ROW(values)                                                         \
    {                                                                                              \
        .type = OPTION_FLAG, .letter = 'A', .name = "all-namespaces",                              \
        .offset = offsetof(values, cluster.all_namespaces), .help = "all namespaces"               \
    }
#define CLUSTER_ROWS(values)                                                                       \
    {.type = OPTION_TEXT,                                                                          \
     .name = "context",                                                                            \
     .argument = "NAME",                                                                           \
     .offset = offsetof(values, cluster.context),                                                  \
     .help = "context of the kubeconfig instead of the current one"},                              \
        {.type = OPTION_TEXT,                                                                      \
         .name = "kubeconfig",                                                                     \
         .argument = "FILE",                                                                       \
         .offset = offsetof(values, cluster.kubeconfig),                                           \
         .help = "instead of the files that KUBECONFIG names, or ~/.kube/config"},                 \
        {.type = OPTION_TEXT,                                                                      \
         .name = "as",                                                                             \
         .argument = "USER",                                                                       \
         .offset = offsetof(values, cluster.as),                                                   \
         .help = "ask as another user, whom you must be permitted to impersonate"},                \
        {.type = OPTION_LIST,                                                                      \
         .name = "as-group",                                                                       \
         .argument = "GROUP",                                                                      \
         .offset = offsetof(values, cluster.as_groups),                                            \
         .help = "a group of that user; may be given several times"},                              \
    {                                                                                              \
        .type = OPTION_DURATION, .name = "request-timeout", .argument = "TIME",                    \
        .offset = offsetof(values, cluster.timeout), .fallback = "0",                              \
        .help = "how long one call to the API server may take; 0: 30 s, and 60 s for a page of "   \
                "a list"                                                                           \
    }

struct cluster {
    struct kube_config *config;
    struct kube_session *session;
    const char *namespace; /* NULL: all of them */
};

enum cluster_scope {
    CLUSTER_OWN_NAMESPACE, /* -A, else -n, else the context's, else "default" */
    CLUSTER_EVERYTHING,    /* -n, else all */
};

/* Reads the kubeconfig, and may run its credential plug-in; nothing is called yet. */
int cluster_open(struct cluster *cluster, const struct cluster_options *options,
                 enum cluster_scope scope, struct error **err);
void cluster_close(struct cluster *cluster);
#define cleanup_cluster __attribute__((cleanup(cluster_close)))

extern const struct kube_resource cluster_specs, cluster_pods;

/* The object as JSON in the arena. ERROR_NOT_FOUND where there is none. Where it may not be read
 * the message says which permission is missing. `namespace` may be NULL. */
int cluster_get(struct cluster *cluster, const struct kube_resource *resource,
                const char *namespace, const char *name, struct arena *arena, struct slice *json,
                struct error **err);

/* 0 unless the command is about one namespace and that does not exist: ERROR_NOT_FOUND. Who may not
 * know gets 0. */
int cluster_check_namespace(struct cluster *cluster, struct error **err);

/* All objects of a resource, in one namespace or (NULL) in all; see list.h for the callbacks. */
struct cluster_list {
    const struct kube_resource *resource;
    const char *namespace;
    const char *field_selector; /* or NULL */
    bool metadata_only;
    void (*begun)(void *context);
    void (*object)(struct slice json, void *context);
    void *context;
};
int cluster_list(struct cluster *cluster, const struct cluster_list *list, struct error **err);

/* Adds to an error of a call that it needs a permission, and how to get it: `verb` on the resource,
 * in one namespace or (NULL) everywhere. Nothing where *err has another cause. */
void cluster_explain(struct error **err, int status, const char *verb,
                     const struct kube_resource *resource, const char *namespace);

#endif
