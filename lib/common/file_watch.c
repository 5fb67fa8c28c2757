#include "lib/common/file_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/common/memory.h"

enum {
    POLL_DEFAULT = 5000, /* milliseconds */
    QUIET = 20,          /* a burst has ended when nothing came for so long */
    BURST_MAX = 25       /* quiet times that a burst may last: half a second */
};

struct file_watch {
    char **paths;
    size_t count;
    int poll_time;
    file_watch_changed *changed;
    void *context;
    int inotify;
    int stop; /* eventfd */
    uint64_t fingerprint;
    pthread_t thread;
};

/* FNV-1a. Not for security: who can write the files can change what they say anyway. */
static uint64_t mix(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * 0x100000001B3U;
    return hash;
}

static uint64_t fingerprint_file(int folder, const char *name)
{
    struct stat status;
    uint64_t hash = mix(0xCBF29CE484222325U, name, strlen(name));
    if (fstatat(folder, name, &status, 0) < 0)
        return hash;
    hash = mix(hash, &status.st_dev, sizeof(status.st_dev));
    hash = mix(hash, &status.st_ino, sizeof(status.st_ino));
    hash = mix(hash, &status.st_mode, sizeof(status.st_mode));
    if (S_ISDIR(status.st_mode))
        return hash; /* its entries count, its times do not */
    hash = mix(hash, &status.st_size, sizeof(status.st_size));
    hash = mix(hash, &status.st_mtim, sizeof(status.st_mtim));
    return mix(hash, &status.st_ctim, sizeof(status.st_ctim));
}

/* A sum over the entries, so that the order in which they are listed does not matter. */
static uint64_t fingerprint_path(const char *path)
{
    uint64_t sum = fingerprint_file(AT_FDCWD, path);
    DIR *folder = opendir(path);
    if (!folder)
        return sum;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            sum += fingerprint_file(dirfd(folder), entry->d_name);
    (void)closedir(folder);
    return sum;
}

static uint64_t fingerprint(const struct file_watch *watch)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < watch->count; i++) {
        uint64_t one = fingerprint_path(watch->paths[i]);
        hash = mix(hash, &one, sizeof(one));
    }
    return hash;
}

/* Watching the same folder twice is one watch, so this may be called again after each change: a
 * link may lead elsewhere now. What cannot be watched is left to the poll. */
static void watch_folder_of(const struct file_watch *watch, const char *path)
{
    const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE |
                          IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR;
    cleanup_free char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    (void)inotify_add_watch(watch->inotify, slash ? folder : ".", mask);
    (void)inotify_add_watch(watch->inotify, path, mask); /* when it is a folder itself */
}

static void watch_folders(const struct file_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        watch_folder_of(watch, watch->paths[i]);
        cleanup_free char *resolved = realpath(watch->paths[i], NULL);
        if (resolved && strcmp(resolved, watch->paths[i]) != 0)
            watch_folder_of(watch, resolved);
    }
}

/* Throws the events away: the fingerprint tells what matters. */
static void drain_events(int inotify)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (read(inotify, events, sizeof(events)) > 0)
        ;
}

/* Waits at most `timeout` milliseconds. Returns false when the watch must stop; *woken tells
 * whether inotify had something to say. */
static bool wait_for_event(const struct file_watch *watch, int timeout, bool *woken)
{
    struct pollfd fds[] = {{.fd = watch->stop, .events = POLLIN},
                           {.fd = watch->inotify, .events = POLLIN}};
    int ready = poll(fds, ARRAY_LENGTH(fds), timeout);
    *woken = ready > 0 && fds[1].revents != 0;
    if (*woken)
        drain_events(watch->inotify);
    return !(ready > 0 && fds[0].revents != 0);
}

static void *run(void *argument)
{
    struct file_watch *watch = argument;
    bool woken;
    while (wait_for_event(watch, watch->poll_time, &woken)) {
        for (int i = 0; woken && i < BURST_MAX; i++)
            if (!wait_for_event(watch, QUIET, &woken))
                return NULL;
        watch_folders(watch);
        uint64_t now = fingerprint(watch);
        if (now == watch->fingerprint)
            continue;
        watch->fingerprint = now;
        watch->changed(watch->context);
    }
    return NULL;
}

static int start(struct file_watch *watch, struct error **err)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&watch->thread, NULL, run, watch);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, number, "no thread to watch files with");
    return 0;
}

static void release(struct file_watch *watch)
{
    if (watch->inotify >= 0)
        (void)close(watch->inotify);
    if (watch->stop >= 0)
        (void)close(watch->stop);
    for (size_t i = 0; i < watch->count; i++)
        free(watch->paths[i]);
    free(watch->paths);
    free(watch);
}

struct file_watch *file_watch_create(const struct file_watch_settings *settings, struct error **err)
{
    struct file_watch *watch = xcalloc(1, sizeof(*watch));
    watch->paths = xcalloc(settings->count, sizeof(*watch->paths));
    for (; watch->count < settings->count; watch->count++)
        watch->paths[watch->count] = xstrdup(settings->paths[watch->count]);
    watch->poll_time =
        settings->poll > 0 && settings->poll < INT_MAX ? (int)settings->poll : POLL_DEFAULT;
    watch->changed = settings->changed;
    watch->context = settings->context;
    watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->stop = eventfd(0, EFD_CLOEXEC);
    if (watch->inotify < 0 || watch->stop < 0) {
        (void)error_set_errno(err, ERROR_UNAVAILABLE, errno, "files cannot be watched");
        release(watch);
        return NULL;
    }
    /* In this order: what changes in between is noticed. */
    watch_folders(watch);
    watch->fingerprint = fingerprint(watch);
    if (start(watch, err) < 0) {
        release(watch);
        return NULL;
    }
    return watch;
}

void file_watch_free(struct file_watch *watch)
{
    if (!watch)
        return;
    const uint64_t one = 1;
    ssize_t ignored = write(watch->stop, &one, sizeof(one));
    (void)ignored;
    (void)pthread_join(watch->thread, NULL);
    release(watch);
}
