#include "lib/http/certificate.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/common/buffer.h"
#include "lib/common/file.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/key_pair.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

static const int64_t DAY = 86400;
static const char *const NAMES[] = {"localhost", NULL};

/* A folder with ca.crt, tls.crt, tls.key, and what made them. */
struct files {
    char *folder, *ca, *ca_key, *certificate, *key;
    struct key_pair authority;
};

static void write_pair(const struct files *files, int days)
{
    cleanup_key_pair struct key_pair pair = {0};

    ck_assert_int_eq(key_pair_make_serving(&pair, &files->authority, NAMES, days, NULL), 0);
    ck_assert_int_eq(key_pair_save(&pair, files->certificate, files->key, NULL), 0);
}

static void files_make(struct files *files)
{
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT); /* warnings are expected here */
    *files = (struct files){.folder = test_folder()};
    files->ca = xasprintf("%s/ca.crt", files->folder);
    files->ca_key = xasprintf("%s/ca.key", files->folder);
    files->certificate = xasprintf("%s/tls.crt", files->folder);
    files->key = xasprintf("%s/tls.key", files->folder);
    ck_assert_int_eq(key_pair_make_authority(&files->authority, 100, NULL), 0);
    ck_assert_int_eq(key_pair_save(&files->authority, files->ca, files->ca_key, NULL), 0);
    write_pair(files, 10);
}

static void files_release(struct files *files)
{
    test_folder_remove(&files->folder);
    free(files->ca);
    free(files->ca_key);
    free(files->certificate);
    free(files->key);
    key_pair_release(&files->authority);
}
#define cleanup_files __attribute__((cleanup(files_release)))

static void put(const char *path, const char *text, size_t length)
{
    ck_assert_int_eq(file_write_atomic(path, text, length, 0600, FILE_REPLACE, NULL), 0);
}

static void get(const char *path, struct buffer *text)
{
    ck_assert_int_eq(file_read(path, 65536, text, NULL), 0);
}

static struct certificate_store *open_store(const struct files *files, bool clients)
{
    cleanup_error struct error *error = NULL;
    /* These tests reload by themselves; whether the watcher comes first makes no difference. */
    const struct certificate_settings settings = {.certificate = files->certificate,
                                                  .key = files->key,
                                                  .client_ca = clients ? files->ca : NULL,
                                                  .poll = 3600000};
    struct certificate_store *store = certificate_store_create(&settings, &error);

    ck_assert_msg(store != NULL, "%s", error ? error->message : "");
    return store;
}

static struct certificate_status status_of(struct certificate_store *store)
{
    struct certificate_status status;

    certificate_store_status(store, &status);
    return status;
}

/* Whether what is served is what stands in the file. */
static bool serves(struct certificate_store *store, const char *path)
{
    cleanup_buffer struct buffer text = {0};
    SSL_CTX *context = certificate_store_context(store);

    get(path, &text);
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.length);
    X509 *wanted = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool same = X509_cmp(SSL_CTX_get0_certificate(context), wanted) == 0;
    X509_free(wanted);
    (void)BIO_free(bio);
    SSL_CTX_free(context);
    return same;
}

START_TEST(loads_and_reloads)
{
    cleanup_files struct files files;
    files_make(&files);
    cleanup_certificate_store struct certificate_store *store = open_store(&files, false);

    ck_assert(serves(store, files.certificate));
    int64_t now = (int64_t)time(NULL), expiry = status_of(store).expiry;
    ck_assert_int_ge(expiry, now + 10 * DAY - 100);
    ck_assert_int_le(expiry, now + 10 * DAY);
    ck_assert_uint_eq(status_of(store).reads, 1);
    for (int days = 20; days < 25; days++) {
        SSL_CTX *before = certificate_store_context(store);
        write_pair(&files, days);
        ck_assert_int_eq(certificate_store_reload(store, NULL), 0);
        ck_assert(serves(store, files.certificate));
        ck_assert_int_ge(status_of(store).expiry, now + days * DAY - 100);
        ck_assert_ptr_nonnull(SSL_CTX_get0_certificate(before)); /* what is open lives on */
        SSL_CTX_free(before);
    }
    SSL_CTX *context = certificate_store_context(store);
    ck_assert_int_eq(certificate_store_reload(store, NULL), 0);
    SSL_CTX *again = certificate_store_context(store);
    ck_assert_ptr_eq(context, again); /* nothing changed, nothing is built */
    SSL_CTX_free(context);
    SSL_CTX_free(again);
}
END_TEST

