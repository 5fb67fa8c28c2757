/* --help out of the option table. */
#include <string.h>

#include "lib/common/memory.h"
#include "lib/common/options.h"

enum { WIDTH = 100, FLAG_COLUMN = 36 };

/* Prints a paragraph broken at WIDTH; `at` is the column the cursor is in already. */
static void print_wrapped(const char *text, size_t length, int indent, int at, FILE *out)
{
    const char *end = text + length;
    bool first = true;
    while (text < end) {
        const char *word_end = memchr(text, ' ', (size_t)(end - text));
        if (!word_end)
            word_end = end;
        int word = (int)(word_end - text);
        if (!first && at + 1 + word > WIDTH) {
            (void)fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            (void)fputc(' ', out);
            at++;
        }
        (void)fprintf(out, "%.*s", word, text);
        at += word;
        first = false;
        text = word_end < end ? word_end + 1 : end;
    }
    (void)fputc('\n', out);
}

/* Paragraphs are separated by an empty line; a line that begins with a space stays as it is. */
static void print_paragraphs(const char *text, FILE *out)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        size_t length = end ? (size_t)(end - text) : strlen(text);
        if (text[0] == ' ')
            (void)fprintf(out, "%.*s\n", (int)length, text);
        else
            print_wrapped(text, length, 0, 0, out);
        text += length + (end ? 1 : 0);
    }
}

static void print_default(const struct option_row *row, char *note, size_t size)
{
    bool shown = row->fallback && row->fallback[0] != '\0' && row->type != OPTION_FLAG;
    if (shown && row->environment)
        (void)snprintf(note, size, " (default %s; env %s)", row->fallback, row->environment);
    else if (shown)
        (void)snprintf(note, size, " (default %s)", row->fallback);
    else if (row->environment)
        (void)snprintf(note, size, " (env %s)", row->environment);
    else
        note[0] = '\0';
}

static void print_option(const struct option_row *row, FILE *out)
{
    char flag[128], note[160];
    int length;

    if (row->heading)
        (void)fprintf(out, "\n%s:\n", row->heading);
    if (row->letter)
        length = snprintf(flag, sizeof(flag), "  -%c, --%s", row->letter, row->name);
    else
        length = snprintf(flag, sizeof(flag), "      --%s", row->name);
    if (row->type == OPTION_CHOICE) {
        for (const char *const *choice = row->choices; *choice; choice++)
            length += snprintf(flag + length, sizeof(flag) - (size_t)length, "%s%s",
                               choice == row->choices ? " " : "|", *choice);
    } else if (row->argument) {
        length += snprintf(flag + length, sizeof(flag) - (size_t)length, " %s", row->argument);
    }
    if (length + 2 > FLAG_COLUMN)
        (void)fprintf(out, "%s\n%*s", flag, FLAG_COLUMN, "");
    else
        (void)fprintf(out, "%-*s", FLAG_COLUMN, flag);
    print_default(row, note, sizeof(note));
    cleanup_free char *text = xasprintf("%s%s", row->help, note);
    print_wrapped(text, strlen(text), FLAG_COLUMN, FLAG_COLUMN, out);
}

static void print_examples(const struct option_example *examples, FILE *out)
{
    (void)fputs("\nExamples:\n", out);
    for (; examples->command; examples++)
        (void)fprintf(out, "  # %s\n  %s\n", examples->purpose, examples->command);
}

static void print_command_help(const struct program *program, const struct command_row *command,
                               FILE *out)
{
    (void)fprintf(out, "%s %s - %s\n\nUsage: %s %s%s%s%s\n", program_call(program), command->name,
                  command->summary, program_call(program), command->name,
                  command->options ? " [OPTION...]" : "", command->operands ? " " : "",
                  command->operands ? command->operands : "");
    if (command->description) {
        (void)fputc('\n', out);
        print_paragraphs(command->description, out);
    }
    if (!command->options || !command->options->heading)
        (void)fputs("\nOptions:\n", out);
    for (const struct option_row *row = command->options; row && row->name; row++)
        print_option(row, out);
    (void)fprintf(out, "%-*s%s\n", FLAG_COLUMN, "  -h, --help", "this text");
    if (command->exit_codes) {
        (void)fputs("\nExit status:\n", out);
        for (const char *const *line = command->exit_codes; *line; line++)
            (void)fprintf(out, "  %s\n", *line);
    }
    if (command->examples)
        print_examples(command->examples, out);
}

static void print_program_help(const struct program *program, FILE *out)
{
    (void)fprintf(out, "%s - %s\n\nUsage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n",
                  program_call(program), program->summary, program_call(program));
    print_paragraphs(program->description, out);
    (void)fputs("\nCommands:\n", out);
    for (const struct command_row *command = program->commands; command->name; command++)
        (void)fprintf(out, "  %-14s%s\n", command->name, command->summary);
    (void)fprintf(out, "  %-14s%s\n", "completion", "print a shell completion script (bash)");
    (void)fprintf(out, "  %-14s%s\n", "manual", "print the manual page (roff)");
    (void)fprintf(out,
                  "\n  --version     print the version\n"
                  "  -h, --help    this text; \"%s COMMAND --help\" for a command's\n",
                  program_call(program));
}

void options_print_help(const struct program *program, const struct command_row *command, FILE *out)
{
    if (command)
        print_command_help(program, command, out);
    else
        print_program_help(program, out);
}
