/* Findings: what the rules have to say about a document. */
#ifndef GMSA_CREDSPEC_FINDING_H
#define GMSA_CREDSPEC_FINDING_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/document/tree.h"

enum severity {
    SEVERITY_WARNING, /* works, but not as one might think */
    SEVERITY_ERROR,   /* will not work, or is not safe */
};

/* A rule as `credspec rules` explains it. Codes are stable: they are never reused. */
struct rule {
    const char *code; /* "CS007" */
    const char *name; /* "sid-form": short, in words */
    enum severity severity;
    const char *title; /* what must hold, one line */
    const char *why;   /* what happens otherwise, and how to get the right value; paragraphs */
};

struct finding {
    const struct rule *rule;
    /* RFC 6901, from the root of the document: "/credspec/DomainJoinConfig/Sid". For a missing
     * field: where it should stand. */
    const char *pointer;
    /* Of the value; of the key where the key is what is wrong; of the object around a missing
     * field. */
    struct position position;
    const char *message; /* what is wrong with this value */
    const char *hint;    /* how to get the right one, or NULL */
};

/* A hostile document could have a finding for each of its bytes: beyond this many of one severity
 * they are counted only. The first ones are always kept. */
enum { FINDINGS_KEPT_MAX = 1000 };

/* Everything lives in the arena, the texts too. In the order of the document's text once sorted. */
struct findings {
    struct arena *arena;
    struct finding *items;
    size_t count, capacity;
    size_t errors, warnings; /* all, also those that were not kept */
};

/* Adds one finding; `pointer` and `hint` (may be NULL) are copied, `rule` is kept. */
void findings_add(struct findings *findings, const struct rule *rule, const char *pointer,
                  struct position position, const char *hint, const char *format, va_list arguments)
    __attribute__((format(printf, 6, 0)));
/* The first finding of severity error, or NULL. */
const struct finding *findings_first_error(const struct findings *findings);
/* Sorts by position, then code, then pointer. */
void findings_sort(struct findings *findings);

#endif