static void spoil(int way, const struct files *files)
{
    cleanup_buffer struct buffer certificate = {0}, key = {0};

    get(files->certificate, &certificate);
    get(files->key, &key);
    switch (way) {
    case 0: /* half-written */
        put(files->certificate, certificate.data, certificate.length / 2);
        break;
    case 1:
        put(files->key, key.data, key.length / 2);
        break;
    case 2: /* do not belong together */
        ck_assert_int_eq(rename(files->ca_key, files->key), 0);
        break;
    case 3:
        ck_assert_int_eq(unlink(files->key), 0);
        break;
    case 4:
        ck_assert_int_eq(unlink(files->certificate), 0);
        break;
    case 5:
        put(files->certificate, "", 0);
        break;
    case 6: /* the second of the chain is damaged */
        buffer_append_text(&certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n");
        put(files->certificate, certificate.data, certificate.length);
        break;
    case 7:
        put(files->ca, "nothing\n", 8);
        break;
    default:
        ck_assert_int_eq(unlink(files->ca), 0);
        break;
    }
}
enum { WAYS = 9 };

/* What is no good is reported each time it is asked for, counted once, and changes nothing. */
START_TEST(keeps_the_last_good_one)
{
    for (int way = 0; way < WAYS; way++) {
        cleanup_files struct files files;
        cleanup_error struct error *error = NULL, *again = NULL;
        files_make(&files);
        cleanup_certificate_store struct certificate_store *store = open_store(&files, true);
        SSL_CTX *before = certificate_store_context(store);
        spoil(way, &files);
        ck_assert_msg(certificate_store_reload(store, &error) < 0, "way %d", way);
        ck_assert_int_lt(certificate_store_reload(store, &again), 0);
        ck_assert_str_eq(error->message, again->message);
        SSL_CTX *after = certificate_store_context(store);
        ck_assert_ptr_eq(before, after);
        SSL_CTX_free(before);
        SSL_CTX_free(after);
        ck_assert_msg(status_of(store).errors == 1, "way %d", way);
        write_pair(&files, 30);
        ck_assert_int_eq(key_pair_save(&files.authority, files.ca, files.ca_key, NULL), 0);
        ck_assert_int_eq(certificate_store_reload(store, NULL), 0);
        ck_assert(serves(store, files.certificate));
    }
}
END_TEST

START_TEST(begins_with_nothing_bad)
{
    static const enum error_code codes[WAYS] = {
        ERROR_INPUT, ERROR_INPUT, ERROR_INPUT, ERROR_NOT_FOUND, ERROR_NOT_FOUND,
        ERROR_INPUT, ERROR_INPUT, ERROR_INPUT, ERROR_NOT_FOUND,
    };
    for (int way = 0; way < WAYS; way++) {
        cleanup_files struct files files;
        cleanup_error struct error *error = NULL;
        files_make(&files);
        spoil(way, &files);
        const struct certificate_settings settings = {
            .certificate = files.certificate, .key = files.key, .client_ca = files.ca};
        ck_assert_msg(!certificate_store_create(&settings, &error), "way %d", way);
        ck_assert_msg(error->code == codes[way], "way %d: %s", way, error->message);
        ck_assert_msg(strstr(error->message, files.folder) != NULL, "%s", error->message);
    }
}
END_TEST

/* The terminal is not asked for a password. */
START_TEST(refuses_encrypted_keys)
{
    cleanup_files struct files files;
    cleanup_error struct error *error = NULL;
    files_make(&files);
    cleanup_key_pair struct key_pair pair = {0};
    ck_assert_int_eq(key_pair_load(&pair, files.certificate, files.key, NULL), 0);
    BIO *bio = BIO_new_file(files.key, "w");
    char word[] = "secret";
    ck_assert_int_eq(
        PEM_write_bio_PKCS8PrivateKey(bio, pair.key, EVP_aes_128_cbc(), word, 6, NULL, NULL), 1);
    (void)BIO_free(bio);
    const struct certificate_settings settings = {.certificate = files.certificate,
                                                  .key = files.key};
    ck_assert_ptr_null(certificate_store_create(&settings, &error));
    ck_assert_int_eq(error->code, ERROR_INPUT);
}
END_TEST

START_TEST(demands_client_certificates)
{
    for (int clients = 0; clients < 2; clients++) {
        cleanup_files struct files files;
        files_make(&files);
        cleanup_certificate_store struct certificate_store *store = open_store(&files, clients);
        SSL_CTX *context = certificate_store_context(store);
        ck_assert_int_eq(SSL_CTX_get_verify_mode(context),
                         clients ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                 : SSL_VERIFY_NONE);
        ck_assert_int_eq(SSL_CTX_get_min_proto_version(context), TLS1_2_VERSION);
        SSL_CTX_free(context);
    }
}
END_TEST

/* The chain's weakest link counts. */
START_TEST(expiry_is_the_first_of_the_chain)
{
    cleanup_files struct files files;
    cleanup_buffer struct buffer chain = {0};
    cleanup_key_pair struct key_pair shorter = {0};
    files_make(&files);
    cleanup_free char *path = xasprintf("%s/x.crt", files.folder);
    cleanup_free char *key = xasprintf("%s/x.key", files.folder);

    ck_assert_int_eq(key_pair_make_authority(&shorter, 3, NULL), 0);
    ck_assert_int_eq(key_pair_save(&shorter, path, key, NULL), 0);
    get(files.certificate, &chain);
    get(path, &chain);
    put(files.certificate, chain.data, chain.length);
    cleanup_certificate_store struct certificate_store *store = open_store(&files, false);
    ck_assert_int_le(status_of(store).expiry, (int64_t)time(NULL) + 3 * DAY);
}
END_TEST

/* kubelet's way: tls.crt -> ..data/tls.crt, ..data -> a folder, and ..data is swapped. */
static void swap_link(const struct files *files, int version)
{
    cleanup_free char *folder = xasprintf("%s/..%d", files->folder, version);
    cleanup_free char *name = xasprintf("..%d", version);
    cleanup_free char *temporary = xasprintf("%s/..tmp", files->folder);
    cleanup_free char *data = xasprintf("%s/..data", files->folder);
    struct files inside = *files;

    ck_assert_int_eq(mkdir(folder, 0700), 0);
    inside.certificate = xasprintf("%s/tls.crt", folder);
    inside.key = xasprintf("%s/tls.key", folder);
    write_pair(&inside, 40 + version);
    free(inside.certificate);
    free(inside.key);
    ck_assert_int_eq(symlink(name, temporary), 0);
    ck_assert_int_eq(rename(temporary, data), 0);
}

START_TEST(watches_swapped_links)
{
    cleanup_files struct files files;
    files_make(&files);
    ck_assert_int_eq(unlink(files.certificate), 0);
    ck_assert_int_eq(unlink(files.key), 0);
    swap_link(&files, 0);
    ck_assert_int_eq(symlink("..data/tls.crt", files.certificate), 0);
    ck_assert_int_eq(symlink("..data/tls.key", files.key), 0);
    cleanup_certificate_store struct certificate_store *store = open_store(&files, false);
    for (int version = 1; version < 6; version++) {
        uint64_t reads = status_of(store).reads;
        swap_link(&files, version);
        while (status_of(store).reads == reads)
            (void)usleep(1000);
        ck_assert(serves(store, files.certificate));
    }
}
END_TEST

SUITE("certificate", loads_and_reloads, keeps_the_last_good_one, begins_with_nothing_bad,
      refuses_encrypted_keys, demands_client_certificates, expiry_is_the_first_of_the_chain,
      watches_swapped_links)
