#include "lib/kube/exec_credential.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/common/base64.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/document/json_fields.h"
#include "lib/document/json_write.h"
#include "lib/kube/exec_program.h"

enum { AUTHORITY_MAX = 1024 * 1024, OUTPUT_DEPTH = 32, DEFAULT_TIMEOUT = 30 * 1000 };

/* --- Settings --------------------------------------------------------------------------------- */

static int check_string(const struct node *node, const char *what, struct error **err)
{
    if (node && node->type == NODE_STRING && !memchr(node->text.data, '\0', node->text.length))
        return 0;
    return error_set(err, ERROR_INPUT, "exec: %s must be a string", what);
}

static int check_settings(const struct exec_plugin *plugin, struct slice *version,
                          struct error **err)
{
    struct slice mode = node_text(plugin->exec, "interactiveMode");
    *version = node_text(plugin->exec, "apiVersion");
    if (!slice_is(*version, "client.authentication.k8s.io/v1") &&
        !slice_is(*version, "client.authentication.k8s.io/v1beta1"))
        return error_set(err, ERROR_INPUT,
                         "exec: apiVersion must be client.authentication.k8s.io/v1 or v1beta1");
    if (slice_is(mode, "Always"))
        return error_set(err, ERROR_INPUT,
                         "exec: the plug-in must ask on a terminal (interactiveMode Always), "
                         "which is not possible here");
    if (node_text(plugin->exec, "command").length == 0)
        return error_set(err, ERROR_INPUT, "exec: it has no command");
    return check_string(node_member(plugin->exec, "command"), "command", err);
}

/* A command with a slash counts from the folder of the kubeconfig, others are looked up in PATH. */
static int read_command(const struct exec_plugin *plugin, struct exec_program *program,
                        struct error **err)
{
    const struct node *list = node_member(plugin->exec, "args");
    struct slice command = node_text(plugin->exec, "command");
    size_t count = list && list->type == NODE_ARRAY ? list->count : 0;
    if (list && list->type != NODE_ARRAY && list->type != NODE_NULL)
        return error_set(err, ERROR_INPUT, "exec: args must be a list");
    program->arguments = xcalloc(count + 2, sizeof(*program->arguments));
    program->arguments[0] = memchr(command.data, '/', command.length)
                                ? kubeconfig_resolve(plugin->file, command)
                                : xstrndup(command.data, command.length);
    if (count == 0)
        return 0;
    size_t at = 1;
    node_for_each (argument, list) {
        if (check_string(argument, "every argument", err) < 0)
            return -1;
        program->arguments[at++] = xstrndup(argument->text.data, argument->text.length);
    }
    return 0;
}

/* Our own environment, what the kubeconfig adds, and what the plug-in is told; the last counts. */
static int read_environment(const struct exec_plugin *plugin, const char *info,
                            struct exec_program *program, struct error **err)
{
    const struct node *list = node_member(plugin->exec, "env");
    size_t count = list && list->type == NODE_ARRAY ? list->count : 0;
    size_t own = 0, at = 0;
    if (list && list->type != NODE_ARRAY && list->type != NODE_NULL)
        return error_set(err, ERROR_INPUT, "exec: env must be a list");
    while (environ[own])
        own++;
    program->environment = xcalloc(own + count + 2, sizeof(*program->environment));
    program->environment[at++] = xasprintf("KUBERNETES_EXEC_INFO=%s", info);
    for (const struct node *variable = count ? list->first : NULL; variable;
         variable = variable->next) {
        const struct node *name = node_member(variable, "name");
        const struct node *value = node_member(variable, "value");
        if (check_string(name, "every env name", err) < 0 ||
            check_string(value, "every env value", err) < 0)
            return -1;
        program->environment[at++] = xasprintf("%s=%s", name->text.data, value->text.data);
    }
    for (size_t i = 0; i < own; i++)
        if (!exec_program_has_variable(program, environ[i]))
            program->environment[at++] = xstrdup(environ[i]);
    return 0;
}

static void append_member(struct buffer *out, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_append_format(out, ",\"%s\":", name);
    json_write_string(out, slice_of(value));
}

static int append_authority(const struct kube_config *config, struct buffer *out,
                            struct error **err)
{
    cleanup_buffer struct buffer pem = {0};
    if (config->ca_file && file_read(config->ca_file, AUTHORITY_MAX, &pem, err) < 0)
        return -1;
    if (config->ca.data)
        buffer_append(&pem, config->ca.data, config->ca.length);
    if (pem.length == 0)
        return 0;
    buffer_append_text(out, ",\"certificate-authority-data\":\"");
    base64_encode(out, pem.data, pem.length);
    buffer_append_byte(out, '"');
    return 0;
}

