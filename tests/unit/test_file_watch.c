#include "lib/common/file_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* Counts the calls; waiting is for the condition, with a limit that only a failure reaches. */
struct calls {
    pthread_mutex_t lock;
    pthread_cond_t more;
    int count;
};
#define NO_CALLS                                                                                   \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                     \
    }

static void count_call(void *context)
{
    struct calls *calls = context;
    (void)pthread_mutex_lock(&calls->lock);
    calls->count++;
    (void)pthread_cond_broadcast(&calls->more);
    (void)pthread_mutex_unlock(&calls->lock);
}

static void wait_for_calls(struct calls *calls, int count)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    (void)pthread_mutex_lock(&calls->lock);
    int result = 0;
    while (calls->count < count && result == 0)
        result = pthread_cond_timedwait(&calls->more, &calls->lock, &until);
    (void)pthread_mutex_unlock(&calls->lock);
    ck_assert_msg(result == 0, "no change was noticed");
}

static struct file_watch *watch_path(const char *path, int64_t poll, struct calls *calls)
{
    const struct file_watch_settings settings = {&path, 1, poll, count_call, calls};
    struct file_watch *watch = file_watch_create(&settings, NULL);
    ck_assert_ptr_nonnull(watch);
    return watch;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

enum { NEVER = 1000000 /* milliseconds: inotify must tell */ };

START_TEST(overwriting_and_renaming_are_noticed)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/tls.crt", folder);
    struct calls calls = NO_CALLS;
    write_file(folder, "tls.crt", "one");
    cleanup_file_watch struct file_watch *watch = watch_path(path, NEVER, &calls);
    write_file(folder, "tls.crt", "two two");
    wait_for_calls(&calls, 1);
    ck_assert_int_eq(file_write_atomic(path, "three", 5, 0644, FILE_REPLACE, NULL), 0);
    wait_for_calls(&calls, 2);
}
END_TEST

START_TEST(a_swapped_link_is_noticed_each_time)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/tls.crt", folder);
    cleanup_free char *data = xasprintf("%s/..data", folder);
    cleanup_free char *next = xasprintf("%s/..next", folder);
    struct calls calls = NO_CALLS;
    ck_assert_int_eq(symlink("..data/tls.crt", path), 0);
    ck_assert_int_eq(symlink("..0", data), 0);
    cleanup_file_watch struct file_watch *watch = watch_path(path, NEVER, &calls);
    for (int i = 1; i <= 4; i++) {
        cleanup_free char *version = xasprintf("..%d", i);
        cleanup_free char *real = xasprintf("%s/%s", folder, version);
        ck_assert_int_eq(mkdir(real, 0755), 0);
        write_file(real, "tls.crt", version);
        ck_assert_int_eq(symlink(version, next), 0);
        ck_assert_int_eq(rename(next, data), 0);
        wait_for_calls(&calls, i);
    }
}
END_TEST

START_TEST(a_folder_counts_by_its_files)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/a.yaml", folder);
    struct calls calls = NO_CALLS;
    cleanup_file_watch struct file_watch *watch = watch_path(folder, NEVER, &calls);
    write_file(folder, "a.yaml", "a");
    wait_for_calls(&calls, 1);
    write_file(folder, "a.yaml", "aa");
    wait_for_calls(&calls, 2);
    ck_assert_int_eq(unlink(path), 0);
    wait_for_calls(&calls, 3);
}
END_TEST

START_TEST(the_poll_finds_what_inotify_cannot_tell)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *inner = xasprintf("%s/not/yet", folder);
    cleanup_free char *outer = xasprintf("%s/not", folder);
    struct calls calls = NO_CALLS;
    cleanup_file_watch struct file_watch *watch = watch_path(inner, 10, &calls);
    ck_assert_int_eq(mkdir(outer, 0755), 0);
    write_file(outer, "yet", "here");
    wait_for_calls(&calls, 1);
}
END_TEST

SUITE("file_watch", overwriting_and_renaming_are_noticed, a_swapped_link_is_noticed_each_time,
      a_folder_counts_by_its_files, the_poll_finds_what_inotify_cannot_tell)
