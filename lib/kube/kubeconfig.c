/* Kubeconfig files: what kubectl and client-go read (client-go/tools/clientcmd/api/v1), without
 * the settings that only kubectl's own front end has. */
#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/base64.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/document/yaml_tree.h"
#include "lib/kube/config.h"
#include "lib/kube/exec_credential.h"
#include "lib/kube/kubeconfig_tree.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

static int fail(const struct kubeconfig_entry *entry, enum error_code code, const char *message,
                struct error **err)
{
    return error_set(err, code, "%s: %s %s: %s", entry->file->path, entry->kind, entry->quoted_name,
                     message);
}

/* --- Values ----------------------------------------------------------------------------------- */

/* A member that must be a string: absent where it is missing, null or "". */
static int read_text(const struct kubeconfig_entry *entry, const char *name, struct slice *text,
                     struct error **err)
{
    const struct node *node = node_member(entry->node, name);
    *text = (struct slice){0};
    if (!node || node->type == NODE_NULL || (node->type == NODE_STRING && node->text.length == 0))
        return 0;
    if (node->type != NODE_STRING)
        return error_set(err, ERROR_INPUT, "%s: %s %s: %s must be a string, not %s",
                         entry->file->path, entry->kind, entry->quoted_name, name,
                         node_type_name(node));
    if (memchr(node->text.data, '\0', node->text.length))
        return error_set(err, ERROR_INPUT, "%s: %s %s: %s holds a NUL byte", entry->file->path,
                         entry->kind, entry->quoted_name, name);
    *text = node->text;
    return 0;
}

static bool is_one_line(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]))
            return false;
    return true;
}

static int copy_text(const struct kubeconfig_entry *entry, const char *name, char **copy,
                     struct error **err)
{
    struct slice text;
    if (read_text(entry, name, &text, err) < 0)
        return -1;
    /* These end up in header fields. */
    if (!is_one_line(text))
        return error_set(err, ERROR_INPUT, "%s: %s %s: %s holds a control character",
                         entry->file->path, entry->kind, entry->quoted_name, name);
    *copy = slice_present(text) ? xstrndup(text.data, text.length) : NULL;
    return 0;
}

/* A path, which counts from the folder of the file that names it. */
static int copy_path(const struct kubeconfig_entry *entry, const char *name, char **path,
                     struct error **err)
{
    struct slice text;
    if (read_text(entry, name, &text, err) < 0)
        return -1;
    *path = slice_present(text) ? kubeconfig_resolve(entry->file, text) : NULL;
    return 0;
}

static int copy_secret(const struct kubeconfig_entry *entry, const char *name,
                       struct secure_buffer *secret, struct error **err)
{
    struct slice text;
    if (read_text(entry, name, &text, err) < 0)
        return -1;
    if (!slice_present(text))
        return 0;
    if (secure_buffer_create(secret, text.length, err) < 0)
        return -1;
    memcpy(secret->data, text.data, text.length);
    secret->length = text.length;
    return 0;
}

/* NAME-data in base64, else the file that NAME says. */
static int read_data_or_file(const struct kubeconfig_entry *entry, const char *name,
                             struct secure_buffer *data, char **path, struct error **err)
{
    cleanup_free char *data_name = xasprintf("%s-data", name);
    struct slice text;
    if (read_text(entry, data_name, &text, err) < 0)
        return -1;
    if (!slice_present(text))
        return copy_path(entry, name, path, err);
    if (secure_buffer_create(data, text.length / 4 * 3 + 3, err) < 0)
        return -1;
    if (!base64_decode(text, data->data, data->capacity, &data->length) || data->length == 0)
        return error_set(err, ERROR_INPUT, "%s: %s %s: %s is no base64", entry->file->path,
                         entry->kind, entry->quoted_name, data_name);
    return 0;
}

static int read_boolean(const struct kubeconfig_entry *entry, const char *name, bool *value,
                        struct error **err)
{
    const struct node *node = node_member(entry->node, name);
    *value = node && node->type == NODE_BOOLEAN && node->boolean;
    if (node && node->type != NODE_BOOLEAN && node->type != NODE_NULL)
        return error_set(err, ERROR_INPUT, "%s: %s %s: %s must be true or false", entry->file->path,
                         entry->kind, entry->quoted_name, name);
    return 0;
}

