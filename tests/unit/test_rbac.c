/* RBAC as the API server's authoriser evaluates it. */
#include "lib/common/memory.h"
#include "lib/document/documents.h"

#include "tests/support/suite.h"
#include "webhook/sources/manifests.h"
#include "webhook/sources/rbac_read.h"

#define ROLE(name, rest)                                                                           \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: ClusterRole\n"                                                                          \
    "metadata: {name: " name "}\n" rest "\n"
#define RULES(groups, resources, verbs, names)                                                     \
    "rules: [{apiGroups: " groups ", resources: " resources ", verbs: " verbs ", resourceNames: "  \
    "" names "}]"
#define USE RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "[use]", "[web]")
#define BIND(namespace, role, subject)                                                             \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: RoleBinding\n"                                                                          \
    "metadata: {name: binding, namespace: " namespace "}\n"                                        \
                                                      "roleRef: {apiGroup: "                       \
                                                      "rbac.authorization.k8s.io, kind: "          \
                                                      "ClusterRole, name: " role "}\n"             \
                                                      "subjects: [" subject "]\n"
#define BIND_CLUSTER(role, subject)                                                                \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: ClusterRoleBinding\n"                                                                   \
    "metadata: {name: binding}\n"                                                                  \
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " role "}\n"          \
    "subjects: [" subject "]\n"
#define ACCOUNT "{kind: ServiceAccount, name: app, namespace: shop}"
#define AGGREGATE(name, selector)                                                                  \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: ClusterRole\n"                                                                          \
    "metadata: {name: " name "}\n"                                                                 \
    "aggregationRule: {clusterRoleSelectors: [" selector "]}\n"
#define LABELLED(name, labels, rest)                                                               \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: ClusterRole\n"                                                                          \
    "metadata: {name: " name ", labels: " labels "}\n" rest "\n"

/* Leaves out the built-in roles. */
#define MINE "{key: mine, operator: Exists}"

struct fixture {
    struct arena arena;
    struct rbac rbac;
    struct problems problems;
    char *refusal; /* of the first object that could not be read */
    struct position where;
};

static bool read_document(const struct document *document, void *context)
{
    struct fixture *fixture = context;
    struct error *err = NULL;
    ck_assert_msg(document->root != NULL, "%s", document->error ? document->error->message : "");
    ck_assert(rbac_is_object(document->root));
    if (rbac_read(&fixture->rbac, document->root, slice_of("default"), "test.yaml", &fixture->arena,
                  &fixture->where, &err) < 0) {
        ck_assert_int_eq(err->code, ERROR_INPUT);
        fixture->refusal = arena_format(&fixture->arena, "%s", err->message);
        error_free(err);
        return false;
    }
    return true;
}

static void set_up(struct fixture *fixture, const char *text)
{
    const struct documents_options options = {0};
    *fixture = (struct fixture){.problems = {.arena = &fixture->arena}};
    if (text[0])
        documents_visit_text("test.yaml", text, strlen(text), &options, read_document, fixture);
    if (!fixture->refusal)
        rbac_resolve(&fixture->rbac, &fixture->arena, &fixture->problems);
}

static void tear_down(struct fixture *fixture)
{
    rbac_release(&fixture->rbac);
    problems_release(&fixture->problems);
    arena_release(&fixture->arena);
}

/* May the service account "app" of the namespace "shop" use the spec "web" there? */
static bool may_use(struct fixture *fixture)
{
    struct rbac_question question =
        manifest_use_question(slice_of("shop"), slice_of("app"), slice_of("web"), &fixture->arena);
    return rbac_find_grant(&fixture->rbac, &question) != NULL;
}

struct row {
    const char *what;
    bool allowed;
    const char *manifests;
};

