#include "lib/kube/credential.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

static void write_token(const char *path, const char *text)
{
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_REPLACE, NULL), 0);
}

static void set_secret(struct secure_buffer *secret, const char *text)
{
    ck_assert_int_eq(secure_buffer_create(secret, strlen(text), NULL), 0);
    secret->length = strlen(text);
    memcpy(secret->data, text, secret->length);
}

static void check_line(struct kube_credential *credential, const char *expected)
{
    const char *line = NULL;
    cleanup_error struct error *error = NULL;
    int result = kube_credential_line(credential, &line, &error);
    ck_assert_msg(result == 0, "%s", error ? error->message : "");
    ck_assert_pstr_eq(line, expected);
}

static void check_refused(struct kube_credential *credential, enum error_code code)
{
    const char *line = NULL;
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(kube_credential_line(credential, &line, &error), -1);
    ck_assert_int_eq(error->code, code);
}

START_TEST(a_token_file_is_followed)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/token", folder);
    struct kube_config config = {.source = path, .token_file = path};
    struct kube_credential credential = {.config = &config};
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    check_refused(&credential, ERROR_NOT_FOUND);
    write_token(path, "one\n");
    check_line(&credential, "Authorization: Bearer one");
    write_token(path, "two");
    check_line(&credential, "Authorization: Bearer two");
    write_token(path, "");
    check_line(&credential, "Authorization: Bearer two");
    ck_assert_int_eq(unlink(path), 0);
    check_line(&credential, "Authorization: Bearer two");
    write_token(path, "three");
    check_line(&credential, "Authorization: Bearer three");
    kube_credential_release(&credential);
}
END_TEST

START_TEST(a_token_cannot_add_fields)
{
    static const char *const tokens[] = {"a\r\nX: y", "a b", "\xc3\xa9", " ", "a\x7f"};
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/token", folder);
    for (size_t i = 0; i < ARRAY_LENGTH(tokens); i++) {
        struct kube_config config = {.source = path, .token_file = path};
        struct kube_credential credential = {.config = &config};
        write_token(path, tokens[i]);
        check_refused(&credential, ERROR_INPUT);
    }
}
END_TEST

START_TEST(a_token_of_the_kubeconfig_serves_until_its_file_can_be_read)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/token", folder);
    struct kube_config config = {.source = path, .token_file = path};
    struct kube_credential credential = {.config = &config};
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    set_secret(&config.token, "inline");
    check_line(&credential, "Authorization: Bearer inline");
    write_token(path, "file");
    check_line(&credential, "Authorization: Bearer file");
    kube_credential_release(&credential);
    secure_buffer_release(&config.token);
}
END_TEST

START_TEST(other_credentials_have_their_own_lines)
{
    struct kube_config basic = {.source = (char[]){"x"}, .username = (char[]){"bob"}};
    struct kube_config nobody = {.source = (char[]){"x"}};
    struct kube_credential credential = {.config = &basic}, none = {.config = &nobody};
    set_secret(&basic.password, "p:w");
    check_line(&credential, "Authorization: Basic Ym9iOnA6dw==");
    check_line(&none, NULL);
    kube_credential_release(&credential);
    secure_buffer_release(&basic.password);
}
END_TEST

SUITE("kube_credential", a_token_file_is_followed, a_token_cannot_add_fields,
      a_token_of_the_kubeconfig_serves_until_its_file_can_be_read,
      other_credentials_have_their_own_lines)
