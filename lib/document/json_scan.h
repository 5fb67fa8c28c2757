/* A JSON pull scanner: one pass, no allocation, nothing kept that is not asked for.
 *
 * It is strict RFC 8259: UTF-8, no trailing commas, no comments, exact numbers, paired surrogates
 * in escapes, and a bound on nesting; values that are skipped are checked just the same. (An
 * unpaired surrogate escape is refused: what it means differs between programs.) Errors are sticky:
 * after the first, every call returns false, and `problem` and `at` say what and where. Loops
 * therefore need one check, at the end:
 *
 *   struct json_scan scan = json_scan_of(text, length, 64);
 *   if (json_enter_object(&scan))
 *       while (json_next_member(&scan, &name))
 *           if (json_string_is(name, "uid")) json_read_string(&scan, &uid);
 *           else json_skip(&scan, NULL);
 *   json_expect_end(&scan);
 *   if (scan.problem) ...
 */
#ifndef GMSA_DOCUMENT_JSON_SCAN_H
#define GMSA_DOCUMENT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "lib/common/slice.h"

enum json_kind {
    JSON_INVALID,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* A string as it stands between its quotes, checked but not yet unescaped. */
struct json_string {
    struct slice raw;
    bool escaped; /* whether raw holds a backslash */
};

/* No limit on nesting goes beyond this: it bounds the memory that skipping a value takes. */
enum { JSON_DEPTH_MAX = 512 };

struct json_scan {
    const char *begin, *at, *end; /* after a problem, `at` is its place */
    unsigned depth, depth_limit;
    bool first;          /* nothing of the innermost array or object has been read yet */
    const char *problem; /* NULL, or a sentence fragment (static) */
};

/* `depth_limit` is the number of arrays and objects that may be open at once; more than
 * JSON_DEPTH_MAX counts as that. The text must outlive the scan and what is read from it. */
struct json_scan json_scan_of(const char *text, size_t length, unsigned depth_limit);

/* What comes next, without consuming it (white space is). It goes by the first byte, and is
 * JSON_INVALID, without a problem being set, where that begins no value, at the end of the text and
 * after a problem: reading or skipping says what is wrong. */
enum json_kind json_peek(struct json_scan *scan);

/* Consumes the opening bracket; false (with a problem) where something else stands. */
bool json_enter_object(struct json_scan *scan);
bool json_enter_array(struct json_scan *scan);
/* The next member's name or the next item; false at the closing bracket (consumed) or on a problem.
 * The caller must consume exactly one value after each true. */
bool json_next_member(struct json_scan *scan, struct json_string *name);
bool json_next_item(struct json_scan *scan);

/* Each consumes one value of the kind it is named for; false (with a problem) otherwise. */
bool json_read_string(struct json_scan *scan, struct json_string *value);
bool json_read_boolean(struct json_scan *scan, bool *value);
bool json_read_null(struct json_scan *scan);
bool json_read_number(struct json_scan *scan, struct slice *text); /* checked, not converted */
/* Consumes any value; `raw` (may be NULL) gets its text from first to last byte. */
bool json_skip(struct json_scan *scan, struct slice *raw);
/* Nothing but white space may follow. */
bool json_expect_end(struct json_scan *scan);
/* Reports a problem of the caller's at the present place; `problem` must outlive the scan. */
bool json_scan_fail(struct json_scan *scan, const char *problem);

/* These compare after unescaping. */
bool json_string_equal(struct json_string a, struct json_string b);
static inline bool json_string_is(struct json_string string, const char *text)
{
    if (!string.escaped)
        return slice_is(string.raw, text);
    return json_string_equal(string, (struct json_string){slice_of(text), false});
}
/* The unescaped text: the raw slice itself where nothing is escaped, else a copy in the arena with
 * a NUL behind. */
struct slice json_unescape(struct json_string string, struct arena *arena);

/* A place in a text with its line and column, both counted from 1, the column in code points. The
 * scanner does not count lines; whoever wants a place pays for it. */
struct json_place {
    const char *at;
    unsigned line, column;
};

/* Moves a place, which begins as {text, 1, 1}, on to `at`, which must not be before it. */
void json_place_advance(struct json_place *place, const char *at);
/* Line and column of a place in the text that has been scanned; takes time up to that place. */
void json_scan_position(const struct json_scan *scan, const char *place, unsigned *line,
                        unsigned *column);

#endif
