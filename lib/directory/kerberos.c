#include "lib/directory/kerberos.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/kdc.h"

struct realm {
    struct realm *next;
    char *name;
    struct kdc kdc;
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
        known->next = kerberos->realms;
        kerberos->realms = known;
    }
    known->kdc = (struct kdc){.addresses = *addresses, .port = port ? port : KERBEROS_PORT};
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
