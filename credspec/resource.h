/* The cluster resource GMSACredentialSpec (windows.k8s.io/v1): a credential spec with a name.
 *
 * The peers' objects are accepted unchanged. Two optional fields stand beside `credspec`:
 * `runAsUserName`, the default user name for places that name this spec, and
 * `allowedRunAsUserNames`, the only ones (compared without regard to ASCII case) they may use.
 */
#ifndef GMSA_CREDSPEC_RESOURCE_H
#define GMSA_CREDSPEC_RESOURCE_H

#include "credspec/finding.h"
#include "credspec/spec.h"

#define CREDSPEC_GROUP       "windows.k8s.io"
#define CREDSPEC_API_VERSION "windows.k8s.io/v1"
#define CREDSPEC_KIND        "GMSACredentialSpec"
#define CREDSPEC_PLURAL      "gmsacredentialspecs"

/* One resource, reduced to what deciding needs. Immutable; everything belongs to it. */
struct credspec_resource {
    char *name;
    char *
        canonical; /* the text that reaches containers; NULL while the spec is missing or invalid */
    size_t canonical_length;
    char *problem; /* the first error among the findings, "message [CS007]", or NULL when valid */
    char *run_as_user_name; /* or NULL */
    char **allowed_run_as_user_names;
    size_t allowed_count;
    char *account; /* MachineAccountName, "" when missing: for tables and logs */
    char *domain;  /* DnsName, "" when missing */
};

/* Whether this document is a GMSACredentialSpec of any version of the group. */
bool credspec_is_resource(const struct node *document);

/* Applies the rules for the object and, under "/credspec", for the spec. `pointer` is where the
 * object stands in its document ("" or "/items/3"). */
void credspec_check_resource(const struct node *object, const char *pointer,
                             struct findings *findings);

/* Makes a resource out of an object, valid or not. Fails only where there is no usable name
 * (ERROR_INPUT). The caller frees it. */
struct credspec_resource *credspec_resource_create(const struct node *object, struct error **err);
/* One of which nothing is known but its name: all else is NULL or 0. The caller frees it. */
struct credspec_resource *credspec_resource_named(struct slice name)
    __attribute__((returns_nonnull));
void credspec_resource_free(struct credspec_resource *resource);

/* Whether the list is empty or holds that name. */
bool credspec_resource_allows_user(const struct credspec_resource *resource, struct slice user);

/* Wraps a spec into an object. `run_as_user_name` may be absent. */
struct node *credspec_wrap(struct arena *arena, const struct node *spec, const char *name,
                           struct slice run_as_user_name);

#endif
