/* What the commands of `credspec` print: findings, counts, hostile text made visible. */
#ifndef GMSA_CREDSPEC_CLI_OUTPUT_H
#define GMSA_CREDSPEC_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "credspec/finding.h"
#include "lib/common/buffer.h"
#include "lib/common/error.h"

/* Exit code of commands that ask a directory: it could not be reached, or refused to answer. */
enum { EXIT_DIRECTORY = 3 };

/* The choices of --output, where a command has one. */
extern const char *const output_choices[];

/* Prints text that came from outside, with what could move the cursor of a terminal or forge lines
 * of the output as escapes (lib/common/quote.h). */
void output_text(FILE *out, struct slice text);

/* "1 error", "2 errors". */
void output_count(FILE *out, size_t count, const char *noun);

/* A finding as compilers print it, and the hint in a second line:
 *     FILE:LINE:COLUMN: error: MESSAGE [CS007]
 *         hint: ...
 * Without a position the JSON pointer stands in its place. Coloured where `out` is a terminal. */
void output_finding(FILE *out, const char *file, const struct finding *finding);
/* The same as one JSON object. `file` may be NULL. */
void output_finding_json(struct buffer *out, const char *file, const struct finding *finding);

/* "note: ...", a line on standard error. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "warning: ...", the same. */
void output_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "error: ...", a line on standard error, for a wrong call or wrong input. Returns EXIT_USAGE. */
int output_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int output_error(const struct error *error);

/* Writes a file that other users may read (mode 0644), as a whole or not at all. What is there is
 * kept (ERROR_INPUT) unless `replace` is set; something that is no regular file is never replaced.
 */
int output_file(const char *path, const struct buffer *contents, bool replace, struct error **err);

#endif
