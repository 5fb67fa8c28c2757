/* Errors as values.
 *
 * The contract, for every function in this project that can fail:
 *
 *  - it returns 0 or -1 (or a pointer or NULL), and its last argument is a `struct error **err`;
 *  - on failure it fills *err, unless err is NULL (the caller does not want to know why);
 *  - on success it leaves *err untouched, so one `err` serves a whole sequence of calls;
 *  - *err must be NULL when a call begins: an error that is there already is never overwritten;
 *  - the code says whose fault it is, the message is one line, without a final full stop, that a
 *    user can act on;
 *  - on the way up a caller may add context with error_prefix(): "outer: inner".
 *
 * Running out of memory is not an error in this sense: see lib/common/memory.h.
 */
#ifndef GMSA_COMMON_ERROR_H
#define GMSA_COMMON_ERROR_H

#include <stdarg.h>

/* Whose fault it is, and so what to do. */
enum error_code {
    ERROR_INPUT,       /* what the user gave is wrong: they must change it */
    ERROR_DENIED,      /* it is right, but not permitted: somebody must permit it */
    ERROR_NOT_FOUND,   /* what it names does not exist */
    ERROR_UNAVAILABLE, /* somebody else is away, full or slow: trying again can help */
    ERROR_PROTOCOL,    /* a peer or a file breaks the rules of its own format */
    ERROR_INTERNAL,    /* this program or its machine is at fault */
};

struct error {
    enum error_code code;
    char *message; /* UTF-8, never NULL */
};

/* Fills *err with a formatted message. Always returns -1, so that reporting is one line:
 * `return error_set(err, ERROR_INPUT, "...");` */
int error_set(struct error **err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of `number` (an errno value) behind the message. */
int error_set_errno(struct error **err, enum error_code code, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts context in front of an error that is already set: "context: message". Always returns -1. */
int error_prefix(struct error **err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Moves `from` (may be NULL) into *err, or frees it when the caller does not want it. Returns -1.
 */
int error_move(struct error **err, struct error *from);

/* Frees an error; NULL is fine. */
void error_free(struct error *error);

/* "input", "denied", ...: a stable word for logs and JSON. */
const char *error_code_name(enum error_code code);

/* Tells compilers and analysers, which see only one file at a time, that the result is always -1.
 */
static inline int error_result(void)
{
    return -1;
}
#define error_set(...)       ((error_set)(__VA_ARGS__), error_result())
#define error_set_errno(...) ((error_set_errno)(__VA_ARGS__), error_result())
#define error_prefix(...)    ((error_prefix)(__VA_ARGS__), error_result())
#define error_move(...)      ((error_move)(__VA_ARGS__), error_result())

static inline void error_free_at(struct error **error)
{
    error_free(*error);
}
#define cleanup_error __attribute__((cleanup(error_free_at)))

#endif
