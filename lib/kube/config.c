#include "lib/kube/config.h"
#include "lib/kube/curl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/arena.h"
#include "lib/common/ascii.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

enum { NAMESPACE_MAX = 253 };

static const char service_account[] = "/var/run/secrets/kubernetes.io/serviceaccount";

void kube_config_free(struct kube_config *config)
{
    if (!config)
        return;
    char *const texts[] = {
        config->source,    config->context,  config->server,           config->host,
        config->namespace, config->ca_file,  config->proxy_url,        config->tls_server_name,
        config->key_file,  config->username, config->certificate_file, config->token_file,
        config->as,        config->as_uid};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    for (char **group = config->as_groups; group && *group; group++)
        free(*group);
    free(config->as_groups);
    secure_buffer_release(&config->ca);
    secure_buffer_release(&config->certificate);
    secure_buffer_release(&config->key);
    secure_buffer_release(&config->token);
    secure_buffer_release(&config->password);
    free(config);
}

const char *kube_config_environment(const struct kube_config_options *options, const char *name)
{
    const char *value = options->environment ? options->environment(name) : getenv(name);
    return value && *value ? value : NULL;
}

/* --- The server's URL ------------------------------------------------------------------------- */

static void url_free_at(CURLU **url)
{
    curl_url_cleanup(*url);
}
static void url_text_free_at(char **text)
{
    curl_free(*text);
}
#define cleanup_url      __attribute__((cleanup(url_free_at)))
#define cleanup_url_text __attribute__((cleanup(url_text_free_at)))

static bool url_has(CURLU *url, CURLUPart part)
{
    cleanup_url_text char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

static int refuse_server(const char *url, const char *why, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    return error_set(err, ERROR_INPUT, "server %s %s", quote(&arena, slice_of(url)), why);
}

int kube_config_set_server(struct kube_config *config, const char *text, bool allow_plain,
                           struct error **err)
{
    if (kube_curl_load(err) < 0)
        return -1;
    cleanup_url CURLU *url = curl_url();
    cleanup_url_text char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
    if (!url)
        abort();
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK)
        return refuse_server(text, "is no URL such as https://10.96.0.1:443", err);
    bool plain = strcmp(scheme, "http") == 0;
    if (!plain && strcmp(scheme, "https") != 0)
        return refuse_server(text, "must begin with https://", err);
    if (plain && !allow_plain && !is_loopback(host))
        return refuse_server(text,
                             "must begin with https://: http:// would show credentials to "
                             "the network",
                             err);
    if (url_has(url, CURLUPART_USER) || url_has(url, CURLUPART_QUERY) ||
        url_has(url, CURLUPART_FRAGMENT))
        return refuse_server(text, "must have no user, query or fragment", err);
    for (size_t length = strlen(path); length > 0 && path[length - 1] == '/'; length--)
        path[length - 1] = '\0';
    config->host = xasprintf("%s:%s", host, port);
    config->server = xasprintf("%s://%s%s", scheme, config->host, path);
    return 0;
}

/* --- In a pod --------------------------------------------------------------------------------- */

static int read_namespace(struct kube_config *config, const char *folder, struct error **err)
{
    cleanup_free char *path = xasprintf("%s/namespace", folder);
    cleanup_buffer struct buffer text = {0};
    cleanup_error struct error *problem = NULL;
    if (file_read(path, NAMESPACE_MAX + 1, &text, &problem) < 0)
        return problem->code == ERROR_NOT_FOUND ? 0 : error_move(err, STEAL(problem));
    while (text.length > 0 && ascii_is_control(text.data[text.length - 1]))
        text.data[--text.length] = '\0';
    if (text.length > 0)
        config->namespace = buffer_steal(&text);
    return 0;
}

struct kube_config *kube_config_in_cluster(const struct kube_config_options *options,
                                           struct error **err)
{
    const char *folder = options->service_account ? options->service_account : service_account;
    const char *host = kube_config_environment(options, "KUBERNETES_SERVICE_HOST");
    const char *port = kube_config_environment(options, "KUBERNETES_SERVICE_PORT");
    cleanup_kube_config struct kube_config *config = xcalloc(1, sizeof(*config));
    if (!host || !port) {
        (void)error_set(err, ERROR_NOT_FOUND,
                        "this is no pod: KUBERNETES_SERVICE_HOST or _PORT is not set");
        return NULL;
    }
    bool bare_ipv6 = strchr(host, ':') && *host != '[';
    cleanup_free char *url = xasprintf(bare_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
    config->source = xstrdup("in-cluster");
    config->token_file = xasprintf("%s/token", folder);
    config->ca_file = xasprintf("%s/ca.crt", folder);
    if (kube_config_set_server(config, url, false, err) < 0 ||
        read_namespace(config, folder, err) < 0) {
        (void)error_prefix(err, "in-cluster");
        return NULL;
    }
    for (size_t i = 0; i < 2; i++) {
        const char *path = i == 0 ? config->token_file : config->ca_file;
        if (access(path, R_OK) == 0)
            continue;
        (void)error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_DENIED, errno,
                              "in-cluster: the service account's %s", path);
        return NULL;
    }
    return STEAL(config);
}

/* --- The order -------------------------------------------------------------------------------- */

/* The files of a list with colons between them, without empty entries. */
static struct kube_config *load_list(const char *list, const struct kube_config_options *options,
                                     struct error **err)
{
    cleanup_free char *copy = xstrdup(list);
    cleanup_free const char **paths = xcalloc(strlen(list) + 2, sizeof(*paths));
    size_t count = 0;
    char *rest = NULL;
    for (char *path = strtok_r(copy, ":", &rest); path; path = strtok_r(NULL, ":", &rest))
        paths[count++] = path;
    if (count == 0) {
        (void)error_set(err, ERROR_INPUT, "KUBECONFIG names no file");
        return NULL;
    }
    return kube_config_from_files(paths, options, err);
}

struct kube_config *kube_config_load(const struct kube_config_options *options, struct error **err)
{
    const char *list = kube_config_environment(options, "KUBECONFIG");
    const char *home = kube_config_environment(options, "HOME");
    bool in_pod = kube_config_environment(options, "KUBERNETES_SERVICE_HOST") != NULL;
    if (options->kubeconfig && *options->kubeconfig) {
        const char *const paths[] = {options->kubeconfig, NULL};
        return kube_config_from_files(paths, options, err);
    }
    if (list)
        return load_list(list, options, err);
    if (in_pod && options->pod_first)
        return kube_config_in_cluster(options, err);
    cleanup_free char *path = xasprintf("%s/.kube/config", home ? home : "");
    if (home && access(path, F_OK) == 0) {
        const char *const paths[] = {path, NULL};
        return kube_config_from_files(paths, options, err);
    }
    if (in_pod)
        return kube_config_in_cluster(options, err);
    (void)error_set(err, ERROR_NOT_FOUND,
                    "no cluster is configured: give --kubeconfig, set KUBECONFIG, or write "
                    "~/.kube/config");
    return NULL;
}
