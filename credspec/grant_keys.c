#include "credspec/grant_keys.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/common/secure_buffer.h"

enum { KEYS_MAX = 64, KEY_FILE_MAX = 8192, PUBLIC_KEY_LENGTH = 32 };

struct grant_key {
    char id[GRANT_KEY_ID_LENGTH + 1];
    bool has_private;
    EVP_PKEY *key;
};

struct grant_keys {
    struct grant_key *items; /* oldest first, each id once */
    size_t count;
};

static void free_key_at(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
static void free_bio_at(BIO **bio)
{
    BIO_free(*bio);
}
static void free_context_at(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}
#define cleanup_key     __attribute__((cleanup(free_key_at)))
#define cleanup_bio     __attribute__((cleanup(free_bio_at)))
#define cleanup_context __attribute__((cleanup(free_context_at)))

/* OpenSSL's own texts name its internals, not what a user can mend. */
static int crypto_failed(struct error **err, const char *what)
{
    ERR_clear_error();
    return error_set(err, ERROR_INTERNAL, "OpenSSL could not %s", what);
}

static int key_id_of(EVP_PKEY *key, char id[GRANT_KEY_ID_LENGTH + 1], struct error **err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[PUBLIC_KEY_LENGTH], digest[EVP_MAX_MD_SIZE];
    size_t length = sizeof(raw);
    if (EVP_PKEY_get_raw_public_key(key, raw, &length) != 1 ||
        EVP_Digest(raw, length, digest, NULL, EVP_sha256(), NULL) != 1)
        return crypto_failed(err, "compute a key id");
    for (size_t i = 0; i < GRANT_KEY_ID_LENGTH; i++)
        id[i] = digits[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
    id[GRANT_KEY_ID_LENGTH] = '\0';
    return 0;
}

/* Instead of OpenSSL's default, which asks for a passphrase on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)writing, (void)context;
    if (size > 0)
        out[0] = '\0';
    return -1;
}

static EVP_PKEY *parse_key(const struct secure_buffer *text, bool is_private)
{
    cleanup_bio BIO *bio = BIO_new_mem_buf(text->data, (int)text->length);
    if (!bio)
        return NULL;
    EVP_PKEY *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                               : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    ERR_clear_error();
    return key;
}

/* Takes the key, unless the set has it. */
static int add_key(struct grant_keys *keys, EVP_PKEY **key, const char *name, bool is_private,
                   struct error **err)
{
    struct grant_key item = {.has_private = is_private};
    if (key_id_of(*key, item.id, err) != 0)
        return error_prefix(err, "%s", name);
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->items[i].id, item.id) != 0)
            continue;
        if (!is_private || keys->items[i].has_private)
            return 0;
        /* The private half takes the place of the public one, and its age that of its own file. */
        EVP_PKEY_free(keys->items[i].key);
        keys->count--;
        memmove(&keys->items[i], &keys->items[i + 1], (keys->count - i) * sizeof(item));
        break;
    }
    if (keys->count == KEYS_MAX)
        return error_set(err, ERROR_INPUT, "%s: more than %d keys", name, KEYS_MAX);
    item.key = STEAL(*key);
    keys->items = xreallocarray(keys->items, keys->count + 1, sizeof(item));
    keys->items[keys->count++] = item;
    return 0;
}

static int add_text(struct grant_keys *keys, const char *name, const struct secure_buffer *text,
                    bool is_private, struct error **err)
{
    cleanup_key EVP_PKEY *key = parse_key(text, is_private);
    if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
        return error_set(err, ERROR_INPUT,
                         "%s: not an Ed25519 %s key in PEM form without a passphrase; make one "
                         "with \"gmsa-webhook keygen\"",
                         name, is_private ? "private" : "public");
    return add_key(keys, &key, name, is_private, err);
}

static int load_file(struct grant_keys *keys, const char *path, bool is_private, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer text = {0};
    if (secure_buffer_read_file(&text, path, KEY_FILE_MAX, err) != 0)
        return -1;
    return add_text(keys, path, &text, is_private, err);
}

int grant_keys_add_public(struct grant_keys **keys, const char *name, struct slice pem,
                          struct error **err)
{
    const struct secure_buffer text = {(unsigned char *)pem.data, pem.length, pem.length};
    if (pem.length > KEY_FILE_MAX)
        return error_set(err, ERROR_INPUT, "%s: larger than %d bytes", name, KEY_FILE_MAX);
    if (!*keys)
        *keys = xcalloc(1, sizeof(**keys));
    return add_text(*keys, name, &text, false, err);
}

struct grant_keys *grant_keys_make(struct error **err)
{
    cleanup_grant_keys struct grant_keys *keys = xcalloc(1, sizeof(*keys));
    cleanup_key EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key)
        (void)crypto_failed(err, "make a key");
    else if (add_key(keys, &key, "new key", true, err) == 0)
        return STEAL(keys);
    return NULL;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0;
}

static int load_named(struct grant_keys *keys, const char *path, struct error **err)
{
    if (ends_with(path, ".key"))
        return load_file(keys, path, true, err);
    if (ends_with(path, ".pub"))
        return load_file(keys, path, false, err);
    return error_set(err, ERROR_INPUT, "%s: a grant key's file name ends with .key or .pub", path);
}

