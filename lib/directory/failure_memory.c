#include "lib/directory/failure_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"

enum { LIFETIME = 5 * 60 * 1000 };

struct failure {
    char *host;
    int64_t until;
};

struct failure_memory {
    struct failure_memory_settings settings;
    pthread_mutex_t lock;
    struct failure items[FAILURE_MEMORY_MAX]; /* in the order of their ends, the next first */
    size_t count;
};

static int64_t real_now(void *context)
{
    (void)context;
    return deadline_now();
}

struct failure_memory *failure_memory_create(const struct failure_memory_settings *settings)
{
    struct failure_memory *memory = xcalloc(1, sizeof *memory);
    if (settings)
        memory->settings = *settings;
    if (memory->settings.lifetime <= 0)
        memory->settings.lifetime = LIFETIME;
    if (!memory->settings.now)
        memory->settings.now = real_now;
    (void)pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

void failure_memory_free(struct failure_memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < memory->count; i++)
        free(memory->items[i].host);
    (void)pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static void forget(struct failure_memory *memory, size_t at)
{
    free(memory->items[at].host);
    memory->count--;
    memmove(memory->items + at, memory->items + at + 1,
            (memory->count - at) * sizeof memory->items[0]);
}

/* The index of a host; count where it is not remembered. Forgets what is over. */
static size_t find(struct failure_memory *memory, const char *host)
{
    int64_t now = memory->settings.now(memory->settings.context);
    while (memory->count > 0 && memory->items[0].until <= now)
        forget(memory, 0);
    size_t at = 0;
    while (at < memory->count &&
           !slice_equal_ignoring_case(slice_of(memory->items[at].host), slice_of(host)))
        at++;
    return at;
}

void failure_memory_add(struct failure_memory *memory, const char *host)
{
    if (!memory)
        return;
    (void)pthread_mutex_lock(&memory->lock);
    size_t at = find(memory, host);
    if (at < memory->count)
        forget(memory, at);
    else if (memory->count == FAILURE_MEMORY_MAX)
        forget(memory, 0);
    memory->items[memory->count++] =
        (struct failure){xstrdup(host), memory->settings.now(memory->settings.context) +
                                            memory->settings.lifetime * 1000000};
    (void)pthread_mutex_unlock(&memory->lock);
}

void failure_memory_remove(struct failure_memory *memory, const char *host)
{
    if (!memory)
        return;
    (void)pthread_mutex_lock(&memory->lock);
    size_t at = find(memory, host);
    if (at < memory->count)
        forget(memory, at);
    (void)pthread_mutex_unlock(&memory->lock);
}

bool failure_memory_has(struct failure_memory *memory, const char *host)
{
    if (!memory)
        return false;
    (void)pthread_mutex_lock(&memory->lock);
    bool has = find(memory, host) < memory->count;
    (void)pthread_mutex_unlock(&memory->lock);
    return has;
}
