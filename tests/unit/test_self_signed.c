#include "lib/http/self_signed.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/common/buffer.h"
#include "lib/common/file.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/key_pair.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

static const char *const NAMES[] = {"webhook.ns.svc", "localhost", "127.0.0.1", "::1", NULL};

static char *in(const char *folder, const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

static char *text_of(const char *folder, const char *name)
{
    cleanup_free char *path = in(folder, name);
    struct buffer text = {0};

    ck_assert_int_eq(file_read(path, 65536, &text, NULL), 0);
    return buffer_steal(&text);
}

static void put(const char *folder, const char *name, const char *text)
{
    cleanup_free char *path = in(folder, name);

    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_REPLACE, NULL), 0);
}

static void copy(const char *folder, const char *from, const char *to)
{
    cleanup_free char *text = text_of(folder, from);

    put(folder, to, text);
}

static void load(struct key_pair *pair, const char *folder, const char *kind)
{
    cleanup_free char *certificate = xasprintf("%s/%s.crt", folder, kind);
    cleanup_free char *key = xasprintf("%s/%s.key", folder, kind);

    ck_assert_int_eq(key_pair_load(pair, certificate, key, NULL), 0);
}

static void save(const struct key_pair *pair, const char *folder, const char *kind)
{
    cleanup_free char *certificate = xasprintf("%s/%s.crt", folder, kind);
    cleanup_free char *key = xasprintf("%s/%s.key", folder, kind);

    ck_assert_int_eq(key_pair_save(pair, certificate, key, NULL), 0);
}

static void ensure(const char *folder, const char *const *names)
{
    cleanup_self_signed struct self_signed made = {0};
    cleanup_error struct error *error = NULL;

    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT);
    int result = self_signed_ensure(folder, names, &made, &error);
    ck_assert_msg(result == 0, "%s", error ? error->message : "");
}

static int days_left(const struct key_pair *pair)
{
    int days = 0, seconds = 0;

    ck_assert_int_eq(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(pair->certificate)),
                     1);
    return days;
}

/* As a client would look at it. */
static void expect_trusted(const char *folder, const char *const *names)
{
    cleanup_key_pair struct key_pair authority = {0}, serving = {0};
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();

    load(&authority, folder, "ca");
    load(&serving, folder, "tls");
    ck_assert_int_eq(X509_STORE_add_cert(store, authority.certificate), 1);
    ck_assert_int_eq(X509_STORE_CTX_init(context, store, serving.certificate, NULL), 1);
    ck_assert_int_eq(X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER), 1);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
    int verified = X509_verify_cert(context);
    ck_assert_msg(verified == 1, "%s",
                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ck_assert(key_pair_has_names(&serving, names));
    ck_assert(key_pair_is_authority(&authority));
    ck_assert(!key_pair_is_authority(&serving));
}

START_TEST(makes_an_authority_and_a_certificate)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *state = in(folder, "state");
    cleanup_key_pair struct key_pair authority = {0}, serving = {0};
    static const char *const keys[] = {"ca.key", "tls.key"};
    struct stat status;

    ensure(state, NAMES);
    expect_trusted(state, NAMES);
    load(&authority, state, "ca");
    load(&serving, state, "tls");
    ck_assert_int_ge(days_left(&authority), 3648);
    ck_assert_int_le(days_left(&authority), 3650);
    ck_assert_int_ge(days_left(&serving), 363);
    ck_assert_int_le(days_left(&serving), 365);
    ck_assert_int_eq(EVP_PKEY_get_bits(serving.key), 256);
    ck_assert(!key_pair_has_names(&serving, (const char *const[]){"other", NULL}));
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        cleanup_free char *path = in(state, keys[i]);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_int_eq(status.st_mode & 07777, 0600);
    }
    ck_assert_int_eq(stat(state, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0700);
    ck_assert_int_eq(test_folder_count(state), 4);
}
END_TEST

START_TEST(uses_what_is_there)
{
    cleanup_test_folder char *folder = test_folder();

    ensure(folder, NAMES);
    cleanup_free char *ca = text_of(folder, "ca.crt"), *tls = text_of(folder, "tls.crt");
    ensure(folder, NAMES);
    /* Fewer names are no reason either. */
    ensure(folder, (const char *const[]){"localhost", NULL});
    cleanup_free char *ca_now = text_of(folder, "ca.crt"), *tls_now = text_of(folder, "tls.crt");
    ck_assert_str_eq(ca, ca_now);
    ck_assert_str_eq(tls, tls_now);
}
END_TEST

enum change {
    ANOTHER_NAME,
    NO_CERTIFICATE,
    NO_KEY,
    DAMAGED,
    OF_ANOTHER_AUTHORITY,
    WRONG_KEY,
    OLD,
    AUTHORITY_MISSING,
    AUTHORITY_OLD,
    AUTHORITY_IS_NONE,
    CHANGES,
};

static void remove_in(const char *folder, const char *name)
{
    cleanup_free char *path = in(folder, name);

    ck_assert_int_eq(unlink(path), 0);
}

