/* Kubernetes objects to the model of rbac.h.
 *
 * What the API server would refuse to store is refused here with the place and the API server's
 * reason (kubernetes/pkg/apis/rbac/validation/validation.go), since it could not grant anything in
 * a cluster: unknown subject kinds and groups, a service account without a namespace in a
 * ClusterRoleBinding, a roleRef that cannot be.
 */
#ifndef GMSA_WEBHOOK_SOURCES_RBAC_READ_H
#define GMSA_WEBHOOK_SOURCES_RBAC_READ_H

#include "lib/common/error.h"
#include "webhook/sources/rbac.h"

/* Whether the object is of the group and one of the four kinds of RBAC. */
bool rbac_is_object(const struct node *object);

/* Copies what the object says into the arena and adds it. `default_namespace` is that of a Role or
 * RoleBinding which names none. ERROR_INPUT; `where` gets the place. */
int rbac_read(struct rbac *rbac, const struct node *object, struct slice default_namespace,
              const char *file, struct arena *arena, struct position *where, struct error **err);

#endif
