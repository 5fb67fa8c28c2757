/* The texts of kubeconfig files as trees, and looking things up in them by the rules of merging.
 * They hold secrets: what is read is wiped when it is released (libyaml's own copies are not). */
#ifndef GMSA_KUBE_KUBECONFIG_TREE_H
#define GMSA_KUBE_KUBECONFIG_TREE_H

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/document/tree.h"

struct kubeconfig_file {
    const char *path; /* as it was given */
    const struct node *root;
};

struct kubeconfig {
    struct arena arena;
    struct kubeconfig_file *files;
    size_t count;
};

/* A cluster, user or context: the object that stands beside its name. */
struct kubeconfig_entry {
    const struct kubeconfig_file *file;
    const char *kind; /* "cluster" ... */
    struct slice name;
    const char *quoted_name;
    const struct node *node;
};

/* Reads the files that exist; a name given twice counts once. ERROR_NOT_FOUND where there is none,
 * ERROR_INPUT for what is no kubeconfig. `paths` ends with NULL. */
int kubeconfig_load(struct kubeconfig *all, const char *const *paths, size_t limit,
                    struct error **err);
void kubeconfig_release(struct kubeconfig *all);
#define cleanup_kubeconfig __attribute__((cleanup(kubeconfig_release)))

/* The first of that name; `kind` is static. ERROR_NOT_FOUND, with the names that there are. */
int kubeconfig_find(struct kubeconfig *all, const char *kind, struct slice name,
                    struct kubeconfig_entry *entry, struct error **err);
/* The context of that name, or the current one where it is NULL or "". */
int kubeconfig_find_context(struct kubeconfig *all, const char *name,
                            struct kubeconfig_entry *entry, struct error **err);
/* The path that a file means by `path`; the caller frees it. */
char *kubeconfig_resolve(const struct kubeconfig_file *file, struct slice path)
    __attribute__((returns_nonnull));

#endif
