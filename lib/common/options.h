/* Command lines: one table per program feeds parsing, environment variables, --help, the manual
 * page and shell completion.
 *
 * A program has commands (or is one command itself); a command has options and operands. Values
 * land in a struct of the program's own, at the offset the table gives, which the caller has
 * zeroed: fallbacks come from the table. Order of precedence: command line, environment variable,
 * fallback.
 *
 * -h, --help and --version are built in, and so are the commands `help`, `completion bash` and
 * `manual`. A wrong flag or command names the nearest right one.
 */
#ifndef GMSA_COMMON_OPTIONS_H
#define GMSA_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/common/error.h"

/* Exit codes that all programs share; a command says in its table what 1 means for it. */
enum { EXIT_NEGATIVE = 1, EXIT_USAGE = 2 };

enum option_type {
    OPTION_FLAG,     /* bool: no argument; `--name=false` is accepted for scripts */
    OPTION_TEXT,     /* const char *: any text */
    OPTION_LIST,     /* struct option_list: may be given several times */
    OPTION_INTEGER,  /* int64_t within minimum..maximum */
    OPTION_SIZE,     /* int64_t bytes: 8388608, 512KiB, 8MiB */
    OPTION_DURATION, /* int64_t milliseconds: 500ms, 5s, 2m, 1h; a bare number counts seconds */
    OPTION_CHOICE,   /* const char *: one of `choices` */
};

struct option_list {
    const char **values;
    size_t count;
};

struct option_row {
    enum option_type type;
    char letter;             /* short form, or 0 */
    const char *name;        /* long form without the dashes; NULL ends a table */
    const char *argument;    /* what the value is called in the help: FILE, NAME; NULL for a flag */
    size_t offset;           /* where the value goes: offsetof(struct values, member) */
    const char *environment; /* variable that gives the value when the flag is absent, or NULL */
    const char *fallback;    /* default, as it would be typed, or NULL */
    const char *const *choices; /* OPTION_CHOICE: ends with NULL */
    int64_t minimum, maximum;   /* OPTION_INTEGER; both 0 means no bounds */
    const char *heading;        /* first row of a group in the help: its title, or NULL */
    const char *help;           /* sentence fragment, without a full stop */
};

struct option_example {
    const char *command;
    const char *purpose;
};

struct command_row;
/* What a command gets: its own values and operands (NULL-terminated). Returns the exit code. */
typedef int command_function(const struct command_row *command, const void *values,
                             const char *const *operands);

struct command_row {
    const char *name;                      /* NULL ends a table */
    const char *operands;                  /* "PATH...", "[CODE]", or NULL for none */
    int least, most;                       /* number of operands; most -1: any number */
    const char *summary;                   /* one line, for the list of commands */
    const char *description;               /* paragraphs, separated by an empty line */
    const struct option_row *options;      /* or NULL */
    const struct option_example *examples; /* ends with a NULL command; or NULL */
    const char *const *exit_codes;         /* "0 no errors", ...; ends with NULL; or NULL */
    size_t values_size;                    /* sizeof the struct that the offsets point into */
    command_function *run;
};

struct program {
    const char *name;
    const char *summary;
    const char *description;
    const struct command_row *commands;
    const char *const *see_also; /* "kubectl(1)", ...; ends with NULL; or NULL */
    /* How people call it, "kubectl gmsa", where that is not by its name; or NULL. */
    const char *call;
};

/* Does everything main() has to: parses, answers --help and --version, reports usage errors on
 * standard error (exit code EXIT_USAGE), runs the command and returns its exit code. */
int program_main(const struct program *program, int argc, char **argv);

/* "error: " and the message, its control characters escaped, to standard error. Returns `code`,
 * so that `return program_fail(EXIT_USAGE, error)` reports and ends a command. `error` stays the
 * caller's. */
int program_fail(int code, const struct error *error);

/* How people call the program. */
static inline const char *program_call(const struct program *program)
{
    return program->call ? program->call : program->name;
}

/* The parts, for the tests. `values` is zeroed by the caller and keeps pointers into argv and the
 * tables. `operands` gets at most argc pointers and a NULL. ERROR_INPUT for a wrong call. */
int options_parse(const struct program *program, const struct command_row *command, int argc,
                  char **argv, void *values, const char **operands, struct error **err);
/* Frees what options_parse() allocated inside `values` (the arrays of OPTION_LIST). */
void options_release(const struct command_row *command, void *values);
void options_print_help(const struct program *program, const struct command_row *command,
                        FILE *out);
void options_print_manual(const struct program *program, FILE *out);
void options_print_bash_completion(const struct program *program, FILE *out);

/* Whether to colour text on this stream: a terminal, TERM is not "dumb", NO_COLOR is unset. */
bool terminal_has_colour(FILE *stream);

#endif