/* Hidden names are left out: a mounted Kubernetes secret has its real files behind "..data". */
static int is_key_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' &&
           (ends_with(entry->d_name, ".key") || ends_with(entry->d_name, ".pub"));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_folder(struct grant_keys *keys, const char *folder, struct error **err)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_key_file, by_bytes);
    if (count < 0)
        return error_set_errno(err, errno == EACCES ? ERROR_DENIED : ERROR_INPUT, errno, "%s",
                               folder);
    int result = 0;
    for (int i = 0; i < count; i++) {
        cleanup_free char *path = xasprintf("%s/%s", folder, names[i]->d_name);
        if (result == 0)
            result = load_named(keys, path, err);
        free(names[i]);
    }
    free((void *)names);
    if (result == 0 && keys->count == 0)
        return error_set(
            err, ERROR_INPUT,
            "%s: holds no *.key or *.pub file; make a key with \"gmsa-webhook keygen\"", folder);
    return result;
}

struct grant_keys *grant_keys_load(const char *path, struct error **err)
{
    cleanup_grant_keys struct grant_keys *keys = xcalloc(1, sizeof(*keys));
    struct stat status;
    if (stat(path, &status) != 0) {
        error_set_errno(err, errno == EACCES ? ERROR_DENIED : ERROR_NOT_FOUND, errno, "%s", path);
        return NULL;
    }
    bool is_folder = S_ISDIR(status.st_mode);
    if ((is_folder ? load_folder(keys, path, err) : load_named(keys, path, err)) != 0)
        return NULL;
    return STEAL(keys);
}

void grant_keys_free(struct grant_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        EVP_PKEY_free(keys->items[i].key);
    free(keys->items);
    free(keys);
}

static const struct grant_key *signer(const struct grant_keys *keys)
{
    for (size_t i = keys ? keys->count : 0; i > 0; i--)
        if (keys->items[i - 1].has_private)
            return &keys->items[i - 1];
    return NULL;
}

bool grant_keys_can_sign(const struct grant_keys *keys)
{
    return signer(keys) != NULL;
}

const char *grant_keys_signer(const struct grant_keys *keys)
{
    const struct grant_key *key = signer(keys);
    return key ? key->id : NULL;
}

int grant_keys_sign(const struct grant_keys *keys, struct slice message,
                    unsigned char signature[GRANT_SIGNATURE_LENGTH], struct error **err)
{
    const struct grant_key *key = signer(keys);
    if (!key)
        return error_set(err, ERROR_INPUT, "the grant keys have no private key to sign with");
    cleanup_context EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = GRANT_SIGNATURE_LENGTH;
    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, key->key) != 1 ||
        EVP_DigestSign(context, signature, &length, (const unsigned char *)message.data,
                       message.length) != 1 ||
        length != GRANT_SIGNATURE_LENGTH)
        return crypto_failed(err, "sign a grant");
    return 0;
}

static const struct grant_key *find_key(const struct grant_keys *keys, struct slice id)
{
    for (size_t i = 0; keys && i < keys->count; i++)
        if (slice_is(id, keys->items[i].id))
            return &keys->items[i];
    return NULL;
}

int grant_keys_verify(const struct grant_keys *keys, struct slice key_id, struct slice message,
                      struct slice signature, struct error **err)
{
    const struct grant_key *key = find_key(keys, key_id);
    if (!key)
        return error_set(err, ERROR_DENIED,
                         "the grant is signed with key \"%.*s\", which is not "
                         "among the configured ones",
                         (int)(key_id.length < 32 ? key_id.length : 32),
                         key_id.data ? key_id.data : "");
    cleanup_context EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->key) != 1)
        return crypto_failed(err, "verify a grant");
    if (EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.length,
                         (const unsigned char *)message.data, message.length) != 1) {
        ERR_clear_error();
        return error_set(err, ERROR_DENIED, "the grant's signature is wrong");
    }
    return 0;
}

/* PEM of one half. A memory BIO wipes what it held when it is freed or grows. */
static BIO *write_pem(EVP_PKEY *key, bool is_private)
{
    cleanup_bio BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio)
        return NULL;
    int written = is_private ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                             : PEM_write_bio_PUBKEY(bio, key);
    return written == 1 ? STEAL(bio) : NULL;
}

static int write_half(EVP_PKEY *key, bool is_private, const char *path, struct error **err)
{
    cleanup_bio BIO *pem = write_pem(key, is_private);
    char *text = NULL;
    long length = pem ? BIO_get_mem_data(pem, &text) : 0;
    if (length <= 0)
        return crypto_failed(err, "write a key as PEM");
    return file_write_atomic(path, text, (size_t)length, is_private ? 0600 : 0644, FILE_KEEP, err);
}

int grant_key_generate(const char *directory, char **path, struct error **err)
{
    cleanup_key EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    char id[GRANT_KEY_ID_LENGTH + 1], created[32];
    if (!key)
        return crypto_failed(err, "make a key");
    if (key_id_of(key, id, err) != 0)
        return -1;
    struct timespec now;
    struct tm utc;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (!gmtime_r(&now.tv_sec, &utc) ||
        strftime(created, sizeof(created), "%Y%m%dT%H%M%S", &utc) == 0)
        return error_set(err, ERROR_INTERNAL, "cannot tell the time");
    /* To the millisecond: of two keys made at once the later must be the newer. */
    cleanup_free char *stem =
        xasprintf("%s/%s%03ldZ-%s", directory, created, now.tv_nsec / 1000000, id);
    cleanup_free char *private_path = xasprintf("%s.key", stem);
    cleanup_free char *public_path = xasprintf("%s.pub", stem);
    if (write_half(key, true, private_path, err) != 0 ||
        write_half(key, false, public_path, err) != 0)
        return -1;
    *path = STEAL(private_path);
    return 0;
}