static const struct row rows[] = {
    {"nothing grants", false, ROLE("r", USE)},
    {"role and binding", true, ROLE("r", USE) BIND("shop", "r", ACCOUNT)},
    {"cluster-wide binding", true, ROLE("r", USE) BIND_CLUSTER("r", ACCOUNT)},
    {"binding of another namespace", false, ROLE("r", USE) BIND("other", "r", ACCOUNT)},
    {"binding without namespace is in default", false, ROLE("r", USE) BIND("''", "r", ACCOUNT)},
    {"subject's namespace is the binding's by default", true,
     ROLE("r", USE) BIND("shop", "r", "{kind: ServiceAccount, name: app}")},
    {"another namespace's account of that name", false,
     ROLE("r", USE) BIND("shop", "r", "{kind: ServiceAccount, name: app, namespace: other}")},
    {"another account", false,
     ROLE("r", USE) BIND("shop", "r", "{kind: ServiceAccount, name: ap, namespace: shop}")},
    {"second subject counts", true,
     ROLE("r", USE) BIND("shop", "r", "{kind: User, name: jane}, " ACCOUNT)},
    {"no subjects", false, ROLE("r", USE) BIND("shop", "r", "")},
    {"user of the account's full name", true,
     ROLE("r", USE) BIND("shop", "r", "{kind: User, name: 'system:serviceaccount:shop:app'}")},
    {"user of the account's short name", false,
     ROLE("r", USE) BIND("shop", "r", "{kind: User, name: app}")},
    {"all service accounts", true,
     ROLE("r", USE) BIND("shop", "r", "{kind: Group, name: 'system:serviceaccounts'}")},
    {"service accounts of the namespace", true,
     ROLE("r", USE) BIND("shop", "r", "{kind: Group, name: 'system:serviceaccounts:shop'}")},
    {"service accounts of another namespace", false,
     ROLE("r", USE) BIND("shop", "r", "{kind: Group, name: 'system:serviceaccounts:other'}")},
    {"system:authenticated does not count", false,
     ROLE("r", USE) BIND("shop", "r", "{kind: Group, name: 'system:authenticated'}")},
    {"any verb", true,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "['*']", "[web]"))
         BIND("shop", "r", ACCOUNT)},
    {"another verb", false,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "[get, list]", "[web]"))
         BIND("shop", "r", ACCOUNT)},
    {"any group", true,
     ROLE("r", RULES("['*']", "[gmsacredentialspecs]", "[use]", "[web]"))
         BIND("shop", "r", ACCOUNT)},
    {"the core group is not every group", false,
     ROLE("r", RULES("['']", "[gmsacredentialspecs]", "[use]", "[web]"))
         BIND("shop", "r", ACCOUNT)},
    {"any resource", true,
     ROLE("r", RULES("[windows.k8s.io]", "['*']", "[use]", "[web]")) BIND("shop", "r", ACCOUNT)},
    {"another resource", false,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs/status]", "[use]", "[web]"))
         BIND("shop", "r", ACCOUNT)},
    {"no resourceNames mean every name", true,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "[use]", "[]"))
         BIND("shop", "r", ACCOUNT)},
    {"null resourceNames mean every name", true,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "[use]", "null"))
         BIND("shop", "r", ACCOUNT)},
    {"another name", false,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "[use]", "[web2, we]"))
         BIND("shop", "r", ACCOUNT)},
    {"* is no wildcard among names", false,
     ROLE("r", RULES("[windows.k8s.io]", "[gmsacredentialspecs]", "[use]", "['*']"))
         BIND("shop", "r", ACCOUNT)},
    {"parts of two rules do not add up to one", false,
     ROLE("r", "rules: [{apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: "
               "[get]}, {apiGroups: [''], resources: ['*'], verbs: [use]}]")
         BIND("shop", "r", ACCOUNT)},
    {"Role in the binding's namespace", true,
     "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
     "metadata: {name: r, namespace: shop}\n" USE "\n---\n"
     "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
     "metadata: {name: b, namespace: shop}\n"
     "roleRef: {kind: Role, name: r}\nsubjects: [" ACCOUNT "]\n"},
    {"Role of another namespace", false,
     "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
     "metadata: {name: r, namespace: other}\n" USE "\n---\n"
     "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
     "metadata: {name: b, namespace: shop}\n"
     "roleRef: {kind: Role, name: r}\nsubjects: [" ACCOUNT "]\n"},
    {"a ClusterRole is not the Role of that name", false,
     ROLE("r", USE) "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
                    "metadata: {name: b, namespace: shop}\n"
                    "roleRef: {kind: Role, name: r}\nsubjects: [" ACCOUNT "]\n"},
    {"cluster-admin is built in", true, BIND("shop", "cluster-admin", ACCOUNT)},
    {"own cluster-admin replaces the built-in one", false,
     ROLE("cluster-admin", "rules: []") BIND("shop", "cluster-admin", ACCOUNT)},
    {"missing role", false, BIND("shop", "gone", ACCOUNT)},
    {"aggregated by label", true,
     AGGREGATE("all", "{matchLabels: {gmsa: 'yes'}}") LABELLED("r", "{gmsa: 'yes'}", USE)
         BIND("shop", "all", ACCOUNT)},
    {"another label", false,
     AGGREGATE("all", "{matchLabels: {gmsa: 'yes'}}") LABELLED("r", "{gmsa: 'no'}", USE)
         BIND("shop", "all", ACCOUNT)},
    {"all labels must match", false,
     AGGREGATE("all", "{matchLabels: {gmsa: 'yes', tier: web}}") LABELLED("r", "{gmsa: 'yes'}", USE)
         BIND("shop", "all", ACCOUNT)},
    {"one selector is enough", true,
     AGGREGATE("all", "{matchLabels: {x: 'y'}}, {matchLabels: {gmsa: 'yes'}}")
         LABELLED("r", "{gmsa: 'yes'}", USE) BIND("shop", "all", ACCOUNT)},
    {"an empty selector takes all", true,
     AGGREGATE("all", "{}") ROLE("cluster-admin", "rules: []") ROLE("r", USE)
         BIND("shop", "all", ACCOUNT)},
    {"the built-in role can be selected", true,
     AGGREGATE("all", "{}") BIND("shop", "all", ACCOUNT)},
    {"and has its label", true,
     AGGREGATE("all", "{matchLabels: {kubernetes.io/bootstrapping: rbac-defaults}}")
         BIND("shop", "all", ACCOUNT)},
    {"In", true,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: In, values: [a, b]}]}")
         LABELLED("r", "{gmsa: b}", USE) BIND("shop", "all", ACCOUNT)},
    {"not In", false,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: In, values: [a, b]}]}")
         LABELLED("r", "{gmsa: c}", USE) BIND("shop", "all", ACCOUNT)},
    {"NotIn", true,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: NotIn, values: [a]}, " MINE "]}")
         LABELLED("r", "{mine: '', gmsa: b}", USE) BIND("shop", "all", ACCOUNT)},
    {"NotIn holds without the label", true,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: NotIn, values: [a]}, " MINE "]}")
         LABELLED("r", "{mine: ''}", USE) BIND("shop", "all", ACCOUNT)},
    {"NotIn excludes", false,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: NotIn, values: [a]}, " MINE "]}")
         LABELLED("r", "{mine: '', gmsa: a}", USE) BIND("shop", "all", ACCOUNT)},
    {"Exists", true,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: Exists}]}")
         LABELLED("r", "{gmsa: ''}", USE) BIND("shop", "all", ACCOUNT)},
    {"Exists not", false,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: Exists}]}")
         LABELLED("r", "{other: ''}", USE) BIND("shop", "all", ACCOUNT)},
    {"DoesNotExist", true,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: DoesNotExist}, " MINE "]}")
         LABELLED("r", "{mine: ''}", USE) BIND("shop", "all", ACCOUNT)},
    {"DoesNotExist excludes", false,
     AGGREGATE("all", "{matchExpressions: [{key: gmsa, operator: DoesNotExist}, " MINE "]}")
         LABELLED("r", "{mine: '', gmsa: ''}", USE) BIND("shop", "all", ACCOUNT)},
    {"aggregate of an aggregate", true,
     LABELLED("middle", "{for: top}",
              "aggregationRule: {clusterRoleSelectors: [{matchLabels: {gmsa: 'yes'}}]}")
         AGGREGATE("a-top", "{matchLabels: {for: top}}") LABELLED("r", "{gmsa: 'yes'}", USE)
             BIND("shop", "a-top", ACCOUNT)},
    {"a Role is not aggregated", false,
     AGGREGATE("all", "{matchLabels: {gmsa: 'yes'}}") "---\napiVersion: "
                                                      "rbac.authorization.k8s.io/v1\nkind: Role\n"
                                                      "metadata: {name: r, namespace: shop, "
                                                      "labels: {gmsa: 'yes'}}\n" USE
                                                      "\n" BIND("shop", "all", ACCOUNT)},
    {"aggregates in a circle end", false,
     LABELLED("a", "{x: b}", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: a}}]}")
         LABELLED("b", "{x: a}", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: b}}]}")
             BIND("shop", "a", ACCOUNT)},
    {"an aggregate's own rules are overwritten", false,
     ROLE("all", USE "\naggregationRule: {clusterRoleSelectors: [{matchLabels: {x: 'y'}}]}")
         BIND("shop", "all", ACCOUNT)},
};

