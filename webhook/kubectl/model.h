/* A cluster's credential specs, permissions and service accounts, read once, as a set of manifests
 * is: so that the same code answers for both. */
#ifndef GMSA_WEBHOOK_KUBECTL_MODEL_H
#define GMSA_WEBHOOK_KUBECTL_MODEL_H

#include "webhook/kubectl/cluster.h"
#include "webhook/sources/manifests.h"

enum model_parts { MODEL_SPECS = 1, MODEL_PERMISSIONS = 2, MODEL_ACCOUNTS = 4 };

/* Reads those parts page by page, Roles, RoleBindings and service accounts of one namespace or
 * (NULL) of all. Only roles that can permit to `use` a spec are kept. What cannot be read is an
 * error, but for service accounts, without which groups of them stand for themselves: a warning on
 * standard error, as for an object that makes no sense. The caller owns the one reference. */
struct manifest_set *model_load(struct cluster *cluster, unsigned parts, const char *namespace,
                                struct error **err);

#endif
