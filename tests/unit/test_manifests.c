/* A folder of manifests as a source of specs and permissions. */
#include <pthread.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "webhook/sources/manifest_source.h"
#include "webhook/sources/permissions.h"

#define SPEC(name, account)                                                                        \
    "---\n"                                                                                        \
    "apiVersion: windows.k8s.io/v1\n"                                                              \
    "kind: GMSACredentialSpec\n"                                                                   \
    "metadata: {name: " name "}\n"                                                                 \
    "credspec:\n"                                                                                  \
    "  CmsPlugins: [ActiveDirectory]\n"                                                            \
    "  DomainJoinConfig:\n"                                                                        \
    "    Sid: S-1-5-21-1987540392-1215364810-3376921054\n"                                         \
    "    MachineAccountName: " account "\n"                                                        \
    "    Guid: 7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3\n"                                             \
    "    DnsTreeName: contoso.com\n"                                                               \
    "    DnsName: emea.contoso.com\n"                                                              \
    "    NetBiosName: EMEA\n"                                                                      \
    "  ActiveDirectoryConfig:\n"                                                                   \
    "    GroupManagedServiceAccounts:\n"                                                           \
    "    - {Name: " account ", Scope: emea.contoso.com}\n"                                         \
    "    - {Name: " account ", Scope: EMEA}\n"
#define ROLE(name, spec)                                                                           \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: ClusterRole\n"                                                                          \
    "metadata: {name: " name "}\n"                                                                 \
    "rules: [{apiGroups: [windows.k8s.io], resources: [gmsacredentialspecs], verbs: [use], "       \
    "resourceNames: [" spec "]}]\n"
#define BINDING(name, role, subjects)                                                              \
    "---\n"                                                                                        \
    "apiVersion: rbac.authorization.k8s.io/v1\n"                                                   \
    "kind: RoleBinding\n"                                                                          \
    "metadata: {name: " name ", namespace: shop}\n"                                                \
    "roleRef: {kind: ClusterRole, name: " role "}\n"                                               \
    "subjects: [" subjects "]\n"
#define ACCOUNT(namespace, name)                                                                   \
    "---\n"                                                                                        \
    "apiVersion: v1\n"                                                                             \
    "kind: ServiceAccount\n"                                                                       \
    "metadata: {name: " name ", namespace: " namespace "}\n"
#define APP "{kind: ServiceAccount, name: app}"

static void write_file(const char *folder, const char *name, const char *text)
{
    struct error *err = NULL;
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0644, FILE_REPLACE, &err), 0);
}

static struct manifest_set *load(const char *folder)
{
    return manifest_set_load(&folder, 1, slice_of("default"));
}

static struct questions questions_for(struct slice *names, size_t count)
{
    return (struct questions){.namespace = slice_of("shop"),
                              .service_account = slice_of("app"),
                              .spec_names = names,
                              .count = count,
                              .authorise_count = count};
}

