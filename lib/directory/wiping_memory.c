#include "lib/directory/wiping_memory.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/directory/ldap_library.h"

/* Blocks of theirs may end in plain free() and the other way round, so these are malloc()'s own. */

static void wiping_free(void *block)
{
    if (!block)
        return;
    explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

static void *wiping_realloc(void *old, size_t size)
{
    size_t old_size = old ? malloc_usable_size(old) : 0;
    if (old && size > 0 && size <= old_size)
        return old;
    void *new = malloc(size ? size : 1);
    if (!new)
        return NULL;
    if (old)
        memcpy(new, old, old_size < size ? old_size : size);
    wiping_free(old);
    return new;
}

/* --- liblber's prototypes --- */

static void *lber_malloc(ber_len_t size, void *context)
{
    (void)context;
    return malloc(size);
}

static void *lber_calloc(ber_len_t count, ber_len_t size, void *context)
{
    (void)context;
    return calloc(count, size);
}

static void *lber_realloc(void *old, ber_len_t size, void *context)
{
    (void)context;
    return wiping_realloc(old, size);
}

static void lber_free(void *block, void *context)
{
    (void)context;
    wiping_free(block);
}

static void install(void)
{
    BerMemoryFunctions functions = {lber_malloc, lber_calloc, lber_realloc, lber_free};
    (void)ber_set_option(NULL, LBER_OPT_MEMORY_FNS, &functions);
    sasl_set_alloc(malloc, calloc, wiping_realloc, wiping_free);
}

void wiping_memory_install(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, install);
}