static void apply(enum change change, const char *folder)
{
    cleanup_key_pair struct key_pair authority = {0}, other = {0}, made = {0};

    load(&authority, folder, "ca");
    switch (change) {
    case NO_CERTIFICATE:
        remove_in(folder, "tls.crt");
        break;
    case NO_KEY:
        remove_in(folder, "tls.key");
        break;
    case DAMAGED:
        put(folder, "tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n");
        break;
    case OF_ANOTHER_AUTHORITY:
        ck_assert_int_eq(key_pair_make_authority(&other, 100, NULL), 0);
        ck_assert_int_eq(key_pair_make_serving(&made, &other, NAMES, 365, NULL), 0);
        save(&made, folder, "tls");
        break;
    case WRONG_KEY:
        copy(folder, "ca.key", "tls.key");
        break;
    case OLD: /* ends now */
        ck_assert_int_eq(key_pair_make_serving(&made, &authority, NAMES, 0, NULL), 0);
        save(&made, folder, "tls");
        break;
    case AUTHORITY_MISSING:
        remove_in(folder, "ca.crt");
        break;
    case AUTHORITY_OLD:
        ck_assert_int_eq(key_pair_make_authority(&made, 0, NULL), 0);
        save(&made, folder, "ca");
        break;
    case AUTHORITY_IS_NONE:
        ck_assert_int_eq(key_pair_make_serving(&made, &authority, NAMES, 365, NULL), 0);
        save(&made, folder, "ca");
        break;
    default:
        break;
    }
}

START_TEST(makes_anew_what_is_no_good)
{
    for (int change = 0; change < CHANGES; change++) {
        cleanup_test_folder char *folder = test_folder();
        static const char *const more[] = {"webhook.ns.svc", "localhost", "127.0.0.1", "::1",
                                           "10.0.0.1",       NULL};
        const char *const *names = change == ANOTHER_NAME ? more : NAMES;
        ensure(folder, NAMES);
        cleanup_free char *ca = text_of(folder, "ca.crt"), *tls = text_of(folder, "tls.crt");
        apply((enum change)change, folder);
        ensure(folder, names);
        expect_trusted(folder, names);
        cleanup_free char *ca_now = text_of(folder, "ca.crt");
        cleanup_free char *tls_now = text_of(folder, "tls.crt");
        ck_assert_msg(strcmp(tls, tls_now) != 0, "change %d", change);
        ck_assert_msg((strcmp(ca, ca_now) != 0) == (change >= AUTHORITY_MISSING), "change %d",
                      change);
    }
}
END_TEST

/* A sixth of a year is 61 days. */
START_TEST(renews_in_time)
{
    cleanup_key_pair struct key_pair authority = {0}, serving = {0};
    const time_t day = (time_t)24 * 60 * 60, now = time(NULL);

    ck_assert_int_eq(key_pair_make_authority(&authority, 3650, NULL), 0);
    ck_assert_int_eq(key_pair_make_serving(&serving, &authority, NAMES, 365, NULL), 0);
    ck_assert(key_pair_is_young(&serving, now));
    ck_assert(key_pair_is_young(&serving, now + 303 * day));
    ck_assert(!key_pair_is_young(&serving, now + 305 * day));
    ck_assert(!key_pair_is_young(&serving, now - day));
}
END_TEST

START_TEST(refuses_wrong_names)
{
    static const char *const wrong[] = {
        "",         "a..b",
        ".a",       "a.",
        "a_b",      "a b",
        "*.a",      "-a",
        "a-",       "a.-b",
        "a/b",      "[::1]",
        "a\nb",     "x,y",
        "\xc3\xa9", "0123456789012345678901234567890123456789012345678901234567890123",
    };
    cleanup_test_folder char *folder = test_folder();

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        cleanup_error struct error *error = NULL;
        struct self_signed made = {0};
        ck_assert_msg(
            self_signed_ensure(folder, (const char *const[]){wrong[i], NULL}, &made, &error) < 0,
            "%s", wrong[i]);
        ck_assert_int_eq(error->code, ERROR_INPUT);
    }
    ck_assert_int_eq(test_folder_count(folder), 0);
    ck_assert_int_lt(
        self_signed_ensure(folder, (const char *const[]){NULL}, &(struct self_signed){0}, NULL), 0);
}
END_TEST

/* What cannot be read may be good: it is not written over. */
START_TEST(keeps_what_it_cannot_read)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_error struct error *error = NULL;
    cleanup_free char *key = in(folder, "ca.key"), *certificate = in(folder, "ca.crt");
    struct self_signed made = {0};

    put(folder, "ca.crt", "no matter");
    ck_assert_int_eq(mkdir(key, 0700), 0);
    ck_assert_int_lt(self_signed_ensure(folder, NAMES, &made, &error), 0);
    cleanup_free char *text = text_of(folder, "ca.crt");
    ck_assert_str_eq(text, "no matter");
    ck_assert_int_eq(rmdir(key), 0);
    cleanup_error struct error *no_folder = NULL;
    ck_assert_int_lt(self_signed_ensure(certificate, NAMES, &made, &no_folder), 0);
    ck_assert_int_eq(no_folder->code, ERROR_INPUT);
}
END_TEST

START_TEST(long_names_are_alternative_names)
{
    cleanup_test_folder char *folder = test_folder();
    static const char *const names[] = {
        "a-service-with-a-rather-long-name.a-namespace-with-a-long-name.svc.cluster.local", NULL};

    ensure(folder, names);
    expect_trusted(folder, names);
}
END_TEST

SUITE("self_signed", makes_an_authority_and_a_certificate, uses_what_is_there,
      makes_anew_what_is_no_good, renews_in_time, refuses_wrong_names, keeps_what_it_cannot_read,
      long_names_are_alternative_names)
