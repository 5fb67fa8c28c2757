/* A piece of somebody else's text: pointer and length, not NUL-terminated, owned elsewhere.
 * A slice whose `data` is NULL is absent, which differs from empty. */
#ifndef GMSA_COMMON_SLICE_H
#define GMSA_COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length;
};

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}
static inline bool slice_present(struct slice slice)
{
    return slice.data != NULL;
}
static inline struct slice slice_or_empty(struct slice slice)
{
    return slice.data ? slice : (struct slice){"", 0};
}
/* Equal bytes; an absent slice equals only another absent one. */
static inline bool slice_equal(struct slice a, struct slice b)
{
    if (!a.data || !b.data)
        return a.data == b.data;
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}
static inline bool slice_is(struct slice slice, const char *text)
{
    return slice_equal(slice, slice_of(text));
}
static inline bool slice_starts_with(struct slice slice, const char *prefix)
{
    size_t length = strlen(prefix);
    return slice.data && slice.length >= length && memcmp(slice.data, prefix, length) == 0;
}
/* Order by bytes, shorter first: the order of Go's sort.Strings and of canonical text. */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

/* For printf's "%.*s": SLICE_FORMAT(s) gives both arguments. Names in messages are bounded by their
 * callers; anything longer than INT_MAX is cut. */
#define SLICE_FORMAT(slice)                                                                        \
    (int)((slice).length > 65536 ? 65536 : (slice).length), ((slice).data ? (slice).data : "")

#endif