static bool has(const struct kubeconfig_entry *entry, const char *name)
{
    const struct node *node = node_member(entry->node, name);
    return node && node->type != NODE_NULL &&
           (node->type != NODE_STRING || node->text.length > 0) &&
           ((node->type != NODE_OBJECT && node->type != NODE_ARRAY) || node->count > 0);
}

/* --- Clusters --------------------------------------------------------------------------------- */

static int check_proxy(const struct kubeconfig_entry *cluster, const char *url, struct error **err)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++)
        if (!url || strncmp(url, schemes[i], strlen(schemes[i])) == 0)
            return 0;
    return fail(cluster, ERROR_INPUT, "proxy-url must begin with http://, https:// or socks5://",
                err);
}

static int read_cluster(const struct kubeconfig_entry *cluster,
                        const struct kube_config_options *options, struct kube_config *config,
                        struct error **err)
{
    struct slice server;
    if (read_text(cluster, "server", &server, err) < 0 ||
        read_data_or_file(cluster, "certificate-authority", &config->ca, &config->ca_file, err) <
            0 ||
        read_boolean(cluster, "insecure-skip-tls-verify", &config->insecure, err) < 0 ||
        copy_text(cluster, "tls-server-name", &config->tls_server_name, err) < 0 ||
        copy_text(cluster, "proxy-url", &config->proxy_url, err) < 0 ||
        check_proxy(cluster, config->proxy_url, err) < 0)
        return -1;
    if (!slice_present(server))
        return fail(cluster, ERROR_INPUT, "it has no server", err);
    if (config->insecure && !options->allow_insecure)
        return fail(cluster, ERROR_DENIED,
                    "insecure-skip-tls-verify is refused, since anybody could answer in the "
                    "server's place: give its certificate-authority instead",
                    err);
    if (config->insecure && (config->ca.data || config->ca_file))
        return fail(cluster, ERROR_INPUT,
                    "insecure-skip-tls-verify and certificate-authority contradict each other",
                    err);
    if (kube_config_set_server(config, server.data, options->allow_insecure, err) < 0)
        return error_prefix(err, "%s: %s %s", cluster->file->path, cluster->kind,
                            cluster->quoted_name);
    return 0;
}

/* --- Users ------------------------------------------------------------------------------------ */

static int read_groups(const struct kubeconfig_entry *user, struct kube_config *config,
                       struct error **err)
{
    const struct node *groups = node_member(user->node, "as-groups");
    if (!groups || groups->type == NODE_NULL)
        return 0;
    if (groups->type != NODE_ARRAY)
        return fail(user, ERROR_INPUT, "as-groups must be a list", err);
    config->as_groups = xcalloc(groups->count + 1, sizeof(*config->as_groups));
    size_t count = 0;
    node_for_each (group, groups) {
        if (group->type != NODE_STRING || !is_one_line(group->text))
            return fail(user, ERROR_INPUT, "as-groups must hold strings of one line only", err);
        config->as_groups[count++] = xstrndup(group->text.data, group->text.length);
    }
    return 0;
}

static int read_impersonation(const struct kubeconfig_entry *user, struct kube_config *config,
                              struct error **err)
{
    if (has(user, "as-user-extra"))
        return fail(user, ERROR_INPUT, "as-user-extra is not supported", err);
    if (copy_text(user, "as", &config->as, err) < 0 ||
        copy_text(user, "as-uid", &config->as_uid, err) < 0 || read_groups(user, config, err) < 0)
        return -1;
    if (!config->as && (config->as_uid || (config->as_groups && config->as_groups[0])))
        return fail(user, ERROR_INPUT, "as-groups and as-uid need as", err);
    return 0;
}

