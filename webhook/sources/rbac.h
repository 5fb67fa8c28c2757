/* Role-based access control, evaluated as the API server's RBAC authoriser does.
 *
 * Rules: kubernetes/pkg/registry/rbac/validation/rule.go (which bindings apply),
 * pkg/apis/rbac/v1/evaluation_helpers.go (what a rule matches) and
 * pkg/controller/clusterroleaggregation (aggregated ClusterRoles). Permissions only add up; what
 * cannot be resolved grants nothing.
 *
 * Everything lives in the arena the objects were read into; the two lists are freed with
 * rbac_release().
 */
#ifndef GMSA_WEBHOOK_SOURCES_RBAC_H
#define GMSA_WEBHOOK_SOURCES_RBAC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/slice.h"
#include "webhook/sources/problems.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

struct rbac_texts {
    const struct slice *items;
    size_t count;
};

struct rbac_rule {
    struct rbac_texts api_groups, resources, verbs;
    struct rbac_texts resource_names; /* none: every name */
};

struct rbac_label {
    struct slice key, value;
};

enum rbac_operator { RBAC_IN, RBAC_NOT_IN, RBAC_EXISTS, RBAC_DOES_NOT_EXIST };

struct rbac_requirement {
    struct slice key;
    enum rbac_operator operation;
    struct rbac_texts values;
};

/* Matches where every requirement holds; without any it matches all. */
struct rbac_selector {
    const struct rbac_requirement *requirements;
    size_t count;
};

struct rbac_role {
    struct slice namespace; /* empty for a ClusterRole */
    struct slice name;
    const struct rbac_rule *rules;
    size_t rule_count;
    const struct rbac_label *labels;
    size_t label_count;
    bool aggregated; /* rbac_resolve() puts the rules of the selected ClusterRoles in place */
    const struct rbac_selector *selectors;
    size_t selector_count;
    struct origin origin;
};

enum rbac_subject_kind { RBAC_USER, RBAC_GROUP_OF_USERS, RBAC_SERVICE_ACCOUNT };

struct rbac_subject {
    enum rbac_subject_kind kind;
    struct slice namespace; /* of a service account: never empty (the binding's by default) */
    struct slice name;
};

struct rbac_binding {
    struct slice namespace; /* empty for a ClusterRoleBinding */
    struct slice name;
    bool to_cluster_role;
    struct slice role_name;
    const struct rbac_subject *subjects;
    size_t subject_count;
    struct origin origin;
    const struct rbac_role *role; /* set by rbac_resolve(); NULL where the role is missing */
};

struct rbac {
    /* Everything an API server has: rules count as they are stored, also those of aggregated
     * ClusterRoles, nothing is built in, and a binding whose role is not here grants nothing. */
    bool live;
    struct rbac_role *roles; /* after rbac_resolve() by namespace, then name */
    size_t role_count, role_capacity;
    struct rbac_binding *bindings; /* the same */
    size_t binding_count, binding_capacity;
};

void rbac_add_role(struct rbac *rbac, const struct rbac_role *role);
void rbac_add_binding(struct rbac *rbac, const struct rbac_binding *binding);

/* After the last object: unless they are live, adds the built-in ClusterRole `cluster-admin` and
 * its binding to `system:masters` where they are not there, computes aggregated ClusterRoles and
 * warns of missing roles. Finds each binding's role. Two objects of one kind and name are an error.
 */
void rbac_resolve(struct rbac *rbac, struct arena *arena, struct problems *problems);
void rbac_release(struct rbac *rbac);

/* Who wants to do what. An empty namespace asks for a thing outside namespaces, where only
 * ClusterRoleBindings count. */
struct rbac_question {
    struct slice user;
    const struct slice *groups;
    size_t group_count;
    struct slice namespace;
    struct slice verb, api_group, resource, name;
};

/* The first binding that allows it (ClusterRoleBindings first, each by name), or NULL. */
const struct rbac_binding *rbac_find_grant(const struct rbac *rbac,
                                           const struct rbac_question *question);
/* Whether one of the role's rules covers the verb, group, resource and name asked for. */
bool rbac_role_allows(const struct rbac_role *role, const struct rbac_question *question);
/* The same whatever the name. */
bool rbac_role_allows_some(const struct rbac_role *role, const struct rbac_question *question);
/* Whether the subject of a binding is the user who asks, or a group of theirs. */
bool rbac_subject_applies(const struct rbac_subject *subject, const struct rbac_question *question);

#endif
