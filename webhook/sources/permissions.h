/* Who may `use` a credential spec, and by which binding: for people who ask. */
#ifndef GMSA_WEBHOOK_SOURCES_PERMISSIONS_H
#define GMSA_WEBHOOK_SOURCES_PERMISSIONS_H

#include "webhook/sources/manifests.h"

/* One subject that one binding permits to use the spec. */
struct permission {
    struct rbac_subject subject; /* a user named system:serviceaccount:... counts as the account */
    struct slice via_group; /* the group of service accounts it is in; absent when bound itself */
    struct slice namespace; /* where it counts; empty for all namespaces */
    const struct rbac_binding *binding;
    const char *without_effect; /* why it gives no pod the gMSA, or NULL when it does */
};

struct permissions {
    const struct permission *items;
    size_t count;
};

/* All of them, in the arena: service accounts, then groups, then users, each by name. Groups of all
 * service accounts and of a namespace's stand for themselves and for each known service account. */
struct permissions permissions_find(const struct manifest_set *set, struct slice spec_name,
                                    struct arena *arena);

/* "ServiceAccount", "Group", "User". */
const char *rbac_subject_kind_name(enum rbac_subject_kind kind);
/* "RoleBinding shop/use-web", "ClusterRoleBinding admins", in the arena. */
const char *rbac_binding_label(const struct rbac_binding *binding, struct arena *arena);

#endif
