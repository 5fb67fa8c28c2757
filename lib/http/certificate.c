#include "lib/http/certificate.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/tls_context.h"

enum {
    FILES = 3, /* certificate, key, client CA */
    FILE_LIMIT = 256 * 1024,
    KEY_LIMIT = 32 * 1024,
    DIGEST_SIZE = 32,
    SETTLE = 50, /* milliseconds: certificate and key are replaced one after the other */
    SETTLE_MOST = 1000,
};

/* What tells a changed file from an unchanged one without reading it. */
struct look {
    bool present;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct certificate_store {
    char *paths[FILES]; /* the last may be NULL */
    int poll;
    int stop_fd;
    pthread_t thread;
    bool started;

    pthread_mutex_t loading; /* one load at a time; guards the next three */
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
    texts->certificate_name = store->paths[0];
    texts->key_name = store->paths[1];
    texts->client_ca_name = store->paths[2];
    if (file_read(store->paths[0], FILE_LIMIT, &texts->certificate, err) < 0 ||
        secure_buffer_read_file(&texts->key, store->paths[1], KEY_LIMIT, err) < 0)
        return -1;
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
    if (context && !first)
        log_info("certificate reloaded", log_text("file", store->paths[0]));
    if (context)
        return 0;
    if (!first)
        log_warning("the new certificate is no good; the last good one stays in use",
                    log_error_field(problem));
    return error_set(err, problem->code, "%s", problem->message);
}

int certificate_store_reload(struct certificate_store *store, struct error **err)
{
    struct tls_texts texts = {0};
    struct error *unreadable = NULL;
    unsigned char digest[DIGEST_SIZE];
    int result;

    pthread_mutex_lock(&store->loading);
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
    pthread_mutex_unlock(&store->loading);
    release_texts(&texts);
    return result;
}

/* --- Watching --------------------------------------------------------------------------------- */

/* Watches the folder a path stands in: files are replaced by renaming, and kubelet swaps the link
 * `..data` beside them. */
static void watch_folder(int fd, const char *path)
{
    cleanup_free char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');

    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    (void)inotify_add_watch(fd, slash ? folder : ".",
                            IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
}

static int watch_folders(const struct certificate_store *store)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    for (int i = 0; i < FILES && fd >= 0; i++) {
        if (!store->paths[i])
            continue;
        watch_folder(fd, store->paths[i]);
        cleanup_free char *real = realpath(store->paths[i], NULL);
        if (real)
            watch_folder(fd, real);
    }
    return fd;
}

static void look_at(const struct certificate_store *store, struct look looks[FILES])
{
    memset(looks, 0, FILES * sizeof(*looks)); /* padding too: they are compared as bytes */
    for (int i = 0; i < FILES; i++) {
        struct stat file;
        if (!store->paths[i] || stat(store->paths[i], &file) < 0)
            continue;
        looks[i].present = true;
        looks[i].device = file.st_dev;
        looks[i].inode = file.st_ino;
        looks[i].size = file.st_size;
        looks[i].modified = file.st_mtim;
        looks[i].changed = file.st_ctim;
    }
}

static void drop_events(int fd)
{
    char events[4096];

    while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
        ;
}

/* Waits until something happens to the folders, or the time is over. Returns false at the end of
 * the store's life. */
static bool wait_for_change(const struct certificate_store *store, int fd, bool *changed)
{
    struct pollfd fds[] = {{store->stop_fd, POLLIN, 0}, {fd, POLLIN, 0}};
    int waited = 0;

    *changed = false;
    if (poll(fds, ARRAY_LENGTH(fds), store->poll) <= 0)
        return true;
    while (!fds[0].revents && waited < SETTLE_MOST) {
        *changed = true;
        drop_events(fd);
        if (poll(fds, ARRAY_LENGTH(fds), SETTLE) == 0)
            return true;
        waited += SETTLE;
    }
    return !fds[0].revents;
}

static void *watch_files(void *context)
{
    struct certificate_store *store = context;
    struct look before[FILES], now[FILES];
    bool changed = true;

    memset(before, 0, sizeof(before));
    for (;;) {
        /* New watches each time, since links may lead elsewhere now; before looking, so that
         * nothing is missed in between. */
        cleanup_close int fd = watch_folders(store);
        look_at(store, now);
        if (changed || memcmp(before, now, sizeof(now)) != 0)
            (void)certificate_store_reload(store, NULL);
        memcpy(before, now, sizeof(now));
        if (!wait_for_change(store, fd, &changed))
            return NULL;
    }
}

static int start_watching(struct certificate_store *store, struct error **err)
{
    sigset_t all, before;

    store->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->stop_fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "cannot watch the certificates");
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&store->thread, NULL, watch_files, store);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return error_set_errno(err, ERROR_UNAVAILABLE, failed, "cannot start a thread");
    store->started = true;
    return 0;
}

/* --- Life ------------------------------------------------------------------------------------- */

struct certificate_store *certificate_store_create(const struct certificate_settings *settings,
                                                   struct error **err)
{
    cleanup_certificate_store struct certificate_store *store = xcalloc(1, sizeof(*store));

    store->paths[0] = xstrdup(settings->certificate);
    store->paths[1] = xstrdup(settings->key);
    store->paths[2] = settings->client_ca ? xstrdup(settings->client_ca) : NULL;
    store->poll = settings->poll <= 0        ? 5000
                  : settings->poll > INT_MAX ? INT_MAX
                                             : (int)settings->poll;
    store->stop_fd = -1;
    (void)pthread_mutex_init(&store->loading, NULL);
    (void)pthread_mutex_init(&store->lock, NULL);
    if (certificate_store_reload(store, err) < 0 || start_watching(store, err) < 0)
        return NULL;
    return STEAL(store);
}

void certificate_store_free(struct certificate_store *store)
{
    uint64_t one = 1;

    if (!store)
        return;
    if (store->started) {
        while (write(store->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
        (void)pthread_join(store->thread, NULL);
    }
    if (store->stop_fd >= 0)
        (void)close(store->stop_fd);
    for (int i = 0; i < FILES; i++)
        free(store->paths[i]);
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
    (void)SSL_CTX_up_ref(context);
    pthread_mutex_unlock(&store->lock);
    return context;
}
