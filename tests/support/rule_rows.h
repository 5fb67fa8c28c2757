/* Tables of rules: one change to a good document, and the one finding it must bring about. */
#ifndef GMSA_TESTS_SUPPORT_RULE_ROWS_H
#define GMSA_TESTS_SUPPORT_RULE_ROWS_H

#include "credspec/finding.h"

/* A credential spec without a finding, over several lines, and the same with a plug-in block. */
extern const char rule_base_spec[];
extern const char rule_base_plugin[];
/* A resource without a finding, in JSON, with both optional fields. */
extern const char rule_base_resource[];

struct rule_row {
    const char *from, *to; /* what is replaced in the base (it must be there), by what */
    const char *code;      /* of the only finding, or NULL: there is none */
    const char *pointer;
    const char *at;      /* the finding's position is where this first stands in the changed text */
    const char *message; /* a part of the message */
    const char *besides; /* code of a second finding, where the change cannot do without; or NULL */
};

typedef void rule_check_function(const struct node *, const char *pointer, struct findings *);

/* Checks each row on its own. */
void rule_rows_check(const char *base, const struct rule_row *rows, size_t count,
                     rule_check_function *check);
/* That one of the rows breaks it, for each rule from `first` to `last`. */
void rule_rows_exercise(const struct rule_row *rows, size_t count, const char *first,
                        const char *last);

/* `text` with the first `from` replaced. The caller frees it. */
char *rule_replace(const char *text, const char *from, const char *to);

#endif
