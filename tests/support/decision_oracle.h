/* What should become of a pod that is created: written from the rules, over jansson, sharing no
 * code with webhook/decision. */
#ifndef GMSA_TESTS_SUPPORT_DECISION_ORACLE_H
#define GMSA_TESTS_SUPPORT_DECISION_ORACLE_H

#include <jansson.h>
#include <stdbool.h>

/* A spec that exists and is valid and that the subject may use. */
struct oracle_spec {
    const char *name;
    const char *contents; /* JSON text */
    const char *user;     /* default, or NULL */
    const char *allowed[4];
};

struct oracle {
    const struct oracle_spec *usable;
    size_t count;
    const char *cluster_user; /* or NULL */
};

enum oracle_opinion {
    ORACLE_ALLOWED,
    ORACLE_SPEC_NOT_USABLE, /* a name that is none, does not exist, is broken or forbidden */
    ORACLE_CONTENTS_NAMELESS,
    ORACLE_CONTENTS_DIFFER,
    ORACLE_USER_INVALID,
    ORACLE_USER_NOT_ALLOWED,
    ORACLE_USER_MISSING,
    ORACLE_ANNOTATION_WRONG, /* unknown, for an unknown container, or on a Windows pod */
    ORACLE_OPINIONS,
};

/* The pod as the user sent it. Of several faults any one is told. */
enum oracle_opinion oracle_judge(const struct oracle *oracle, const json_t *pod);

#endif
