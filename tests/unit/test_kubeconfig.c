#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/kube/config.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* One folder for all: the tests run in processes of their own, one after another. */
static char *write_text(const char *folder, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", folder, name);
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_REPLACE, NULL), 0);
    return path;
}

#define BEGIN                                                                                      \
    "apiVersion: v1\nkind: Config\ncurrent-context: one\n"                                         \
    "contexts:\n- {name: one, context: {cluster: c, user: u, namespace: shop}}\n"                  \
    "- {name: two, context: {cluster: d, user: v}}\n"                                              \
    "- {name: nobody, context: {cluster: c}}\n"                                                    \
    "- {name: lost, context: {cluster: away, user: u}}\n"                                          \
    "- {name: stranger, context: {cluster: c, user: away}}\n"                                      \
    "- {name: bare, context: {}}\n"
#define CLUSTER(text)                                                                              \
    BEGIN "clusters:\n- name: c\n  cluster: {" text "}\nusers: [{name: u, user: {token: t}}]\n"
#define USER(text)                                                                                 \
    BEGIN                                                                                          \
    "clusters: [{name: c, cluster: {server: 'https://h'}}]\nusers:\n- name: u\n  user: {" text "}" \
    "\n"

static struct kube_config *load(const char *text, const struct kube_config_options *options,
                                struct error **err)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = write_text(folder, "config", text);
    struct kube_config_options all = options ? *options : (struct kube_config_options){0};
    all.kubeconfig = path;
    return kube_config_load(&all, err);
}

static struct kube_config *load_good(const char *text, const struct kube_config_options *options)
{
    struct error *error = NULL;
    struct kube_config *config = load(text, options, &error);
    ck_assert_msg(config != NULL, "%s", error ? error->message : "no error");
    return config;
}

static void check_refused(const char *text, const struct kube_config_options *options,
                          enum error_code code, const char *message)
{
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config = load(text, options, &error);
    ck_assert_msg(!config, "was accepted: %s", text);
    ck_assert_msg(strstr(error->message, message) != NULL, "%s: lacks: %s", error->message,
                  message);
    ck_assert_msg(error->code == code, "%s: %s", error_code_name(error->code), error->message);
}

static void check_secret(const struct secure_buffer *secret, const char *text)
{
    ck_assert_uint_eq(secret->length, strlen(text));
    ck_assert_int_eq(memcmp(secret->data, text, secret->length), 0);
}

START_TEST(a_cluster_is_read)
{
    cleanup_kube_config struct kube_config *config =
        load_good(CLUSTER("server: 'https://kube.example.com/k8s/c-1/', "
                          "certificate-authority-data: Q0E=, tls-server-name: kube, "
                          "proxy-url: 'socks5://p:1'"),
                  NULL);
    ck_assert_str_eq(config->server, "https://kube.example.com:443/k8s/c-1");
    ck_assert_str_eq(config->host, "kube.example.com:443");
    check_secret(&config->ca, "CA");
    ck_assert_ptr_null(config->ca_file);
    ck_assert_str_eq(config->tls_server_name, "kube");
    ck_assert_str_eq(config->proxy_url, "socks5://p:1");
    ck_assert_str_eq(config->namespace, "shop");
    ck_assert_str_eq(config->context, "one");
    check_secret(&config->token, "t");
}
END_TEST