START_TEST(answers_what_the_decision_asks)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "specs.yaml", SPEC("web", "Web") SPEC("other", "Other"));
    write_file(folder, "rbac.json",
               "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":["
               "{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRole\","
               "\"metadata\":{\"name\":\"use\"},\"rules\":[{\"apiGroups\":[\"windows.k8s.io\"],"
               "\"resources\":[\"gmsacredentialspecs\"],\"verbs\":[\"use\"],"
               "\"resourceNames\":[\"web\",\"gone\"]}]}]}");
    write_file(folder, "bindings.yml", BINDING("b", "use", APP));
    write_file(folder, "ignored.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    write_file(folder, "ignored.txt", "}{");
    cleanup_manifest_set struct manifest_set *set = load(folder);
    ck_assert_uint_eq(set->problems.count, 0);
    ck_assert_uint_eq(set->spec_count, 2);
    ck_assert_uint_eq(set->broken_count, 0);

    struct arena arena = {0};
    struct slice names[] = {slice_of("gone"), slice_of("other"), slice_of("web"),
                            slice_of("nothing")};
    struct questions questions = questions_for(names, 4);
    const struct answer *answers = manifest_set_answer(set, &questions, &arena);
    ck_assert_int_eq(answers[0].authorisation, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(answers[0].lookup, LOOKUP_MISSING);
    ck_assert_int_eq(answers[1].authorisation, AUTHORISATION_DENIED);
    ck_assert_int_eq(answers[1].lookup, LOOKUP_FOUND);
    ck_assert_int_eq(answers[2].authorisation, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(answers[2].lookup, LOOKUP_FOUND);
    ck_assert_str_eq(answers[2].resource->account, "Web");
    ck_assert_int_eq(answers[3].authorisation, AUTHORISATION_DENIED);
    ck_assert_int_eq(answers[3].lookup, LOOKUP_MISSING);
    ck_assert_ptr_null(answers[3].resource);
    /* What is only looked up is not authorised. */
    questions.authorise_count = 1;
    answers = manifest_set_answer(set, &questions, &arena);
    ck_assert_int_eq(answers[1].authorisation, AUTHORISATION_ALLOWED);
    ck_assert_int_eq(answers[1].lookup, LOOKUP_FOUND);
    arena_release(&arena);
}
END_TEST

static bool has_problem(const struct manifest_set *set, enum problem_severity severity,
                        const char *place, const char *message)
{
    struct arena arena = {0};
    bool found = false;
    for (size_t i = 0; i < set->problems.count; i++) {
        const struct problem *problem = &set->problems.items[i];
        found |= problem->severity == severity && strstr(problem->message, message) &&
                 strstr(origin_text(problem->origin, &arena), place);
    }
    arena_release(&arena);
    return found;
}

START_TEST(reports_problems_with_their_place)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "a.yaml", SPEC("web", "Web"));
    write_file(folder, "b.yaml", "# the same name\n" SPEC("web", "Web2"));
    write_file(folder, "c.yaml", "kind: [\n");
    write_file(folder, "d.yaml",
               "apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\nmetadata: {}\n");
    write_file(folder, "e.yaml",
               "apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\n"
               "metadata: {name: broken}\ncredspec: {}\n");
    write_file(folder, "f.yaml", BINDING("b", "gone", APP));
    write_file(folder, "g.yaml",
               "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
               "metadata: {name: h}\nroleRef: {kind: Role, name: r}\n"
               "subjects:\n- kind: Robot\n  name: x\n");
    write_file(folder, "h.json", "{\"CmsPlugins\":[\"ActiveDirectory\"],\"DomainJoinConfig\":{}}");
    write_file(folder, "i.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {}\n");
    cleanup_manifest_set struct manifest_set *set = load(folder);

    ck_assert(has_problem(set, PROBLEM_ERROR, "/b.yaml:3:1", "\"web\" is there twice: also at"));
    ck_assert(has_problem(set, PROBLEM_ERROR, "/b.yaml:3:1", "/a.yaml:2:1"));
    ck_assert(has_problem(set, PROBLEM_ERROR, "/c.yaml:", ""));
    ck_assert(has_problem(set, PROBLEM_ERROR, "/d.yaml:1:1", "name"));
    ck_assert(has_problem(set, PROBLEM_WARNING, "/e.yaml:1:1", "\"broken\" is not valid"));
    ck_assert(has_problem(set, PROBLEM_WARNING, "/f.yaml:2:1", "ClusterRole \"gone\""));
    ck_assert(has_problem(set, PROBLEM_ERROR, "/g.yaml:6:3", "RoleBinding \"h\": the kind"));
    ck_assert(has_problem(set, PROBLEM_WARNING, "/h.json:1:1", "a bare credential spec"));
    ck_assert(has_problem(set, PROBLEM_ERROR, "/i.yaml:1:1", "metadata.name must be given"));
    ck_assert_uint_eq(set->problems.errors, 5);
    ck_assert_uint_eq(set->broken_count, 1);
    /* It is there all the same. */
    ck_assert_ptr_nonnull(manifest_set_spec(set, slice_of("broken")));
}
END_TEST

START_TEST(a_path_that_is_not_there_is_an_error)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/none", folder);
    cleanup_manifest_set struct manifest_set *set = load(path);
    ck_assert_uint_eq(set->problems.errors, 1);
    ck_assert(has_problem(set, PROBLEM_ERROR, "/none", ""));
    ck_assert_uint_eq(set->problems.items[0].origin.position.line, 0);
}
END_TEST

/* --- The source ---------------------------------------------------------------------------------
 */

static void count_answer(struct source_query *query)
{
    (*(int *)query->context)++;
}

static struct source_query query_for(const struct questions *questions, struct arena *arena,
                                     int *answered)
{
    return (struct source_query){.questions = questions,
                                 .arena = arena,
                                 .timeout_milliseconds = 1000,
                                 .answered = count_answer,
                                 .context = answered};
}

static void count_problem(void *context, const struct problem *problem)
{
    ck_assert_ptr_nonnull(problem->message);
    (*(int *)context)++;
}

