/* What there is in a cluster: its credential specs, what is wrong with them, and whose pods use
 * them now. */
#ifndef GMSA_WEBHOOK_KUBECTL_INVENTORY_H
#define GMSA_WEBHOOK_KUBECTL_INVENTORY_H

#include "credspec/resource.h"
#include "webhook/kubectl/cluster.h"

/* Pods of one service account that name the spec. */
struct inventory_use {
    struct inventory_use *next;
    struct slice namespace, service_account;
    size_t on_windows, on_linux; /* pods */
};

struct inventory_spec {
    struct slice name;
    /* NULL: pods name it, but it does not exist. */
    const struct credspec_resource *resource;
    struct findings findings;
    struct inventory_use *uses, *last_use; /* in the order of the pods: by namespace */
    size_t pods;
};

struct inventory {
    struct arena arena;
    struct inventory_spec *specs; /* by name */
    size_t count, capacity, existing;
    const char *pods_problem; /* why the pods are not known, or NULL */
};

/* Reads specs, and pods of the cluster's scope. That pods may not be listed is no error. */
int inventory_load(struct inventory *inventory, struct cluster *cluster, struct error **err);
void inventory_release(struct inventory *inventory);
#define cleanup_inventory __attribute__((cleanup(inventory_release)))

#endif
