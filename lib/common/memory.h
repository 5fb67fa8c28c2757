/* Memory: allocation that cannot fail, and release at the end of a scope.
 *
 * Running out of memory aborts the program: a daemon that is restarted is safer than one that goes
 * on half-built. Therefore none of these return NULL. The exception is a size that comes from
 * outside: it must be checked against a bound before it gets here.
 *
 * Ownership is written down with the cleanup_* attributes: a local that owns something says so
 * where it is declared, and a function gives a value away with STEAL() or MOVE() at its single
 * successful exit.
 */
#ifndef GMSA_COMMON_MEMORY_H
#define GMSA_COMMON_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* malloc(), calloc(), reallocarray(), strdup(), strndup(), asprintf() and vasprintf(), which abort
 * where those return NULL. The caller frees. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list arguments)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 0)));

/* The value of a pointer variable, which is NULL afterwards. */
#define STEAL(pointer)                                                                             \
    __extension__({                                                                                \
        __typeof__(pointer) stolen_ = (pointer);                                                   \
        (pointer) = NULL;                                                                          \
        stolen_;                                                                                   \
    })

/* The same for a variable of any other type: the value of a structure, which is all zero
 * afterwards. */
#define MOVE(variable)                                                                             \
    __extension__({                                                                                \
        __typeof__(variable) moved_ = (variable);                                                  \
        (variable) = (__typeof__(variable)){0};                                                    \
        moved_;                                                                                    \
    })

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static inline void free_at(void *pointer)
{
    free(*(void **)pointer);
}
static inline void close_at(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
static inline void fclose_at(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}
#define cleanup_free  __attribute__((cleanup(free_at)))
#define cleanup_close __attribute__((cleanup(close_at)))
#define cleanup_file  __attribute__((cleanup(fclose_at)))

#endif