START_TEST(keeps_the_last_good_state)
{
    cleanup_test_folder char *folder = test_folder();
    const char *path = folder;
    struct error *err = NULL;
    struct arena arena = {0};
    struct slice name = slice_of("web");
    const struct questions questions = questions_for(&name, 1);
    struct source *source = manifest_source_create(&path, 1);
    int answered = 0;
    int problems = 0;

    ck_assert(!source_ready(source));
    struct source_query early = query_for(&questions, &arena, &answered);
    source_ask(source, &early);
    ck_assert_int_eq(answered, 1);
    ck_assert_int_eq(early.answers[0].authorisation, AUTHORISATION_UNAVAILABLE);
    ck_assert_int_eq(early.answers[0].lookup, LOOKUP_UNAVAILABLE);
    source_finish(source, &early);

    write_file(folder, "a.yaml", SPEC("web", "Web"));
    ck_assert_int_eq(manifest_source_reload(source, count_problem, &problems, &err), 0);
    ck_assert_int_eq(problems, 0);
    ck_assert(source_ready(source));
    struct source_query first = query_for(&questions, &arena, &answered);
    source_ask(source, &first);
    ck_assert_str_eq(first.answers[0].resource->account, "Web");

    /* A broken file changes nothing and is reported. */
    write_file(folder, "a.yaml", "kind: [\n");
    ck_assert_int_eq(manifest_source_reload(source, count_problem, &problems, &err), -1);
    ck_assert_int_eq(err->code, ERROR_INPUT);
    ck_assert_str_eq(err->message, "1 error in the manifests: the last good state stays in use");
    ck_assert_int_eq(problems, 1);
    error_free(STEAL(err));
    struct source_statistics numbers;
    source_statistics(source, &numbers);
    ck_assert_uint_eq(numbers.specs, 1);

    /* A mended one counts for new questions, while the old answer stays what it was. */
    write_file(folder, "a.yaml",
               SPEC("web", "Web2") "---\napiVersion: windows.k8s.io/v1\n"
                                   "kind: GMSACredentialSpec\n"
                                   "metadata: {name: broken}\n");
    ck_assert_int_eq(manifest_source_reload(source, count_problem, &problems, &err), 0);
    ck_assert_int_eq(problems, 2);
    struct source_query second = query_for(&questions, &arena, &answered);
    source_ask(source, &second);
    ck_assert_str_eq(second.answers[0].resource->account, "Web2");
    ck_assert_str_eq(first.answers[0].resource->account, "Web");
    source_statistics(source, &numbers);
    ck_assert_uint_eq(numbers.specs, 2);
    ck_assert_uint_eq(numbers.broken_specs, 1);
    source_finish(source, &first);
    source_finish(source, &second);
    ck_assert_int_eq(answered, 3);
    source_free(source);
    arena_release(&arena);
}
END_TEST

static void *ask_often(void *context)
{
    struct source *source = context;
    struct slice name = slice_of("web");
    const struct questions questions = questions_for(&name, 1);
    for (int i = 0; i < 500; i++) {
        struct arena arena = {0};
        int answered = 0;
        struct source_query query = query_for(&questions, &arena, &answered);
        source_ask(source, &query);
        if (answered != 1 || query.answers[0].lookup != LOOKUP_FOUND)
            return source;
        source_finish(source, &query);
        arena_release(&arena);
    }
    return NULL;
}

START_TEST(threads_ask_while_it_is_reloaded)
{
    cleanup_test_folder char *folder = test_folder();
    const char *path = folder;
    write_file(folder, "a.yaml", SPEC("web", "Web"));
    struct source *source = manifest_source_create(&path, 1);
    ck_assert_int_eq(manifest_source_reload(source, NULL, NULL, NULL), 0);
    pthread_t threads[3];
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, source), 0);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(manifest_source_reload(source, NULL, NULL, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        void *failed;
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
    source_free(source);
}
END_TEST

/* --- Who can ------------------------------------------------------------------------------------
 */

START_TEST(lists_who_may_use_a_spec)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "a.yaml",
               SPEC("web", "Web") ROLE("use", "web") ROLE("other", "other") ACCOUNT("shop", "app")
                   ACCOUNT("shop", "other") ACCOUNT("shop", "app") ACCOUNT("else", "where") BINDING(
                       "own", "use",
                       APP ", {kind: ServiceAccount, name: where, "
                           "namespace: else}, {kind: User, name: jane}")
                       BINDING("members", "use", "{kind: Group, name: 'system:serviceaccounts'}")
                           BINDING("named", "use",
                                   "{kind: User, name: 'system:serviceaccount:shop:late'}, "
                                   "{kind: Group, name: 'system:authenticated'}, "
                                   "{kind: Group, name: 'system:serviceaccounts:else'}")
                               BINDING("unrelated", "other", APP));
    cleanup_manifest_set struct manifest_set *set = load(folder);
    ck_assert_uint_eq(set->problems.count, 0);
    ck_assert_uint_eq(set->account_count, 3);

    static const struct {
        const char *kind, *namespace, *name, *via, *binding;
        bool effective;
    } expected[] = {
        {"ServiceAccount", "else", "where", NULL, "RoleBinding shop/own", false},
        {"ServiceAccount", "shop", "app", "system:serviceaccounts", "RoleBinding shop/members",
         true},
        {"ServiceAccount", "shop", "app", NULL, "RoleBinding shop/own", true},
        {"ServiceAccount", "shop", "late", NULL, "RoleBinding shop/named", true},
        {"ServiceAccount", "shop", "other", "system:serviceaccounts", "RoleBinding shop/members",
         true},
        {"Group", "", "system:authenticated", NULL, "RoleBinding shop/named", false},
        {"Group", "", "system:masters", NULL, "ClusterRoleBinding cluster-admin", false},
        {"Group", "", "system:serviceaccounts", NULL, "RoleBinding shop/members", true},
        {"Group", "", "system:serviceaccounts:else", NULL, "RoleBinding shop/named", false},
        {"User", "", "jane", NULL, "RoleBinding shop/own", false},
    };
    struct arena arena = {0};
    struct permissions found = permissions_find(set, slice_of("web"), &arena);
    ck_assert_uint_eq(found.count, ARRAY_LENGTH(expected));
    for (size_t i = 0; i < found.count; i++) {
        const struct permission *permission = &found.items[i];
        ck_assert_str_eq(rbac_subject_kind_name(permission->subject.kind), expected[i].kind);
        ck_assert_msg(slice_is(permission->subject.namespace, expected[i].namespace), "%zu", i);
        ck_assert_msg(slice_is(permission->subject.name, expected[i].name), "%zu", i);
        ck_assert_msg(slice_equal(permission->via_group, slice_of(expected[i].via)), "%zu", i);
        ck_assert_str_eq(rbac_binding_label(permission->binding, &arena), expected[i].binding);
        ck_assert_msg(!permission->without_effect == expected[i].effective, "%zu", i);
    }
    arena_release(&arena);
}
END_TEST

