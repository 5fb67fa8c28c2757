#include "lib/http/certificate.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/common/file.h"
#include "lib/common/file_watch.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/tls_context.h"

enum {
    FILES = 3, /* certificate, key, client CA */
    FILE_LIMIT = 256 * 1024,
    KEY_LIMIT = 32 * 1024,
    DIGEST_SIZE = 32,
};

struct certificate_store {
    char *paths[FILES];       /* the last may be NULL */
    struct file_watch *watch; /* NULL where there is no file */

    pthread_mutex_t loading;   /* one load at a time; guards the next five */
    struct buffer certificate; /* what was fed */
    struct secure_buffer key;
    unsigned char digest[DIGEST_SIZE];
    bool tried;            /* digest holds what was tried last */
    struct error *problem; /* why it was no good, or NULL */

    pthread_mutex_t lock; /* held for moments; guards what is below */
    SSL_CTX *context;
    struct certificate_status status;
};

/* --- Loading ---------------------------------------------------------------------------------- */

static void release_texts(struct tls_texts *texts)
{
    buffer_release(&texts->certificate);
    secure_buffer_release(&texts->key);
    buffer_release(&texts->client_ca);
}

static int read_texts(const struct certificate_store *store, struct tls_texts *texts,
                      struct error **err)
{
    bool fed = !store->paths[0];

    texts->certificate_name = fed ? "the certificate" : store->paths[0];
    texts->key_name = fed ? "the key" : store->paths[1];
    texts->client_ca_name = store->paths[2];
    if (fed) {
        buffer_append(&texts->certificate, store->certificate.data, store->certificate.length);
        if (secure_buffer_copy(&texts->key, store->key.data, store->key.length, err) < 0)
            return -1;
    } else if (file_read(store->paths[0], FILE_LIMIT, &texts->certificate, err) < 0 ||
               secure_buffer_read_file(&texts->key, store->paths[1], KEY_LIMIT, err) < 0) {
        return -1;
    }
    return store->paths[2] ? file_read(store->paths[2], FILE_LIMIT, &texts->client_ca, err) : 0;
}

/* Of all texts, each with its length; of the message where they cannot be read. */
static void digest_texts(const struct tls_texts *texts, const struct error *unreadable,
                         unsigned char digest[DIGEST_SIZE])
{
    const struct slice parts[] = {
        {texts->certificate.data, texts->certificate.length},
        {(const char *)texts->key.data, texts->key.length},
        {texts->client_ca.data, texts->client_ca.length},
        slice_of(unreadable ? unreadable->message : NULL),
    };
    EVP_MD_CTX *hash = EVP_MD_CTX_new();

    if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        abort(); /* no memory */
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        (void)EVP_DigestUpdate(hash, &parts[i].length, sizeof(parts[i].length));
        (void)EVP_DigestUpdate(hash, parts[i].data, parts[i].length);
    }
    (void)EVP_DigestFinal_ex(hash, digest, NULL);
    EVP_MD_CTX_free(hash);
}

static void swap_in(struct certificate_store *store, SSL_CTX *context, int64_t expiry)
{
    pthread_mutex_lock(&store->lock);
    SSL_CTX *old = store->context;
    store->context = context;
    store->status.expiry = expiry;
    pthread_mutex_unlock(&store->lock);
    SSL_CTX_free(old); /* connections hold references of their own */
}

/* Who reads files cannot help it, and serves on: a new certificate may come at any time. */
static void warn_of_end(const struct certificate_store *store, int64_t expiry)
{
    if (store->paths[0] && expiry <= (int64_t)time(NULL))
        log_warning("the certificate has expired; clients will refuse it until there is a new one",
                    log_text("file", store->paths[0]));
}

static int load_changed(struct certificate_store *store, const struct tls_texts *texts,
                        struct error *unreadable, struct error **err)
{
    int64_t expiry = 0;
    struct error *problem = unreadable;
    SSL_CTX *context = problem ? NULL : tls_context_create(texts, &expiry, &problem);
    bool first = !store->tried;

    if (context)
        swap_in(store, context, expiry);
    pthread_mutex_lock(&store->lock);
    store->status.reads++;
    store->status.errors += context == NULL;
    pthread_mutex_unlock(&store->lock);
    error_free(store->problem);
    store->problem = problem;
    store->tried = true;
    if (context && !first && store->paths[0]) /* who feeds it knows */
        log_info("certificate reloaded", log_text("file", store->paths[0]));
    if (context) {
        warn_of_end(store, expiry);
        return 0;
    }
    if (!first)
        log_warning("the new certificate is no good; the last good one stays in use",
                    log_error_field(problem));
    return error_set(err, problem->code, "%s", problem->message);
}

