/* "Did you mean ...?" */
#ifndef GMSA_COMMON_SUGGEST_H
#define GMSA_COMMON_SUGGEST_H

#include <stddef.h>

/* The candidate nearest to `word` (edit distance with transpositions, ASCII case counts half), else
 * one that it is the first part of ("password" of "password-file"), or NULL when none is a likely
 * slip. `candidates` ends with NULL; the result is one
 * of them. Words over 64 bytes get no suggestion. */
const char *suggest_nearest(const char *word, const char *const *candidates);

#endif
