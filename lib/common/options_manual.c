/* The manual page (man(7) macros) and bash completion out of the option table. */
#include <string.h>

#include "lib/common/options.h"

/* Text in roff: backslashes and hyphens are escaped, a leading dot or quote is no request. */
static void print_roff(const char *text, FILE *out)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", out);
        if (*text == '\\')
            (void)fputs("\\e", out);
        else if (*text == '-')
            (void)fputs("\\-", out);
        else
            (void)fputc(*text, out);
        line_start = *text == '\n';
    }
}

static void print_roff_upper(const char *text, FILE *out)
{
    for (; *text; text++)
        (void)fputc(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text, out);
}

static void print_roff_paragraphs(const char *text, FILE *out)
{
    for (; *text; text++) {
        if (text[0] == '\n' && text[1] == '\n') {
            (void)fputs("\n.PP\n", out);
            text++;
            continue;
        }
        char character[] = {*text, '\0'};
        if (*text == '\n')
            (void)fputs("\n.br\n", out);
        else
            print_roff(character, out);
    }
    (void)fputc('\n', out);
}

static void print_roff_option(const struct option_row *row, FILE *out)
{
    (void)fputs(".TP\n", out);
    if (row->letter)
        (void)fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
    (void)fputs("\\fB\\-\\-", out);
    print_roff(row->name, out);
    (void)fputs("\\fR", out);
    if (row->type == OPTION_CHOICE) {
        for (const char *const *choice = row->choices; *choice; choice++)
            (void)fprintf(out, "%s%s", choice == row->choices ? " " : "|", *choice);
    } else if (row->argument) {
        (void)fprintf(out, " \\fI%s\\fR", row->argument);
    }
    (void)fputc('\n', out);
    print_roff(row->help, out);
    if (row->fallback && row->fallback[0] != '\0' && row->type != OPTION_FLAG) {
        (void)fputs(" (default ", out);
        print_roff(row->fallback, out);
        (void)fputc(')', out);
    }
    if (row->environment)
        (void)fprintf(out, " (environment: \\fB%s\\fR)", row->environment);
    (void)fputc('\n', out);
}

static void print_roff_command(const struct program *program, const struct command_row *command,
                               FILE *out)
{
    (void)fprintf(out, ".SS \\fB%s %s\\fR%s", program_call(program), command->name,
                  command->options ? " [\\fIOPTION\\fR...]" : "");
    if (command->operands) {
        (void)fputc(' ', out);
        print_roff(command->operands, out);
    }
    (void)fputc('\n', out);
    print_roff(command->summary, out);
    (void)fputs(".\n", out);
    if (command->description) {
        (void)fputs(".PP\n", out);
        print_roff_paragraphs(command->description, out);
    }
    for (const struct option_row *row = command->options; row && row->name; row++)
        print_roff_option(row, out);
    if (command->exit_codes) {
        (void)fputs(".PP\nExit status:\n", out);
        for (const char *const *line = command->exit_codes; *line; line++) {
            (void)fputs(".br\n", out);
            print_roff(*line, out);
            (void)fputc('\n', out);
        }
    }
}

static void print_roff_examples(const struct program *program, FILE *out)
{
    (void)fputs(".SH EXAMPLES\n", out);
    for (const struct command_row *command = program->commands; command->name; command++) {
        const struct option_example *example = command->examples;
        for (; example && example->command; example++) {
            (void)fputs(".TP\n", out);
            print_roff(example->purpose, out);
            (void)fputs("\n.nf\n\\fB", out);
            print_roff(example->command, out);
            (void)fputs("\\fR\n.fi\n", out);
        }
    }
}

void options_print_manual(const struct program *program, FILE *out)
{
    (void)fputs(".TH ", out);
    print_roff_upper(program->name, out);
    (void)fprintf(out, " 1 \"\" \"%s %s\" \"User Commands\"\n.SH NAME\n%s \\- %s\n", program->name,
                  GMSA_VERSION, program->name, program->summary);
    (void)fprintf(out,
                  ".SH SYNOPSIS\n\\fB%s\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
                  "[\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n",
                  program_call(program));
    print_roff_paragraphs(program->description, out);
    (void)fputs(".SH COMMANDS\n", out);
    for (const struct command_row *command = program->commands; command->name; command++)
        print_roff_command(program, command, out);
    print_roff_examples(program, out);
    if (program->see_also) {
        (void)fputs(".SH SEE ALSO\n", out);
        for (const char *const *page = program->see_also; *page; page++)
            (void)fprintf(out, "%s%s", page == program->see_also ? "" : ", ", *page);
        (void)fputc('\n', out);
    }
}

/* --- Completion ------------------------------------------------------------------------------- */

static void print_command_names(const struct program *program, FILE *out)
{
    for (const struct command_row *command = program->commands; command->name; command++)
        (void)fprintf(out, "%s ", command->name);
}

/* The values of an option that has fixed ones: "    lint:--output | lint:-o) words='text json' ;;"
 */
static void print_choices(const struct program *program, FILE *out)
{
    for (const struct command_row *command = program->commands; command->name; command++) {
        for (const struct option_row *row = command->options; row && row->name; row++) {
            if (row->type != OPTION_CHOICE)
                continue;
            (void)fprintf(out, "    %s:--%s", command->name, row->name);
            if (row->letter)
                (void)fprintf(out, " | %s:-%c", command->name, row->letter);
            (void)fputs(") words='", out);
            for (const char *const *choice = row->choices; *choice; choice++)
                (void)fprintf(out, "%s%s", choice == row->choices ? "" : " ", *choice);
            (void)fputs("' ;;\n", out);
        }
    }
}

static void print_flags(const struct program *program, FILE *out)
{
    for (const struct command_row *command = program->commands; command->name; command++) {
        (void)fprintf(out, "    %s:-*) words='", command->name);
        for (const struct option_row *row = command->options; row && row->name; row++)
            (void)fprintf(out, "--%s ", row->name);
        (void)fputs("--help' ;;\n", out);
    }
}

/* Where a script offers no words, bash offers files: operands and the values of most options. Bash
 * takes --flag=value for three words, of which the second is "=". */
void options_print_bash_completion(const struct program *program, FILE *out)
{
    char function[64];
    (void)snprintf(function, sizeof(function), "_%s", program->name);
    for (char *at = function; *at; at++)
        if (*at == '-')
            *at = '_';
    (void)fprintf(out, "# bash completion for %s\n%s() {\n", program->name, function);
    (void)fputs(
        "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=\n"
        "  [ \"$word\" != = ] || word=\n"
        "  [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words='",
        out);
    print_command_names(program, out);
    (void)fputs("help completion manual --help --version'\n"
                "  else\n    case ${COMP_WORDS[1]}:$before in\n    help:help) words='",
                out);
    print_command_names(program, out);
    (void)fputs("' ;;\n    completion:completion) words=bash ;;\n", out);
    print_choices(program, out);
    (void)fputs("    esac\n    case ${COMP_WORDS[1]}:$word in\n", out);
    print_flags(program, out);
    (void)fprintf(out,
                  "    esac\n  fi\n"
                  "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                  "}\ncomplete -o default -F %s %s\n",
                  function, program->name);
}