/* With `loading` locked. */
static int reload(struct certificate_store *store, struct error **err)
{
    struct tls_texts texts = {0};
    struct error *unreadable = NULL;
    unsigned char digest[DIGEST_SIZE];
    int result;

    (void)read_texts(store, &texts, &unreadable);
    digest_texts(&texts, unreadable, digest);
    if (!store->tried || memcmp(digest, store->digest, DIGEST_SIZE) != 0) {
        memcpy(store->digest, digest, DIGEST_SIZE);
        result = load_changed(store, &texts, unreadable, err);
    } else {
        error_free(unreadable);
        result = store->problem
                     ? error_set(err, store->problem->code, "%s", store->problem->message)
                     : 0;
    }
    release_texts(&texts);
    return result;
}

int certificate_store_reload(struct certificate_store *store, struct error **err)
{
    int result = 0;

    pthread_mutex_lock(&store->loading);
    if (store->paths[0] || store->certificate.length > 0)
        result = reload(store, err);
    pthread_mutex_unlock(&store->loading);
    return result;
}

static void exchange_fed(struct certificate_store *store, struct tls_texts *texts)
{
    struct buffer certificate = store->certificate;
    struct secure_buffer key = store->key;

    store->certificate = texts->certificate;
    store->key = texts->key;
    texts->certificate = certificate;
    texts->key = key;
}

int certificate_store_feed(struct certificate_store *store, struct slice certificate,
                           struct slice key, struct error **err)
{
    struct tls_texts texts = {0};

    if (certificate.length > FILE_LIMIT || key.length > KEY_LIMIT)
        return error_set(err, ERROR_INPUT, "the certificate or its key is too large");
    if (secure_buffer_copy(&texts.key, key.data, key.length, err) < 0)
        return -1;
    buffer_append(&texts.certificate, certificate.data, certificate.length);
    pthread_mutex_lock(&store->loading);
    exchange_fed(store, &texts);
    int result = reload(store, err);
    if (result < 0)
        exchange_fed(store, &texts); /* a new client CA will need the good ones */
    pthread_mutex_unlock(&store->loading);
    release_texts(&texts);
    return result;
}

static void reload_changed(void *context)
{
    (void)certificate_store_reload(context, NULL);
}

static int start_watching(struct certificate_store *store, int64_t poll, struct error **err)
{
    const char *paths[FILES];
    size_t count = 0;

    for (int i = 0; i < FILES; i++)
        if (store->paths[i])
            paths[count++] = store->paths[i];
    if (count == 0)
        return 0;
    const struct file_watch_settings settings = {
        .paths = paths,
        .count = count,
        .poll = poll,
        .changed = reload_changed,
        .context = store,
    };

    store->watch = file_watch_create(&settings, err);
    return store->watch ? 0 : -1;
}

/* --- Life ------------------------------------------------------------------------------------- */

struct certificate_store *certificate_store_create(const struct certificate_settings *settings,
                                                   struct error **err)
{
    cleanup_certificate_store struct certificate_store *store = xcalloc(1, sizeof(*store));

    const char *const paths[FILES] = {settings->certificate, settings->key, settings->client_ca};
    cleanup_buffer struct buffer client_ca = {0};

    for (int i = 0; i < FILES; i++)
        store->paths[i] = paths[i] ? xstrdup(paths[i]) : NULL;
    (void)pthread_mutex_init(&store->loading, NULL);
    (void)pthread_mutex_init(&store->lock, NULL);
    /* First, so that no change is missed in between. */
    if (start_watching(store, settings->poll, err) < 0 || certificate_store_reload(store, err) < 0)
        return NULL;
    /* Of a store that is fed later, the one mistake that can be seen now. */
    if (!paths[0] && paths[2] && file_read(paths[2], FILE_LIMIT, &client_ca, err) < 0)
        return NULL;
    return STEAL(store);
}

void certificate_store_free(struct certificate_store *store)
{
    if (!store)
        return;
    file_watch_free(store->watch);
    for (int i = 0; i < FILES; i++)
        free(store->paths[i]);
    buffer_release(&store->certificate);
    secure_buffer_release(&store->key);
    SSL_CTX_free(store->context);
    error_free(store->problem);
    (void)pthread_mutex_destroy(&store->loading);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

void certificate_store_status(struct certificate_store *store, struct certificate_status *status)
{
    pthread_mutex_lock(&store->lock);
    *status = store->status;
    pthread_mutex_unlock(&store->lock);
}

SSL_CTX *certificate_store_context(struct certificate_store *store)
{
    pthread_mutex_lock(&store->lock);
    SSL_CTX *context = store->context;
    if (context)
        (void)SSL_CTX_up_ref(context);
    pthread_mutex_unlock(&store->lock);
    return context;
}
