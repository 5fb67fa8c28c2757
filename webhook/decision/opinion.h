/* Building a verdict: refusing, warning. Inside the decision. */
#ifndef GMSA_WEBHOOK_DECISION_OPINION_H
#define GMSA_WEBHOOK_DECISION_OPINION_H

#include "webhook/decision/decision.h"
#include "webhook/decision/reasons.h"

/* More than this says nothing more; the API server drops warnings beyond 4 KiB in all. */
enum { WARNINGS_MAX = 16 };

enum collect {
    COLLECT_NOTHING,    /* the first reason counts */
    COLLECT_WARNINGS,   /* /warn: every reason becomes a warning, and the search goes on */
    COLLECT_OBJECTIONS, /* the audit: every reason is told, and the search goes on */
};

struct opinion {
    struct arena *arena;
    struct verdict *verdict;
    enum collect collect;
    bool refused;
};

/* An allowed verdict with that reason, to be changed by what follows. */
struct opinion opinion_begin(struct arena *arena, struct verdict *verdict, enum reason reason);

/* Refuses. The first reason counts, so checks run in order of precedence. `where` names the place
 * the message is about, or is NULL. */
void opinion_refuse(struct opinion *opinion, enum reason reason, const char *where,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Whether there is nothing left to find out. */
bool opinion_settled(const struct opinion *opinion);

/* Adds a warning, cut to VERDICT_WARNING_MAX characters. */
void opinion_warn(struct opinion *opinion, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