START_TEST(servers_are_urls)
{
    static const struct {
        const char *server, *result;
    } rows[] = {
        {"https://10.0.0.1", "https://10.0.0.1:443"},
        {"https://[fd00::1]:6443", "https://[fd00::1]:6443"},
        {"http://127.0.0.1:8001", "http://127.0.0.1:8001"},
        {"http://localhost:8001/", "http://localhost:8001"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_free char *text = xasprintf(CLUSTER("server: '%s'"), rows[i].server);
        cleanup_kube_config struct kube_config *config = load_good(text, NULL);
        ck_assert_str_eq(config->server, rows[i].result);
    }
}
END_TEST

START_TEST(bad_clusters_are_refused)
{
    static const struct {
        const char *text;
        enum error_code code;
        const char *message;
    } rows[] = {
        {CLUSTER(""), ERROR_INPUT, "cluster \"c\": it has no server"},
        {CLUSTER("server: kube.example.com"), ERROR_INPUT, "is no URL"},
        {CLUSTER("server: 'ftp://h'"), ERROR_INPUT, "must begin with https://"},
        {CLUSTER("server: 'http://h'"), ERROR_INPUT, "would show credentials"},
        {CLUSTER("server: 'https://a:b@h'"), ERROR_INPUT, "must have no user"},
        {CLUSTER("server: 'https://h?x=y'"), ERROR_INPUT, "must have no user"},
        {CLUSTER("server: 'https://h', insecure-skip-tls-verify: true"), ERROR_DENIED,
         "insecure-skip-tls-verify is refused"},
        {CLUSTER("server: 'https://h', insecure-skip-tls-verify: 'true'"), ERROR_INPUT,
         "insecure-skip-tls-verify must be true or false"},
        {CLUSTER("server: 'https://h', certificate-authority-data: '%%'"), ERROR_INPUT,
         "certificate-authority-data is no base64"},
        {CLUSTER("server: 'https://h', proxy-url: 'file:///x'"), ERROR_INPUT, "proxy-url"},
        {CLUSTER("server: [1]"), ERROR_INPUT, "server must be a string, not a list"},
        {CLUSTER("server: \"https://h\\0x\""), ERROR_INPUT, "NUL"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_refused(rows[i].text, NULL, rows[i].code, rows[i].message);
}
END_TEST

START_TEST(insecure_must_be_allowed)
{
    const struct kube_config_options options = {.allow_insecure = true};
    cleanup_kube_config struct kube_config *config =
        load_good(CLUSTER("server: 'http://h:80', insecure-skip-tls-verify: true"), &options);
    ck_assert(config->insecure);
    check_refused(CLUSTER("server: 'https://h', insecure-skip-tls-verify: true, "
                          "certificate-authority: ca.crt"),
                  &options, ERROR_INPUT, "contradict each other");
}
END_TEST

START_TEST(users_are_read)
{
    cleanup_kube_config struct kube_config *certificate = load_good(
        USER("client-certificate-data: Q1JU, client-key-data: S0VZ, as: bob, as-groups: [a, b]"),
        NULL);
    check_secret(&certificate->certificate, "CRT");
    check_secret(&certificate->key, "KEY");
    ck_assert_str_eq(certificate->as, "bob");
    ck_assert_str_eq(certificate->as_groups[1], "b");
    ck_assert_ptr_null(certificate->as_groups[2]);
    cleanup_kube_config struct kube_config *basic =
        load_good(USER("username: bob, password: secret"), NULL);
    ck_assert_str_eq(basic->username, "bob");
    check_secret(&basic->password, "secret");
}
END_TEST

START_TEST(paths_count_from_the_files_folder)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path =
        write_text(folder, "config",
                   BEGIN "clusters: [{name: c, cluster: {server: 'https://h', "
                         "certificate-authority: pki/ca.crt}}]\n"
                         "users: [{name: u, user: {client-certificate: /abs/c.crt, "
                         "client-key: c.key, tokenFile: token}}]\n");
    const struct kube_config_options options = {.kubeconfig = path};
    cleanup_kube_config struct kube_config *config = kube_config_load(&options, NULL);
    cleanup_free char *authority = xasprintf("%s/pki/ca.crt", folder);
    cleanup_free char *token = xasprintf("%s/token", folder);
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(config->ca_file, authority);
    ck_assert_str_eq(config->certificate_file, "/abs/c.crt");
    ck_assert_str_eq(config->token_file, token);
}
END_TEST

START_TEST(bad_users_are_refused)
{
    static const char more[] = "more than one of token";
    static const struct {
        const char *text;
        enum error_code code;
        const char *message;
    } rows[] = {
        {USER("token: t, username: u"), ERROR_INPUT, more},
        {USER("tokenFile: t, exec: {command: x}"), ERROR_INPUT, more},
        {USER("exec: {command: x}"), ERROR_DENIED, "user \"u\": it runs a program"},
        {USER("auth-provider: {name: gcp}"), ERROR_INPUT, "no longer part of Kubernetes"},
        {USER("client-certificate: c"), ERROR_INPUT, "needs a client-key"},
        {USER("client-key: c"), ERROR_INPUT, "needs a client-certificate"},
        {USER("password: c"), ERROR_INPUT, "password needs a username"},
        {USER("token: 12"), ERROR_INPUT, "token must be a string, not a number"},
        {USER("as-groups: [a]"), ERROR_INPUT, "as-groups and as-uid need as"},
        {USER("as: a, as-groups: x"), ERROR_INPUT, "as-groups must be a list"},
        {USER("as: a, as-groups: [1]"), ERROR_INPUT,
         "as-groups must hold strings of one line only"},
        {USER("as: a, as-groups: [\"x\\ny\"]"), ERROR_INPUT, "of one line only"},
        {USER("as: \"a\\r\\nX-Y: z\""), ERROR_INPUT, "as holds a control character"},
        {USER("as: a, as-user-extra: {x: [y]}"), ERROR_INPUT, "as-user-extra"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_refused(rows[i].text, NULL, rows[i].code, rows[i].message);
}
END_TEST

START_TEST(contexts_are_chosen_by_name)
{
    static const char text[] =
        BEGIN "clusters: [{name: c, cluster: {server: 'https://h'}}, "
              "{name: d, cluster: {server: 'https://i'}}]\n"
              "users: [{name: u, user: {token: t}}, {name: v, user: {token: w}}]\n";
    struct kube_config_options options = {.context = "two"};
    cleanup_kube_config struct kube_config *two = load_good(text, &options);
    ck_assert_str_eq(two->host, "i:443");
    check_secret(&two->token, "w");
    options.context = "nobody";
    cleanup_kube_config struct kube_config *nobody = load_good(text, &options);
    ck_assert_ptr_null(nobody->token.data);
    options.context = "three";
    check_refused(text, &options, ERROR_NOT_FOUND,
                  "no context is named \"three\"; there is \"one\", \"two\"");
    options.context = "lost";
    check_refused(text, &options, ERROR_NOT_FOUND, "no cluster is named \"away\"");
    options.context = "stranger";
    check_refused(text, &options, ERROR_NOT_FOUND, "no user is named \"away\"");
    options.context = "bare";
    check_refused(text, &options, ERROR_INPUT, "it names no cluster");
}
END_TEST

START_TEST(what_is_no_kubeconfig_is_refused)
{
    check_refused("", NULL, ERROR_INPUT, "it has no current-context");
    check_refused("[]", NULL, ERROR_INPUT, "it must be an object, not a list");
    check_refused("a: 1\n---\nb: 2\n", NULL, ERROR_INPUT, "more than one document");
    check_refused("a: {", NULL, ERROR_INPUT, "line ");
    check_refused("current-context: x\ncontexts: {}\n", NULL, ERROR_INPUT,
                  "contexts must be a list");
    check_refused("current-context: x\ncontexts: [{name: x}]\n", NULL, ERROR_INPUT,
                  "has no contents");
    const struct kube_config_options options = {.kubeconfig = "/nowhere/config"};
    cleanup_error struct error *error = NULL;
    ck_assert_ptr_null(kube_config_load(&options, &error));
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
}
END_TEST

/* --- Where it comes from -------------------------------------------------------------------- */

static const char *environment_list, *environment_home, *environment_host, *environment_port;

static void set_environment(const char *list, const char *home, const char *host)
{
    environment_list = list;
    environment_home = home;
    environment_host = host;
    environment_port = host ? "443" : NULL;
}

static const char *environment(const char *name)
{
    return strcmp(name, "KUBECONFIG") == 0                ? environment_list
           : strcmp(name, "HOME") == 0                    ? environment_home
           : strcmp(name, "KUBERNETES_SERVICE_HOST") == 0 ? environment_host
           : strcmp(name, "KUBERNETES_SERVICE_PORT") == 0 ? environment_port
                                                          : NULL;
}

START_TEST(files_of_a_list_are_merged)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *first = write_text(
        folder, "first", "current-context: one\nusers: [{name: u, user: {token: first}}]\n");
    cleanup_free char *second = write_text(
        folder, "second", USER("token: second, as: somebody") "current-context-of: nobody\n");
    cleanup_free char *list = xasprintf("%s/none::%s:%s:%s", folder, first, second, first);
    const struct kube_config_options options = {.environment = environment};
    set_environment(list, NULL, NULL);
    cleanup_kube_config struct kube_config *config = kube_config_load(&options, NULL);
    ck_assert_ptr_nonnull(config);
    check_secret(&config->token, "first");
    ck_assert_ptr_null(config->as); /* nothing of the second one's user */
    ck_assert_str_eq(config->host, "h:443");
    cleanup_error struct error *error = NULL;
    set_environment("/nowhere/a:/nowhere/b", NULL, NULL);
    ck_assert_ptr_null(kube_config_load(&options, &error));
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error->message, "/nowhere/a"));
}
END_TEST

START_TEST(a_pod_uses_its_service_account)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *token = write_text(folder, "token", "t");
    struct kube_config_options options = {.environment = environment, .service_account = folder};
    cleanup_error struct error *error = NULL;
    set_environment(NULL, NULL, NULL);
    ck_assert_ptr_null(kube_config_load(&options, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "no cluster is configured"));
    set_environment(NULL, NULL, "fd00::1");
    cleanup_error struct error *lacking = NULL;
    ck_assert_ptr_null(kube_config_load(&options, &lacking));
    ck_assert_int_eq(lacking->code, ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(lacking->message, "ca.crt"));
    cleanup_free char *authority = write_text(folder, "ca.crt", "c");
    cleanup_free char *namespace = write_text(folder, "namespace", "gmsa\n");
    cleanup_kube_config struct kube_config *config = kube_config_load(&options, NULL);
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(config->server, "https://[fd00::1]:443");
    ck_assert_str_eq(config->token_file, token);
    ck_assert_str_eq(config->ca_file, authority);
    ck_assert_str_eq(config->namespace, "gmsa");
}
END_TEST

