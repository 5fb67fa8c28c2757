#include "lib/directory/wiping_memory.h"

#include <malloc.h>
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

/* --- liblber's and libldap's ---
 *
 * LBER_OPT_MEMORY_FNS does not reach them: liblber asks these functions only for blocks that have a
 * memory context, and libldap's have none. But both call their own exported functions by name, and
 * the dynamic linker finds the program's of that name, which the Makefile exports, before the
 * library's. */

#define IN_PLACE_OF_THE_LIBRARYS __attribute__((visibility("default")))

/* No installed header has them. */
void ber_memfree_x(void *block, void *context);
void *ber_memrealloc_x(void *block, ber_len_t size, void *context);

IN_PLACE_OF_THE_LIBRARYS void ber_memfree_x(void *block, void *context)
{
    (void)context;
    wiping_free(block);
}

IN_PLACE_OF_THE_LIBRARYS void *ber_memrealloc_x(void *block, ber_len_t size, void *context)
{
    (void)context;
    if (size > 0)
        return wiping_realloc(block, size);
    wiping_free(block);
    return NULL;
}

/* --- The processor's, and the stack's --- */

/* Ciphers and memcpy() leave what they moved in vector registers, which the dynamic linker, when it
 * next resolves a function, saves on the stack. Plain vzeroall does not know the upper sixteen. */
static void wipe_registers(void)
{
#ifdef __x86_64__
#define WIPE(number)          "vpxorq %%zmm" #number ", %%zmm" #number ", %%zmm" #number "\n"
#define WIPE_FOUR(a, b, c, d) WIPE(a) WIPE(b) WIPE(c) WIPE(d)
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile(WIPE_FOUR(16, 17, 18, 19) WIPE_FOUR(20, 21, 22, 23)
                             WIPE_FOUR(24, 25, 26, 27) WIPE_FOUR(28, 29, 30, 31)::);
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroall" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                               "xmm15");
#undef WIPE_FOUR
#undef WIPE
#endif
}

/* Not inlined, so that its array lies where the callees of the caller lay. */
__attribute__((noinline)) void wipe_traces(void)
{
    enum { DEPTH = 64 * 1024 }; /* OpenSSL's and libkrb5's deepest calls need less than half */
    char below[DEPTH];
    wipe_registers();
    explicit_bzero(below, sizeof below);
}