/* KUBERNETES_EXEC_INFO: an ExecCredential without a status. */
static int write_info(const struct exec_plugin *plugin, struct slice version,
                      const struct kube_config *config, struct buffer *out, struct error **err)
{
    const struct node *wanted = node_member(plugin->exec, "provideClusterInfo");
    buffer_append_text(out, "{\"kind\":\"ExecCredential\",\"apiVersion\":");
    json_write_string(out, version);
    buffer_append_text(out, ",\"spec\":{\"interactive\":false");
    if (wanted && wanted->type == NODE_BOOLEAN && wanted->boolean) {
        buffer_append_text(out, ",\"cluster\":{\"insecure-skip-tls-verify\":");
        buffer_append_text(out, config->insecure ? "true" : "false");
        append_member(out, "server", config->server);
        append_member(out, "tls-server-name", config->tls_server_name);
        append_member(out, "proxy-url", config->proxy_url);
        if (append_authority(config, out, err) < 0)
            return -1;
        buffer_append_byte(out, '}');
    }
    buffer_append_text(out, "}}");
    return 0;
}

/* --- What it printed -------------------------------------------------------------------------- */

struct credential_status {
    struct slice token, certificate, key;
};
struct credential {
    struct slice kind, version;
    struct credential_status status;
};

static const struct json_field status_fields[] = {
    {JSON_NAME("token"), offsetof(struct credential_status, token), json_field_text},
    {JSON_NAME("clientCertificateData"), offsetof(struct credential_status, certificate),
     json_field_text},
    {JSON_NAME("clientKeyData"), offsetof(struct credential_status, key), json_field_text},
    {JSON_FIELDS_END}};
static const struct json_field credential_fields[] = {
    {JSON_NAME("kind"), offsetof(struct credential, kind), json_field_text},
    {JSON_NAME("apiVersion"), offsetof(struct credential, version), json_field_text},
    {JSON_NAME("status"), offsetof(struct credential, status), NULL, status_fields},
    {JSON_FIELDS_END}};

static int keep(struct slice text, struct secure_buffer *secret, struct error **err)
{
    if (text.length == 0)
        return 0;
    secure_buffer_release(secret);
    if (secure_buffer_create(secret, text.length, err) < 0)
        return -1;
    memcpy(secret->data, text.data, text.length);
    secret->length = text.length;
    return 0;
}

static int check_credential(const struct credential *credential, struct slice version,
                            struct error **err)
{
    const struct credential_status *status = &credential->status;
    cleanup_arena struct arena arena = {0};
    if (!slice_is(credential->kind, "ExecCredential") || !slice_equal(credential->version, version))
        return error_set(err, ERROR_PROTOCOL,
                         "exec: the plug-in printed no ExecCredential of %s but kind %s of %s",
                         quote(&arena, version), quote(&arena, credential->kind),
                         quote(&arena, credential->version));
    if ((status->certificate.length == 0) != (status->key.length == 0))
        return error_set(err, ERROR_PROTOCOL,
                         "exec: the plug-in printed a client certificate without its key, or a "
                         "key without certificate");
    if (status->token.length == 0 && status->key.length == 0)
        return error_set(err, ERROR_PROTOCOL,
                         "exec: the plug-in printed neither a token nor a client certificate");
    return 0;
}

int exec_credential_read(struct slice text, struct slice version, struct kube_config *config,
                         struct error **err)
{
    struct arena arena = {0};
    struct credential credential = {0};
    struct json_reader reader = {.scan = json_scan_of(text.data, text.length, OUTPUT_DEPTH),
                                 .arena = &arena};
    int result = -1;
    if (!json_read_fields(&reader, credential_fields, &credential) ||
        !json_expect_end(&reader.scan)) {
        struct error *problem = NULL;
        (void)json_reader_error(&reader, "exec: what the plug-in printed", &problem);
        problem->code = ERROR_PROTOCOL;
        (void)error_move(err, problem);
    } else if (check_credential(&credential, version, err) == 0 &&
               keep(credential.status.token, &config->token, err) == 0 &&
               keep(credential.status.certificate, &config->certificate, err) == 0 &&
               keep(credential.status.key, &config->key, err) == 0) {
        result = 0;
    }
    arena_wipe(&arena);
    return result;
}

int exec_credential_run(const struct exec_plugin *plugin, struct kube_config *config,
                        struct error **err)
{
    cleanup_exec_program struct exec_program program = {0};
    cleanup_secure_buffer struct secure_buffer output = {0};
    cleanup_buffer struct buffer info = {0};
    struct slice version;
    if (plugin->exec->type != NODE_OBJECT)
        return error_set(err, ERROR_INPUT, "exec must be an object");
    if (check_settings(plugin, &version, err) < 0 ||
        write_info(plugin, version, config, &info, err) < 0 ||
        read_command(plugin, &program, err) < 0 ||
        read_environment(plugin, buffer_text(&info), &program, err) < 0)
        return -1;
    program.timeout = plugin->timeout ? plugin->timeout : DEFAULT_TIMEOUT;
    if (exec_program_run(&program, &output, err) < 0) {
        struct slice hint = node_text(plugin->exec, "installHint");
        cleanup_buffer struct buffer visible = {0};
        if (hint.length == 0 || !err || (*err)->code != ERROR_NOT_FOUND)
            return error_prefix(err, "exec");
        quote_append_visible(&visible, hint);
        return error_prefix(err, "exec: %s", buffer_text(&visible));
    }
    return exec_credential_read((struct slice){(const char *)output.data, output.length}, version,
                                config, err);
}