START_TEST(a_home_comes_before_a_pod_but_for_a_pods_program)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *dot = xasprintf("%s/.kube", folder);
    cleanup_free char *token = write_text(folder, "token", "t");
    cleanup_free char *authority = write_text(folder, "ca.crt", "c");
    ck_assert_int_eq(mkdir(dot, 0700), 0);
    cleanup_free char *path = write_text(folder, ".kube/config", USER("token: t"));
    struct kube_config_options options = {.environment = environment, .service_account = folder};
    set_environment(NULL, folder, "10.0.0.1");
    cleanup_kube_config struct kube_config *home = kube_config_load(&options, NULL);
    ck_assert_str_eq(home->source, path);
    options.pod_first = true;
    cleanup_kube_config struct kube_config *pod = kube_config_load(&options, NULL);
    ck_assert_str_eq(pod->source, "in-cluster");
}
END_TEST

SUITE("kubeconfig", a_cluster_is_read, servers_are_urls, bad_clusters_are_refused,
      insecure_must_be_allowed, users_are_read, paths_count_from_the_files_folder,
      bad_users_are_refused, contexts_are_chosen_by_name, what_is_no_kubeconfig_is_refused,
      files_of_a_list_are_merged, a_pod_uses_its_service_account,
      a_home_comes_before_a_pod_but_for_a_pods_program)
