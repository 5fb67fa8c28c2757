#include "lib/directory/kerberos.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"
#include "lib/directory/kdc.h"

/* A connection that nobody uses is kept for a moment, so that what is asked in a row costs one. One
 * that rested longer may be dead without anybody having said so. */
enum { IDLE_MAX = 5000 /* milliseconds */ };

struct realm {
    struct realm *next;
    char *name;
    struct kdc kdc;
    int idle; /* connected descriptor, or -1 */
    int64_t idle_until;
};

struct kerberos {
    pthread_mutex_t lock; /* over the realms */
    struct realm *realms;
    kerberos_find *find;
    void *context;
    _Atomic uint64_t exchanges, connections;
};

struct kerberos *kerberos_create(void)
{
    struct kerberos *kerberos = xcalloc(1, sizeof(*kerberos));
    (void)pthread_mutex_init(&kerberos->lock, NULL);
    return kerberos;
}

void kerberos_free(struct kerberos *kerberos)
{
    if (!kerberos)
        return;
    while (kerberos->realms) {
        struct realm *realm = kerberos->realms;
        kerberos->realms = realm->next;
        close_at(&realm->idle);
        free(realm->name);
        free(realm);
    }
    (void)pthread_mutex_destroy(&kerberos->lock);
    free(kerberos);
}

/* With the lock held. */
static struct realm *find(const struct kerberos *kerberos, const char *name)
{
    struct realm *realm = kerberos->realms;
    while (realm && !slice_equal_ignoring_case(slice_of(realm->name), slice_of(name)))
        realm = realm->next;
    return realm;
}

void kerberos_set_kdc(struct kerberos *kerberos, const char *realm,
                      const struct addresses *addresses, uint16_t port)
{
    (void)pthread_mutex_lock(&kerberos->lock);
    struct realm *known = find(kerberos, realm);
    if (!known) {
        known = xcalloc(1, sizeof(*known));
        known->name = xstrdup(realm);
        known->idle = -1;
        known->next = kerberos->realms;
        kerberos->realms = known;
    }
    known->kdc.addresses = *addresses;
    known->kdc.port = port ? port : KERBEROS_PORT;
    known->kdc.generation++;
    close_at(&known->idle);
    known->idle = -1;
    (void)pthread_mutex_unlock(&kerberos->lock);
}

void kerberos_set_finder(struct kerberos *kerberos, kerberos_find *finder, void *context)
{
    kerberos->find = finder;
    kerberos->context = context;
}

static bool known_kdc(struct kerberos *kerberos, const char *name, struct kdc *kdc)
{
    (void)pthread_mutex_lock(&kerberos->lock);
    const struct realm *realm = find(kerberos, name);
    if (realm)
        *kdc = realm->kdc;
    (void)pthread_mutex_unlock(&kerberos->lock);
    return realm != NULL;
}

int kerberos_kdc(struct kerberos *kerberos, const char *realm, int64_t deadline, struct kdc *kdc,
                 struct error **err)
{
    if (known_kdc(kerberos, realm, kdc))
        return 0;
    if (kerberos->find && kerberos->find(kerberos, realm, deadline, kerberos->context, err) < 0)
        return error_prefix(err, "cannot find a KDC of %.300s", realm);
    if (known_kdc(kerberos, realm, kdc))
        return 0;
    return error_set(err, ERROR_UNAVAILABLE,
                     "no KDC is known of the realm %.300s: is it the account's own domain?", realm);
}

int kerberos_take_idle(struct kerberos *kerberos, const char *name, unsigned *generation)
{
    int fd = -1;
    (void)pthread_mutex_lock(&kerberos->lock);
    struct realm *realm = find(kerberos, name);
    if (realm && realm->idle >= 0) {
        fd = realm->idle;
        realm->idle = -1;
        *generation = realm->kdc.generation;
        if (deadline_left(realm->idle_until) == 0) {
            (void)close(fd);
            fd = -1;
        }
    }
    (void)pthread_mutex_unlock(&kerberos->lock);
    return fd;
}

void kerberos_give_idle(struct kerberos *kerberos, const char *name, int fd, unsigned generation)
{
    (void)pthread_mutex_lock(&kerberos->lock);
    struct realm *realm = find(kerberos, name);
    if (realm && realm->idle < 0 && realm->kdc.generation == generation) {
        realm->idle = fd;
        realm->idle_until = deadline_after(IDLE_MAX);
        fd = -1;
    }
    (void)pthread_mutex_unlock(&kerberos->lock);
    close_at(&fd);
}

void kerberos_count_connection(struct kerberos *kerberos)
{
    atomic_fetch_add(&kerberos->connections, 1);
}

void kerberos_count_exchange(struct kerberos *kerberos)
{
    atomic_fetch_add(&kerberos->exchanges, 1);
}

struct kerberos_counts kerberos_counts(const struct kerberos *kerberos)
{
    return (struct kerberos_counts){.exchanges = atomic_load(&kerberos->exchanges),
                                    .connections = atomic_load(&kerberos->connections)};
}
