#include "lib/kube/exec_credential.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* A kubeconfig whose user runs `script`, which is written beside it as an executable. `settings`
 * are further members of exec. */
static struct kube_config *load(const char *script, const char *settings, int64_t timeout,
                                struct error **err)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *program = xasprintf("%s/plugin", folder);
    cleanup_free char *path = xasprintf("%s/config", folder);
    cleanup_free char *body = xasprintf("#!/bin/sh\n%s\n", script);
    cleanup_free char *text = xasprintf(
        "current-context: x\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority-data: Q0E=}}]\n"
        "users:\n- name: u\n  user:\n    exec: {%s}\n",
        settings);
    const struct kube_config_options options = {
        .kubeconfig = path, .allow_exec = true, .exec_timeout = timeout};
    ck_assert_int_eq(file_write_atomic(program, body, strlen(body), 0755, FILE_KEEP, NULL), 0);
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_KEEP, NULL), 0);
    return kube_config_load(&options, err);
}

#define VERSION  "apiVersion: client.authentication.k8s.io/v1"
#define SETTINGS VERSION ", command: ./plugin, interactiveMode: IfAvailable"
#define PRINT(status)                                                                              \
    "printf '%s' "                                                                                 \
    "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","            \
    "\"status\":" status "}'"

static void check_secret(const struct secure_buffer *secret, const char *text)
{
    ck_assert_uint_eq(secret->length, strlen(text));
    ck_assert_int_eq(memcmp(secret->data, text, secret->length), 0);
}

START_TEST(a_token_is_taken)
{
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config =
        load(PRINT("{\"token\":\"secret\",\"expirationTimestamp\":\"2030-01-01T00:00:00Z\"}"),
             SETTINGS, 0, &error);
    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
    check_secret(&config->token, "secret");
}
END_TEST

START_TEST(a_certificate_is_taken)
{
    cleanup_kube_config struct kube_config *config =
        load(PRINT("{\"clientCertificateData\":\"CRT\",\"clientKeyData\":\"a\\nb\"}"), SETTINGS, 0,
             NULL);
    ck_assert_ptr_nonnull(config);
    check_secret(&config->certificate, "CRT");
    check_secret(&config->key, "a\nb");
}
END_TEST

START_TEST(arguments_and_environment_arrive_as_they_are)
{
    /* The script gives back what it got; no shell has touched it on the way. */
    static const char script[] =
        "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
        "\"status\":{\"token\":\"%s|%s|%s|%s\"}}' \"$1\" \"$2\" \"$ADDED\" \"$(cat | wc -c)\"";
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config =
        load(script, SETTINGS ", args: ['$(id) `id`', '*;'], env: [{name: ADDED, value: 'x=y'}]", 0,
             &error);
    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
    check_secret(&config->token, "$(id) `id`|*;|x=y|0");
}
END_TEST

START_TEST(the_plugin_is_told_about_the_cluster)
{
    static const char script[] =
        "test \"$KUBERNETES_EXEC_INFO\" = "
        "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
        "\"spec\":{\"interactive\":false,\"cluster\":{\"insecure-skip-tls-verify\":false,"
        "\"server\":\"https://h:443\",\"certificate-authority-data\":\"Q0E=\"}}}' || exit "
        "9\n" PRINT("{\"token\":\"t\"}");
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config =
        load(script, SETTINGS ", provideClusterInfo: true", 0, &error);
    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
}
END_TEST

struct wrong {
    const char *script, *settings;
    enum error_code code;
    const char *message;
};

static void check_wrong(const struct wrong *row)
{
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config = load(row->script, row->settings, 0, &error);
    ck_assert_msg(!config, "accepted: %s", row->message);
    ck_assert_msg(strstr(error->message, row->message) != NULL, "%s: lacks: %s", error->message,
                  row->message);
    ck_assert_msg(error->code == row->code, "%s", error->message);
}

