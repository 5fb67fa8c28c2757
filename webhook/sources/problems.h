/* What is wrong with the objects of a folder of manifests or of a cluster, and where. */
#ifndef GMSA_WEBHOOK_SOURCES_PROBLEMS_H
#define GMSA_WEBHOOK_SOURCES_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/document/tree.h"

/* Where an object stands. `file` is NULL for what is built in and ORIGIN_CLUSTER for what an API
 * server gave; a line of 0 means the whole file. */
struct origin {
    const char *file;
    struct position position;
};

#define ORIGIN_CLUSTER ""

static inline bool origin_is_cluster(struct origin origin)
{
    return origin.file && *origin.file == '\0';
}

enum problem_severity {
    PROBLEM_WARNING, /* the manifests can be used, but perhaps not as their author thinks */
    PROBLEM_ERROR,   /* the manifests must not be used */
};

struct problem {
    enum problem_severity severity;
    struct origin origin;
    const char *message;
};

/* In the order they were found. Texts live in the arena; the list itself is freed with
 * problems_release(). */
struct problems {
    struct arena *arena;
    struct problem *items;
    size_t count, capacity;
    size_t errors;
};

void problems_add(struct problems *problems, enum problem_severity severity, struct origin origin,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
void problems_release(struct problems *problems);

/* "FILE:LINE:COLUMN", "FILE", "built in" or "in the cluster", in the arena. */
const char *origin_text(struct origin origin, struct arena *arena);

#endif
