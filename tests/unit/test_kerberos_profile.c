#include <krb5.h>
#include <profile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/common/secure_buffer.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/kerberos_context.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* A boolean of [libdefaults] as libkrb5 sees it; `fallback` where nobody set it. */
static int setting(const char *name, int fallback)
{
    krb5_context context;
    profile_t profile;
    int value;
    ck_assert_int_eq(kerberos_context(&context, NULL), 0);
    ck_assert_int_eq(krb5_get_profile(context, &profile), 0);
    ck_assert_int_eq(profile_get_boolean(profile, "libdefaults", name, NULL, fallback, &value), 0);
    profile_release(profile);
    krb5_free_context(context);
    return value;
}

static void users_file(const char *folder, const char *text)
{
    cleanup_free char *path = xasprintf("%s/krb5.conf", folder);
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0644, FILE_REPLACE, NULL), 0);
    ck_assert_int_eq(setenv("KRB5_CONFIG", path, 1), 0);
}

START_TEST(ours_comes_before_the_users_own)
{
    cleanup_test_folder char *folder = test_folder();
    users_file(folder, "[libdefaults]\n rdns = true\n dns_canonicalize_hostname = true\n"
                       " dns_lookup_kdc = true\n forwardable = true\n");
    ck_assert_int_eq(setting("rdns", 0), 1);
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    ck_assert_int_eq(setting("rdns", 1), 0);
    ck_assert_int_eq(setting("dns_canonicalize_hostname", 1), 0);
    ck_assert_int_eq(setting("dns_lookup_kdc", 1), 0);
    ck_assert_int_eq(setting("forwardable", 0), 1);
}
END_TEST

START_TEST(no_krb5_conf_is_needed)
{
    ck_assert_int_eq(setenv("KRB5_CONFIG", "/nonexistent/krb5.conf", 1), 0);
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    ck_assert_int_eq(setting("rdns", 1), 0);
}
END_TEST

START_TEST(a_second_call_does_nothing)
{
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    cleanup_free char *before = xstrdup(getenv("KRB5_CONFIG"));
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    ck_assert_str_eq(getenv("KRB5_CONFIG"), before);
}
END_TEST

START_TEST(few_descriptors_are_enough)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){32, 32}), 0);
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    ck_assert_int_eq(setting("rdns", 1), 0);
}
END_TEST

/* Its own descriptors stay open to a process that may not be traced and is not root. */
START_TEST(it_is_read_without_privileges)
{
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    secure_process();
    if (getuid() == 0)
        ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
    secure_process();
    ck_assert_int_eq(setting("rdns", 1), 0);
}
END_TEST

/* A program that is started inherits the variable, but not the file. */
START_TEST(programs_that_are_started_pass_over_it)
{
    cleanup_test_folder char *folder = test_folder();
    users_file(folder, "[libdefaults]\n rdns = true\n");
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    cleanup_free char *first = xstrdup(getenv("KRB5_CONFIG"));
    *strchr(first, ':') = '\0';
    pid_t child = fork();
    if (child == 0)
        (void)execlp("test", "test", "-e", first, (char *)NULL);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 1);
}
END_TEST

START_TEST(a_damaged_krb5_conf_is_the_users_fault)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_error struct error *error = NULL;
    krb5_context context;
    users_file(folder, "[libdefaults\n");
    ck_assert_int_eq(kerberos_prepare(NULL), 0);
    ck_assert_int_eq(kerberos_context(&context, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_nonnull(strstr(error->message, "krb5.conf"));
}
END_TEST

SUITE("kerberos_profile", ours_comes_before_the_users_own, no_krb5_conf_is_needed,
      a_second_call_does_nothing, few_descriptors_are_enough, it_is_read_without_privileges,
      programs_that_are_started_pass_over_it, a_damaged_krb5_conf_is_the_users_fault)
