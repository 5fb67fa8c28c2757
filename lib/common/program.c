/* The frame of every program: commands, built-in commands, usage errors. */
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/common/options.h"
#include "lib/common/quote.h"
#include "lib/common/suggest.h"

bool terminal_has_colour(FILE *stream)
{
    const char *terminal = getenv("TERM");
    const char *refused = getenv("NO_COLOR");
    return isatty(fileno(stream)) && terminal && strcmp(terminal, "dumb") != 0 &&
           (!refused || refused[0] == '\0');
}

int program_fail(int code, const struct error *error)
{
    bool colour = terminal_has_colour(stderr);
    cleanup_buffer struct buffer text = {0};
    /* Messages quote files and arguments, which must not move the cursor or change colours. */
    quote_append_visible(&text, slice_of(error ? error->message : "unknown"));
    (void)fflush(stdout); /* keeps the order where both go to one file */
    (void)fprintf(stderr, "%serror:%s %s\n", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "",
                  buffer_text(&text));
    return code;
}

static const struct command_row *find_command(const struct program *program, const char *name)
{
    for (const struct command_row *command = program->commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int usage_error(const struct program *program, const struct command_row *command,
                       const struct error *error)
{
    (void)program_fail(EXIT_USAGE, error);
    (void)fprintf(stderr, "See \"%s%s%s --help\".\n", program_call(program), command ? " " : "",
                  command ? command->name : "");
    return EXIT_USAGE;
}

static int unknown_command(const struct program *program, const char *name)
{
    cleanup_error struct error *error = NULL;
    size_t count = 0;
    while (program->commands[count].name)
        count++;
    cleanup_free const char **names = xcalloc(count + 4, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = program->commands[i].name;
    names[count] = "help";
    names[count + 1] = "completion";
    names[count + 2] = "manual";
    const char *nearest = suggest_nearest(name, names);
    const char *kind = name[0] == '-' ? "option" : "command";
    if (nearest)
        (void)error_set(&error, ERROR_INPUT, "unknown %s \"%s\"; did you mean \"%s\"?", kind, name,
                        nearest);
    else
        (void)error_set(&error, ERROR_INPUT, "unknown %s \"%s\"", kind, name);
    return usage_error(program, NULL, error);
}

/* Output that could not be written (a full disk, a closed pipe) is a failure of the command. */
static int finish(int code)
{
    cleanup_error struct error *error = NULL;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    (void)error_set(&error, ERROR_INTERNAL, "standard output could not be written");
    return program_fail(EXIT_USAGE, error);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(const struct program *program, const struct command_row *command, int argc,
                       char **argv)
{
    cleanup_error struct error *error = NULL;
    if (asks_for_help(argc, argv)) {
        options_print_help(program, command, stdout);
        return finish(EXIT_SUCCESS);
    }
    cleanup_free void *values = xcalloc(1, command->values_size);
    cleanup_free const char **operands = xcalloc((size_t)argc + 1, sizeof(*operands));
    int code;
    if (options_parse(program, command, argc, argv, values, operands, &error) < 0)
        code = usage_error(program, command, error);
    else
        code = finish(command->run(command, values, operands));
    options_release(command, values);
    return code;
}

/* help [COMMAND], completion bash, manual: -1 when the word is none of them. */
static int run_built_in(const struct program *program, int argc, char **argv)
{
    if (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0 ||
        strcmp(argv[0], "-h") == 0) {
        const struct command_row *command = argc > 1 ? find_command(program, argv[1]) : NULL;
        if (argc > 1 && !command)
            return unknown_command(program, argv[1]);
        options_print_help(program, command, stdout);
    } else if (strcmp(argv[0], "--version") == 0) {
        printf("%s %s\n", program->name, GMSA_VERSION);
    } else if (strcmp(argv[0], "manual") == 0) {
        options_print_manual(program, stdout);
    } else if (strcmp(argv[0], "completion") == 0) {
        cleanup_error struct error *error = NULL;
        if (argc != 2 || strcmp(argv[1], "bash") != 0) {
            (void)error_set(&error, ERROR_INPUT, "completion takes the name of a shell: bash");
            return usage_error(program, NULL, error);
        }
        options_print_bash_completion(program, stdout);
    } else {
        return -1;
    }
    return finish(EXIT_SUCCESS);
}

int program_main(const struct program *program, int argc, char **argv)
{
    if (argc < 2) {
        options_print_help(program, NULL, stderr);
        return EXIT_USAGE;
    }
    const struct command_row *command = find_command(program, argv[1]);
    if (command)
        return run_command(program, command, argc - 2, argv + 2);
    int code = run_built_in(program, argc - 1, argv + 1);
    return code >= 0 ? code : unknown_command(program, argv[1]);
}
