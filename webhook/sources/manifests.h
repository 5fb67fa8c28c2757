/* A folder of manifests as a cluster would know them: credential specs, service accounts and RBAC.
 * Or those of a cluster, for programs that read them all once.
 *
 * A set is built once and never changes, so threads share it freely; it lives as long as somebody
 * holds a reference. Objects of other kinds are ignored.
 */
#ifndef GMSA_WEBHOOK_SOURCES_MANIFESTS_H
#define GMSA_WEBHOOK_SOURCES_MANIFESTS_H

#include <stdatomic.h>

#include "lib/common/arena.h"
#include "webhook/decision/decision.h"
#include "webhook/sources/problems.h"
#include "webhook/sources/rbac.h"

struct manifest_spec {
    struct credspec_resource *resource; /* valid or not */
    struct origin origin;
};

struct manifest_account {
    struct slice namespace, name;
};

struct manifest_set {
    struct arena arena;
    struct manifest_spec *specs; /* by name */
    size_t spec_count, spec_capacity;
    size_t broken_count;               /* specs without canonical text */
    struct manifest_account *accounts; /* by namespace, then name; each once */
    size_t account_count, account_capacity;
    struct rbac rbac;
    struct problems problems; /* with errors > 0 the set must not be used to decide */
    atomic_size_t references;
};

/* Reads every path (documents.h: files, folders, "-"). Never NULL: what is wrong is in `problems`.
 * Errors: text that cannot be read, two objects of one kind and name, RBAC objects that the API
 * server would refuse, a spec without a usable name. Warnings: an invalid spec (it exists, and pods
 * that name it are refused), a bare spec, a missing role, an empty file or folder. Objects without
 * a namespace belong to `default_namespace`. The caller owns the one reference. */
struct manifest_set *manifest_set_load(const char *const *paths, size_t count,
                                       struct slice default_namespace);
/* The same by hand: an empty set, objects, and the end, before which the set is of no use. With
 * `live` they are those of a cluster: see rbac.h. Objects of other kinds are passed over; one
 * without a namespace belongs to `default_namespace`. */
struct manifest_set *manifest_set_create(bool live);
void manifest_set_add(struct manifest_set *set, const struct node *object,
                      struct slice default_namespace, struct origin origin);
void manifest_set_complete(struct manifest_set *set);
/* Takes another reference; returns the set. */
struct manifest_set *manifest_set_hold(struct manifest_set *set);
/* Gives a reference back; NULL is fine. */
void manifest_set_drop(struct manifest_set *set);

/* The spec of that name, or NULL. */
const struct manifest_spec *manifest_set_spec(const struct manifest_set *set, struct slice name);

/* The question a service account's `use` of a spec is, exactly as the LocalSubjectAccessReview in a
 * cluster asks it: groups system:serviceaccounts and system:serviceaccounts:NAMESPACE and no
 * others (system:authenticated does not count). Texts live in the arena. */
struct rbac_question manifest_use_question(struct slice namespace, struct slice service_account,
                                           struct slice spec_name, struct arena *arena);

/* Answers questions: one answer for each spec name, in the arena. Resources belong to the set. */
struct answer *manifest_set_answer(const struct manifest_set *set,
                                   const struct questions *questions, struct arena *arena);

static inline void manifest_set_drop_at(struct manifest_set **set)
{
    manifest_set_drop(*set);
}
#define cleanup_manifest_set __attribute__((cleanup(manifest_set_drop_at)))

#endif