START_TEST(every_feature_grants_or_does_not)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct fixture fixture;
        set_up(&fixture, rows[i].manifests);
        ck_assert_msg(!fixture.refusal, "%s: %s", rows[i].what, fixture.refusal);
        ck_assert_msg(fixture.problems.errors == 0, "%s: %s", rows[i].what,
                      fixture.problems.count ? fixture.problems.items[0].message : "");
        ck_assert_msg(may_use(&fixture) == rows[i].allowed, "%s", rows[i].what);
        tear_down(&fixture);
    }
}
END_TEST

START_TEST(refuses_what_the_api_server_refuses)
{
    static const struct {
        const char *manifests;
        const char *message;
    } refused[] = {
        {BIND_CLUSTER("r", "{kind: ServiceAccount, name: app}"),
         "a ServiceAccount subject of a ClusterRoleBinding must have a namespace"},
        {BIND("shop", "r", "{kind: Robot, name: app}"), "the kind of a subject must be"},
        {BIND("shop", "r", "{kind: User}"), "a subject must have a name"},
        {BIND("shop", "r", "{kind: User, name: a, apiGroup: v1}"), "the apiGroup of a User"},
        {BIND("shop", "r", "{kind: ServiceAccount, name: a, apiGroup: v1}"),
         "the apiGroup of a ServiceAccount subject must be empty"},
        {BIND("shop", "r", "jane"), "a subject must be an object"},
        {BIND("shop", "''", ACCOUNT), "roleRef.name must be given"},
        {"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\n",
         "roleRef must be given"},
        {"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n"
         "metadata: {name: b}\nroleRef: {kind: Role, name: r}\n",
         "roleRef.kind must be ClusterRole in a ClusterRoleBinding"},
        {"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
         "metadata: {name: b}\nroleRef: {kind: User, name: r}\n",
         "roleRef.kind must be Role or ClusterRole"},
        {"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
         "metadata: {name: b}\nroleRef: {kind: Role, name: r, apiGroup: apps}\n",
         "roleRef.apiGroup must be rbac.authorization.k8s.io"},
        {ROLE("''", USE), "metadata.name must be given"},
        {"apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n", "metadata.name must be given"},
        {ROLE("r", "rules: [{apiGroups: ['']}]"), "verbs must contain at least one value"},
        {ROLE("r", "rules: {}"), "rules: must be a list"},
        {ROLE("r", "rules: [use]"), "a rule must be an object"},
        {ROLE("r", "rules: [{verbs: use}]"), "verbs: must be a list"},
        {ROLE("r", "rules: [{verbs: [1]}]"), "verbs: must hold strings only"},
        {AGGREGATE("r", ""), "at least one clusterRoleSelector required"},
        {AGGREGATE("r", "x"), "a clusterRoleSelector must be an object"},
        {AGGREGATE("r", "{matchExpressions: [{key: a, operator: Is, values: [b]}]}"),
         "operator must be In, NotIn, Exists or DoesNotExist"},
        {AGGREGATE("r", "{matchExpressions: [{key: a, operator: In}]}"),
         "values must be given for In and NotIn"},
        {AGGREGATE("r", "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
         "values must be empty for Exists and DoesNotExist"},
        {AGGREGATE("r", "{matchExpressions: [{operator: Exists}]}"), "key must be given"},
        {AGGREGATE("r", "{matchLabels: {a: true}}"), "put it in quotes"},
        {LABELLED("r", "{a: 1}", "rules: []"), "put it in quotes"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        struct fixture fixture;
        set_up(&fixture, refused[i].manifests);
        ck_assert_msg(fixture.refusal && strstr(fixture.refusal, refused[i].message),
                      "%s: %s instead of %s", refused[i].manifests,
                      fixture.refusal ? fixture.refusal : "accepted", refused[i].message);
        ck_assert_uint_gt(fixture.where.line, 0);
        tear_down(&fixture);
    }
}
END_TEST

START_TEST(duplicates_are_errors_and_missing_roles_warnings)
{
    struct fixture fixture;
    set_up(&fixture, ROLE("r", USE) ROLE("r", USE) BIND("shop", "gone", ACCOUNT)
                         BIND("shop", "gone", ACCOUNT));
    ck_assert_uint_eq(fixture.problems.errors, 2);
    ck_assert_uint_eq(fixture.problems.count, 4);
    ck_assert_ptr_nonnull(strstr(fixture.problems.items[0].message,
                                 "ClusterRole \"r\" is there twice: also at test.yaml:"));
    ck_assert_ptr_nonnull(strstr(fixture.problems.items[1].message, "RoleBinding \"binding\""));
    ck_assert_int_eq(fixture.problems.items[2].severity, PROBLEM_WARNING);
    ck_assert_ptr_nonnull(
        strstr(fixture.problems.items[2].message, "refers to the ClusterRole \"gone\""));
    tear_down(&fixture);
}
END_TEST

START_TEST(cluster_bindings_do_not_shadow_the_namespace)
{
    struct fixture fixture;
    struct arena *arena = &fixture.arena;
    set_up(&fixture, ROLE("r", USE) ROLE("none", "rules: []") BIND_CLUSTER("none", ACCOUNT)
                         BIND("shop", "r", ACCOUNT));
    struct rbac_question question =
        manifest_use_question(slice_of("shop"), slice_of("app"), slice_of("web"), arena);
    const struct rbac_binding *grant = rbac_find_grant(&fixture.rbac, &question);
    ck_assert_ptr_nonnull(grant);
    ck_assert(slice_is(grant->namespace, "shop"));
    /* Outside namespaces a RoleBinding is nothing. */
    question.namespace = slice_of("");
    ck_assert_ptr_null(rbac_find_grant(&fixture.rbac, &question));
    tear_down(&fixture);
}
END_TEST

START_TEST(masters_may_all)
{
    struct fixture fixture;
    set_up(&fixture, "");
    const struct slice group = slice_of("system:masters");
    struct rbac_question question = {.user = slice_of("admin"),
                                     .groups = &group,
                                     .group_count = 1,
                                     .namespace = slice_of("shop"),
                                     .verb = slice_of("use"),
                                     .api_group = slice_of("windows.k8s.io"),
                                     .resource = slice_of("gmsacredentialspecs"),
                                     .name = slice_of("web")};
    const struct rbac_binding *grant = rbac_find_grant(&fixture.rbac, &question);
    ck_assert_ptr_nonnull(grant);
    ck_assert_str_eq(origin_text(grant->origin, &fixture.arena), "built in");
    question.group_count = 0;
    ck_assert_ptr_null(rbac_find_grant(&fixture.rbac, &question));
    tear_down(&fixture);
}
END_TEST

SUITE("rbac", every_feature_grants_or_does_not, refuses_what_the_api_server_refuses,
      duplicates_are_errors_and_missing_roles_warnings,
      cluster_bindings_do_not_shadow_the_namespace, masters_may_all)
