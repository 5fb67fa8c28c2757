#include "lib/directory/keytab.h"

#include <krb5.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* Keys of one type each, filled with one byte. */
static struct account_key current_key = {.type = 18, .length = 32};
static struct account_key previous_key = {.type = 18, .length = 32};
static const struct account_keys current = {.items = &current_key, .count = 1};
static const struct account_keys previous = {.items = &previous_key, .count = 1};
static const char *const principals[] = {"webapp01$@CONTOSO.TEST",
                                         "http/webapp.contoso.test@CONTOSO.TEST", NULL};

static struct keytab_contents contents_of(uint32_t version)
{
    memset(current_key.bytes, 'c', sizeof(current_key.bytes));
    memset(previous_key.bytes, 'p', sizeof(previous_key.bytes));
    return (struct keytab_contents){principals, version, &current, &previous};
}

/* The first byte of a principal's key of a version, as libkrb5 finds it; 0 for none. */
static int key_of(const char *path, const char *principal, krb5_kvno version)
{
    krb5_context context;
    krb5_keytab keytab;
    krb5_principal name;
    krb5_keytab_entry entry;
    int found = 0;
    ck_assert_int_eq(krb5_init_context(&context), 0);
    ck_assert_int_eq(krb5_kt_resolve(context, path, &keytab), 0);
    ck_assert_int_eq(krb5_parse_name(context, principal, &name), 0);
    if (krb5_kt_get_entry(context, keytab, name, version, 18, &entry) == 0) {
        found = entry.key.contents[0];
        ck_assert_uint_eq(entry.key.length, 32);
        (void)krb5_free_keytab_entry_contents(context, &entry);
    }
    krb5_free_principal(context, name);
    (void)krb5_kt_close(context, keytab);
    krb5_free_context(context);
    return found;
}

START_TEST(both_versions_are_found_by_libkrb5)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/keytab", folder);
    struct keytab_contents contents = contents_of(300); /* more than the format's 8 bits */
    struct stat status;
    ck_assert_int_eq(keytab_write(path, &contents, NULL), 0);
    for (size_t i = 0; principals[i]; i++) {
        ck_assert_int_eq(key_of(path, principals[i], 300), 'c');
        ck_assert_int_eq(key_of(path, principals[i], 299), 'p');
        ck_assert_int_eq(key_of(path, principals[i], 298), 0);
    }
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(test_folder_count(folder), 1); /* nothing stays beside it */
}
END_TEST

START_TEST(an_old_one_is_replaced)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/keytab", folder);
    struct keytab_contents contents = contents_of(1);
    ck_assert_int_eq(keytab_write(path, &contents, NULL), 0);
    contents.version = 5;
    contents.previous = NULL;
    ck_assert_int_eq(keytab_write(path, &contents, NULL), 0);
    ck_assert_int_eq(key_of(path, principals[0], 5), 'c');
    ck_assert_int_eq(key_of(path, principals[0], 4), 0);
    ck_assert_int_eq(key_of(path, principals[0], 1), 0);
}
END_TEST

START_TEST(a_failure_leaves_the_old_one)
{
    static const char *const bad[] = {"webapp01$@CONTOSO.TEST", "a/b@c@d", NULL};
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/keytab", folder);
    cleanup_free char *missing = xasprintf("%s/missing/keytab", folder);
    struct keytab_contents contents = contents_of(1);
    struct error *error = NULL;
    ck_assert_int_eq(keytab_write(path, &contents, NULL), 0);
    contents.principals = bad;
    ck_assert_int_eq(keytab_write(path, &contents, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_nonnull(strstr(error->message, "a/b@c@d"));
    error_free(STEAL(error));
    ck_assert_int_eq(key_of(path, principals[1], 1), 'c');
    ck_assert_int_eq(test_folder_count(folder), 1);
    contents.principals = principals;
    ck_assert_int_eq(keytab_write(missing, &contents, &error), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    ck_assert_int_eq(strncmp(error->message, missing, strlen(missing)), 0);
    error_free(STEAL(error));
}
END_TEST

SUITE("keytab", both_versions_are_found_by_libkrb5, an_old_one_is_replaced,
      a_failure_leaves_the_old_one)