/* How a user proves who they are: one way beside a client certificate, or client-go refuses too. */
static int check_methods(const struct kubeconfig_entry *user,
                         const struct kube_config_options *options, struct error **err)
{
    bool token = has(user, "token") || has(user, "tokenFile");
    bool basic = has(user, "username") || has(user, "password");
    bool exec = has(user, "exec");
    if (has(user, "auth-provider"))
        return fail(user, ERROR_INPUT,
                    "auth-provider is no longer part of Kubernetes: use an exec plug-in", err);
    if (token + basic + exec > 1)
        return fail(user, ERROR_INPUT,
                    "more than one of token, username and password, and exec is given", err);
    if (exec && !options->allow_exec)
        return fail(user, ERROR_DENIED,
                    "it runs a program for its credentials (exec), which is not done here: use a "
                    "token, a tokenFile or a client certificate",
                    err);
    return 0;
}

static int read_user(const struct kubeconfig_entry *user, const struct kube_config_options *options,
                     struct kube_config *config, struct error **err)
{
    if (check_methods(user, options, err) < 0 ||
        read_data_or_file(user, "client-certificate", &config->certificate,
                          &config->certificate_file, err) < 0 ||
        read_data_or_file(user, "client-key", &config->key, &config->key_file, err) < 0 ||
        copy_secret(user, "token", &config->token, err) < 0 ||
        copy_path(user, "tokenFile", &config->token_file, err) < 0 ||
        copy_text(user, "username", &config->username, err) < 0 ||
        copy_secret(user, "password", &config->password, err) < 0 ||
        read_impersonation(user, config, err) < 0)
        return -1;
    bool certificate = config->certificate.data || config->certificate_file;
    bool key = config->key.data || config->key_file;
    if (certificate != key)
        return fail(user, ERROR_INPUT,
                    certificate ? "client-certificate needs a client-key"
                                : "client-key needs a client-certificate",
                    err);
    if (!config->username && config->password.data)
        return fail(user, ERROR_INPUT, "password needs a username", err);
    return 0;
}

static int run_plugin(const struct kubeconfig_entry *user, const struct kubeconfig_entry *cluster,
                      const struct kube_config_options *options, struct kube_config *config,
                      struct error **err)
{
    const struct node *exec = node_member(user->node, "exec");
    if (!exec || exec->type == NODE_NULL)
        return 0;
    const struct exec_plugin plugin = {
        .exec = exec,
        .file = user->file,
        .cluster = cluster->node,
        .timeout = options->exec_timeout,
    };
    if (exec_credential_run(&plugin, config, err) < 0)
        return error_prefix(err, "%s: %s %s", user->file->path, user->kind, user->quoted_name);
    return 0;
}

/* --- The whole -------------------------------------------------------------------------------- */

static int read_context(struct kubeconfig *all, const struct kube_config_options *options,
                        struct kube_config *config, struct error **err)
{
    struct kubeconfig_entry context, cluster, user;
    struct slice cluster_name, user_name;
    if (kubeconfig_find_context(all, options->context, &context, err) < 0 ||
        read_text(&context, "cluster", &cluster_name, err) < 0 ||
        read_text(&context, "user", &user_name, err) < 0 ||
        copy_text(&context, "namespace", &config->namespace, err) < 0)
        return -1;
    config->source = xstrdup(context.file->path);
    config->context = xstrndup(context.name.data, context.name.length);
    if (!slice_present(cluster_name))
        return fail(&context, ERROR_INPUT, "it names no cluster", err);
    if (kubeconfig_find(all, "cluster", cluster_name, &cluster, err) < 0 ||
        read_cluster(&cluster, options, config, err) < 0)
        return -1;
    if (!slice_present(user_name))
        return 0;
    if (kubeconfig_find(all, "user", user_name, &user, err) < 0 ||
        read_user(&user, options, config, err) < 0)
        return -1;
    return run_plugin(&user, &cluster, options, config, err);
}

struct kube_config *kube_config_from_files(const char *const *paths,
                                           const struct kube_config_options *options,
                                           struct error **err)
{
    cleanup_kube_config struct kube_config *config = xcalloc(1, sizeof(*config));
    cleanup_kubeconfig struct kubeconfig all = {0};
    if (kubeconfig_load(&all, paths, FILE_MAX, err) < 0 ||
        read_context(&all, options, config, err) < 0)
        return NULL;
    return STEAL(config);
}
