#include "lib/common/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* GnuTLS comes along for protocols that are not spoken here. It would start itself when it is
 * loaded, PKCS#11 and all, which costs 0.9 MB; told not to, it waits until somebody calls it. */
static const char gnutls_start[] = "GNUTLS_NO_IMPLICIT_INIT";

static void *open_quietly(const struct library *library)
{
    bool told =
        library->brings_gnutls && !getenv(gnutls_start) && setenv(gnutls_start, "1", 1) == 0;
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (told)
        (void)unsetenv(gnutls_start); /* programs that are started do not inherit it */
    return handle;
}

static int load(const struct library *library, struct error **err)
{
    void *handle = open_quietly(library), **functions = library->functions;
    if (!handle)
        return error_set(err, ERROR_INTERNAL, "%s cannot be loaded; install the package %s",
                         library->file, library->package);
    for (size_t i = 0; i < library->count; i++) {
        functions[i] = dlsym(handle, library->names[i]);
        if (!functions[i])
            return error_set(err, ERROR_INTERNAL, "%s has no %s(); install a newer package %s",
                             library->file, library->names[i], library->package);
    }
    return 0;
}

int library_load(struct library *library, struct error **err)
{
    int result = 0;
    (void)pthread_mutex_lock(&lock);
    if (!atomic_load_explicit(&library->loaded, memory_order_relaxed)) {
        result = load(library, err);
        atomic_store_explicit(&library->loaded, result == 0, memory_order_release);
    }
    (void)pthread_mutex_unlock(&lock);
    return result;
}

void library_need(struct library *library)
{
    cleanup_error struct error *err = NULL;
    if (atomic_load_explicit(&library->loaded, memory_order_acquire) ||
        library_load(library, &err) == 0)
        return;
    (void)fprintf(stderr, "%s\n", err->message);
    abort();
}
