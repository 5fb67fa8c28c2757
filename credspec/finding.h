/* Findings: what the rules have to say about a document. */
#ifndef GMSA_CREDSPEC_FINDING_H
#define GMSA_CREDSPEC_FINDING_H

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
    const char
        *pointer; /* RFC 6901, from the root of the document: "/credspec/DomainJoinConfig/Sid" */
    struct position position;
    const char *message; /* what is wrong with this value */
    const char *hint;    /* how to get the right one, or NULL */
};

/* Everything lives in the arena. In the order of the document's text. */
struct findings {
    struct arena *arena;
    struct finding *items;
    size_t count, capacity;
    size_t errors, warnings;
};

void findings_add(struct findings *findings, const struct rule *rule, const char *pointer,
                  struct position position, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The first finding of severity error, or NULL. */
const struct finding *findings_first_error(const struct findings *findings);
/* Sorts by position, then code. */
void findings_sort(struct findings *findings);

#endif