START_TEST(what_goes_wrong_is_said)
{
    static const struct wrong rows[] = {
        {"exit 3", SETTINGS, ERROR_UNAVAILABLE, "failed with exit code 3"},
        {"kill -9 $$", SETTINGS, ERROR_UNAVAILABLE, "was ended by signal 9"},
        {"", SETTINGS, ERROR_PROTOCOL, "the text ends too early"},
        {"echo '{}'", SETTINGS, ERROR_PROTOCOL, "no ExecCredential"},
        {PRINT("{}"), SETTINGS, ERROR_PROTOCOL, "neither a token nor a client certificate"},
        {PRINT("{\"clientKeyData\":\"k\"}"), SETTINGS, ERROR_PROTOCOL, "without its key"},
        {PRINT("{\"token\":\"t\"}"),
         "apiVersion: client.authentication.k8s.io/v1beta1, command: ./plugin", ERROR_PROTOCOL,
         "no ExecCredential of \"client.authentication.k8s.io/v1beta1\""},
        {"head -c 1100000 /dev/zero", SETTINGS, ERROR_PROTOCOL, "more than 1048576 bytes"},
        {"", VERSION, ERROR_INPUT, "it has no command"},
        {"", "command: ./plugin", ERROR_INPUT, "apiVersion must be"},
        {"", SETTINGS ", args: x", ERROR_INPUT, "args must be a list"},
        {"", SETTINGS ", args: [1]", ERROR_INPUT, "every argument must be a string"},
        {"", SETTINGS ", env: [{name: x}]", ERROR_INPUT, "every env value must be a string"},
        {"", VERSION ", command: ./plugin, interactiveMode: Always", ERROR_INPUT, "terminal"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_wrong(&rows[i]);
}
END_TEST

START_TEST(a_plugin_that_is_not_there_is_said)
{
    static const struct wrong rows[] = {
        {"", VERSION ", command: ./absent, installHint: \"get\\nit\"", ERROR_NOT_FOUND,
         "exec: get\\nit: cannot run"},
        {"", VERSION ", command: no-such-plugin-anywhere", ERROR_NOT_FOUND, "cannot run no-such"},
    };
    const char *preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "vgpreload"))
        return; /* valgrind's vfork() cannot tell a parent that exec() failed */
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check_wrong(&rows[i]);
}
END_TEST

START_TEST(a_plugin_may_end_after_its_output)
{
    cleanup_error struct error *error = NULL;
    cleanup_kube_config struct kube_config *config =
        load(PRINT("{\"token\":\"late\"}") "\nexec >&-; sleep 0.1; exit 0", SETTINGS, 0, &error);
    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
    check_secret(&config->token, "late");
    ck_assert_ptr_null(
        load(PRINT("{\"token\":\"late\"}") "\nexec >&-; sleep 0.1; exit 7", SETTINGS, 0, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "failed with exit code 7"));
}
END_TEST

START_TEST(without_word_of_its_end_a_plugin_has_failed)
{
    cleanup_error struct error *error = NULL;
    ck_assert_ptr_ne((void *)signal(SIGCHLD, SIG_IGN), (void *)SIG_ERR);
    struct kube_config *config = load(PRINT("{\"token\":\"t\"}") "\nexit 7", SETTINGS, 0, &error);
    (void)signal(SIGCHLD, SIG_DFL);
    ck_assert_ptr_null(config);
    ck_assert_int_eq(error->code, ERROR_INTERNAL);
}
END_TEST

START_TEST(a_plugin_that_hangs_is_ended)
{
    static const char *const scripts[] = {"exec sleep 1000", "sleep 1000 & exit 0",
                                          "exec >&-; sleep 1000"};
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        cleanup_error struct error *error = NULL;
        ck_assert_ptr_null(load(scripts[i], SETTINGS, 100, &error));
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(error->message, "took too long"));
    }
}
END_TEST

START_TEST(what_a_plugin_has_started_is_ended_with_it)
{
    /* The sleep keeps the lock that the script took, and the script's output open. */
    static const char script[] = "exec 8>\"$LOCK\"; flock 8; sleep 1000 & exit 0";
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/lock", folder);
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(setenv("LOCK", path, 1), 0);
    ck_assert_ptr_null(load(script, SETTINGS, 500, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "took too long"));
    cleanup_close int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
}
END_TEST

SUITE("exec_credential", a_token_is_taken, a_certificate_is_taken,
      arguments_and_environment_arrive_as_they_are, the_plugin_is_told_about_the_cluster,
      what_goes_wrong_is_said, a_plugin_that_is_not_there_is_said,
      a_plugin_may_end_after_its_output, without_word_of_its_end_a_plugin_has_failed,
      a_plugin_that_hangs_is_ended, what_a_plugin_has_started_is_ended_with_it)