static void add_text(struct manifest_set *set, const char *json)
{
    cleanup_arena struct arena arena = {0};
    const struct node *object = json_tree_parse(&arena, json, strlen(json), NULL, NULL, NULL);
    ck_assert_msg(object != NULL, "%s", json);
    manifest_set_add(set, object, slice_of(""), (struct origin){.file = ORIGIN_CLUSTER});
}

#define RBAC_OBJECT(kind, metadata, rest)                                                          \
    "{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"" kind                            \
    "\",\"metadata\":{" metadata "}," rest "}"
#define USE_RULE                                                                                   \
    "\"rules\":[{\"apiGroups\":[\"windows.k8s.io\"],\"resources\":[\"gmsacredentialspecs\"],"      \
    "\"verbs\":[\"use\"]}]"
#define BIND(role)                                                                                 \
    "\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":"   \
    "\"" role                                                                                      \
    "\"},\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"app\",\"namespace\":\"shop\"}]"

/* As its API server has them: an aggregated role counts with the rules that are stored in it and
 * not with those that a controller would put there; nothing is built in; a binding without its role
 * is no problem. */
START_TEST(a_cluster_counts_as_it_is_stored)
{
    static const char selector[] =
        "\"aggregationRule\":{\"clusterRoleSelectors\":[{\"matchLabels\":{\"sum\":\"up\"}}]}";
    for (int stored = 0; stored < 2; stored++) {
        cleanup_manifest_set struct manifest_set *set = manifest_set_create(true);
        cleanup_arena struct arena arena = {0};
        cleanup_free char *aggregate =
            xasprintf("{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRole\","
                      "\"metadata\":{\"name\":\"sum\"},%s%s%s}",
                      selector, stored ? "," : "", stored ? USE_RULE : "");
        add_text(set, aggregate);
        add_text(set, RBAC_OBJECT("ClusterRole", "\"name\":\"part\",\"labels\":{\"sum\":\"up\"}",
                                  USE_RULE));
        add_text(set,
                 RBAC_OBJECT("RoleBinding", "\"name\":\"a\",\"namespace\":\"shop\"", BIND("sum")));
        add_text(set,
                 RBAC_OBJECT("RoleBinding", "\"name\":\"b\",\"namespace\":\"shop\"", BIND("gone")));
        manifest_set_complete(set);
        const struct rbac_question question =
            manifest_use_question(slice_of("shop"), slice_of("app"), slice_of("web"), &arena);
        const struct rbac_binding *grant = rbac_find_grant(&set->rbac, &question);
        ck_assert_int_eq(grant != NULL, stored);
        ck_assert_uint_eq(set->problems.count, 0);
        ck_assert_uint_eq(set->rbac.role_count, 2);
        ck_assert_uint_eq(set->rbac.binding_count, 2);
        if (grant)
            ck_assert_str_eq(origin_text(grant->origin, &arena), "in the cluster");
    }
}
END_TEST

SUITE("manifests", answers_what_the_decision_asks, reports_problems_with_their_place,
      a_path_that_is_not_there_is_an_error, keeps_the_last_good_state,
      threads_ask_while_it_is_reloaded, lists_who_may_use_a_spec, a_cluster_counts_as_it_is_stored)
