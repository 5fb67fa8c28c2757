/* Checking of single JSON tokens: the floor below the scanner, and no one else's business.
 *
 * Each function takes a place in the scan's text, which must be before its end, and returns the
 * place behind the token, or NULL after having set the scan's problem. None moves scan->at
 * otherwise: the place is passed along in a register.
 */
#ifndef GMSA_DOCUMENT_JSON_TOKEN_H
#define GMSA_DOCUMENT_JSON_TOKEN_H

#include "lib/document/json_scan.h"

/* `at` is the opening quote. */
const char *json_check_string(struct json_scan *scan, const char *at, bool *escaped);
/* `at` is a minus sign or a digit. */
const char *json_check_number(struct json_scan *scan, const char *at);
/* `text` is "true", "false" or "null". */
const char *json_check_literal(struct json_scan *scan, const char *at, const char *text);

static inline const char *json_problem_at(struct json_scan *scan, const char *at,
                                          const char *problem)
{
    scan->at = at;
    scan->problem = problem;
    return NULL;
}

static inline const char *json_skip_space(const char *at, const char *end)
{
    /* The first comparison settles nearly every call: the API server writes no white space. */
    while (at < end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* The value of the four hexadecimal digits of a \u escape, or -1. */
static inline int json_hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char digit = at[i];
        if (digit >= '0' && digit <= '9')
            value = value * 16 + (digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            value = value * 16 + (digit - 'a' + 10);
        else if (digit >= 'A' && digit <= 'F')
            value = value * 16 + (digit - 'A' + 10);
        else
            return -1;
    }
    return value;
}

static inline bool json_is_high_surrogate(int unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}
static inline bool json_is_low_surrogate(int unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

#endif
