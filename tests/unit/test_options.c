#include "lib/common/options.h"

#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "tests/support/suite.h"

struct values {
    bool strict, quiet, loud;
    const char *out, *output;
    struct option_list names;
    int64_t workers, limit, delay;
};

static const char *const outputs[] = {"text", "json", NULL};
static const struct option_row rows[] = {
    {OPTION_FLAG, 's', "strict", .offset = offsetof(struct values, strict), .help = "be strict"},
    {OPTION_FLAG, 'q', "quiet", .offset = offsetof(struct values, quiet), .help = "be quiet"},
    {OPTION_TEXT, 'o', "out", "FILE", offsetof(struct values, out), .environment = "TEST_OUT",
     .help = "where to"},
    {OPTION_CHOICE, 0, "output", NULL, offsetof(struct values, output), .fallback = "text",
     .choices = outputs, .help = "form"},
    {OPTION_LIST, 0, "name", "NAME", offsetof(struct values, names), .environment = "TEST_NAME",
     .help = "names"},
    {OPTION_INTEGER, 0, "workers", "N", offsetof(struct values, workers), .fallback = "2",
     .minimum = 1, .maximum = 64, .help = "threads"},
    {OPTION_SIZE, 0, "limit", "SIZE", offsetof(struct values, limit), .fallback = "8MiB",
     .help = "bytes"},
    {OPTION_DURATION, 0, "delay", "TIME", offsetof(struct values, delay), .fallback = "5s",
     .help = "pause"},
    {OPTION_FLAG, 0, "loud", .offset = offsetof(struct values, loud), .environment = "TEST_LOUD",
     .help = "be loud"},
    {0},
};

static const int seen_code = 0;
static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    (void)operands;
    return ((const struct values *)values)->strict ? 1 : seen_code;
}

static const struct option_example examples[] = {{"tool check a.yaml", "check one file"}, {0}};
static const char *const exit_codes[] = {"0 fine", "1 not fine", NULL};
static const struct command_row commands[] = {
    {"check", "PATH...", 1, 2, "check things", "Checks every PATH.\n\n  verbatim", rows, examples,
     exit_codes, sizeof(struct values), run},
    {0},
};
static const char *const see_also[] = {"kubectl(1)", NULL};
static const struct program program = {"tool", "a tool", "Does things.", commands, see_also};

/* Parses a command line of at most 15 words. */
static int parse(struct values *values, const char **operands, struct error **error,
                 const char *const *words)
{
    char *arguments[16];
    int count = 0;
    for (; words[count]; count++)
        arguments[count] = (char *)(uintptr_t)words[count];
    *values = (struct values){0};
    return options_parse(&program, &commands[0], count, arguments, values, operands, error);
}
#define PARSE(...) parse(&values, operands, &error, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(every_type_is_read)
{
    struct values values;
    const char *operands[16];
    cleanup_error struct error *error = NULL;
    int result = PARSE("-sq", "--out=a", "--output", "json", "--name", "x", "one", "--name=y",
                       "--workers", "7", "--limit=512KiB", "--delay", "250ms", "--", "--two");
    ck_assert_int_eq(result, 0);
    ck_assert(values.strict && values.quiet);
    ck_assert_str_eq(values.out, "a");
    ck_assert_str_eq(values.output, "json");
    ck_assert_uint_eq(values.names.count, 2);
    ck_assert_str_eq(values.names.values[1], "y");
    ck_assert_int_eq(values.workers, 7);
    ck_assert_int_eq(values.limit, 524288);
    ck_assert_int_eq(values.delay, 250);
    ck_assert_str_eq(operands[0], "one");
    ck_assert_str_eq(operands[1], "--two");
    ck_assert_ptr_null(operands[2]);
    options_release(&commands[0], &values);
}
END_TEST

START_TEST(fallbacks_environment_and_flags_take_turns)
{
    struct values values;
    const char *operands[16];
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(PARSE("-"), 0);
    ck_assert_str_eq(operands[0], "-");
    ck_assert_int_eq(values.workers, 2);
    ck_assert_int_eq(values.limit, 8 << 20);
    ck_assert_int_eq(values.delay, 5000);
    ck_assert_ptr_null(values.out);
    ck_assert_int_eq(setenv("TEST_OUT", "from-environment", 1), 0);
    ck_assert_int_eq(setenv("TEST_NAME", "n", 1), 0);
    ck_assert_int_eq(PARSE("x"), 0);
    ck_assert_str_eq(values.out, "from-environment");
    ck_assert_uint_eq(values.names.count, 1);
    options_release(&commands[0], &values);
    /* What Go programs take for true (strconv.ParseBool), whose deployments set it. */
    for (const char *const *word = (const char *const[]){"true", "True", "TRUE", "t", "1", NULL};
         *word; word++) {
        ck_assert_int_eq(setenv("TEST_LOUD", *word, 1), 0);
        ck_assert_int_eq(PARSE("x"), 0);
        ck_assert_msg(values.loud, "%s", *word);
        options_release(&commands[0], &values);
    }
    ck_assert_int_eq(unsetenv("TEST_LOUD"), 0);
    ck_assert_int_eq(PARSE("-ofile", "--name", "m", "x"), 0);
    ck_assert_str_eq(values.out, "file");
    ck_assert_uint_eq(values.names.count, 1);
    ck_assert_str_eq(values.names.values[0], "m");
    options_release(&commands[0], &values);
}
END_TEST

START_TEST(a_wrong_call_is_explained)
{
    static const struct {
        const char *words[4];
        const char *message;
    } cases[] = {
        {{"--strct", "x"}, "unknown option --strct; did you mean --strict?"},
        {{"--zzzzzz", "x"}, "unknown option --zzzzzz"},
        {{"-z", "x"}, "unknown option -z"},
        {{"x", "--out"}, "--out needs a value"},
        {{"x", "-o"}, "-o needs a value"},
        {{"--output=jsn", "x"}, "--output: unknown value \"jsn\"; did you mean \"json\"?"},
        {{"--output=html", "x"}, "--output: unknown value \"html\"; it is one of text, json"},
        {{"--workers=0", "x"}, "--workers: \"0\" is no whole number between 1 and 64"},
        {{"--workers=2x", "x"}, "--workers: \"2x\" is no whole number between 1 and 64"},
        {{"--workers=", "x"}, "--workers: \"\" is no whole number between 1 and 64"},
        {{"--workers= 3", "x"}, "--workers: \" 3\" is no whole number between 1 and 64"},
        {{"--limit=-1", "x"}, "--limit: \"-1\" is no size, such as 512KiB or 8MiB"},
        {{"--limit=99999999999G", "x"},
         "--limit: \"99999999999G\" is no size, such as 512KiB or 8MiB"},
        {{"--delay=5y", "x"}, "--delay: \"5y\" is no duration, such as 500ms, 10s or 5m"},
        {{"--strict=maybe", "x"}, "--strict: \"maybe\" is neither true nor false"},
        {{NULL}, "PATH... is missing"},
        {{"a", "b", "c"}, "too many arguments: \"check\" takes PATH..."},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct values values;
        const char *operands[16];
        cleanup_error struct error *error = NULL;
        ck_assert_int_eq(parse(&values, operands, &error, cases[i].words), -1);
        ck_assert_int_eq(error->code, ERROR_INPUT);
        ck_assert_str_eq(error->message, cases[i].message);
        options_release(&commands[0], &values);
    }
}
END_TEST

/* The text that a printing function writes. */
static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print(out);
    (void)fclose(out);
    return text;
}

static void print_command_help(FILE *out)
{
    options_print_help(&program, &commands[0], out);
}
static const struct program plugin = {"cli-tool", "a tool", "Does things.",
                                      commands,   see_also, .call = "cli tool"};

static void print_plugin_help(FILE *out)
{
    options_print_help(&plugin, NULL, out);
    options_print_help(&plugin, &commands[0], out);
}
static void print_plugin_manual(FILE *out)
{
    options_print_manual(&plugin, out);
}
static void print_manual(FILE *out)
{
    options_print_manual(&program, out);
}
static void print_completion(FILE *out)
{
    options_print_bash_completion(&program, out);
}

START_TEST(help_manual_and_completion_come_from_the_table)
{
    cleanup_free char *help = printed(print_command_help);
    ck_assert_ptr_nonnull(strstr(help, "Usage: tool check [OPTION...] PATH..."));
    ck_assert_ptr_nonnull(strstr(help, "-o, --out FILE"));
    ck_assert_ptr_nonnull(strstr(help, "where to (env TEST_OUT)"));
    ck_assert_ptr_nonnull(strstr(help, "--output text|json"));
    ck_assert_ptr_nonnull(strstr(help, "bytes (default 8MiB)"));
    ck_assert_ptr_nonnull(strstr(help, "\n  verbatim\n"));
    ck_assert_ptr_nonnull(strstr(help, "# check one file\n  tool check a.yaml"));
    ck_assert_ptr_nonnull(strstr(help, "  1 not fine"));
    cleanup_free char *manual = printed(print_manual);
    ck_assert_ptr_nonnull(strstr(manual, ".TH TOOL 1"));
    ck_assert_ptr_nonnull(strstr(manual, "\\fB\\-\\-output\\fR text|json"));
    ck_assert_ptr_nonnull(strstr(manual, "kubectl(1)"));
    cleanup_free char *completion = printed(print_completion);
    ck_assert_ptr_nonnull(strstr(completion, "check:--output) words='text json'"));
    ck_assert_ptr_nonnull(strstr(completion, "check:-*) words='--strict --quiet --out "));
    ck_assert_ptr_nonnull(strstr(completion, "complete -o default -F _tool tool\n"));
}
END_TEST

/* program_main() with its output thrown away. */
static int call(const char *const *words)
{
    char *arguments[8];
    int count = 0;
    for (; words[count]; count++)
        arguments[count] = (char *)(uintptr_t)words[count];
    FILE *out = stdout, *err = stderr;
    stdout = fopen("/dev/null", "we");
    stderr = fopen("/dev/null", "we");
    int code = program_main(&program, count, arguments);
    (void)fclose(stdout);
    (void)fclose(stderr);
    stdout = out, stderr = err;
    return code;
}
#define CALL(...) call((const char *const[]){"tool", __VA_ARGS__, NULL})

START_TEST(exit_codes_mean_something)
{
    ck_assert_int_eq(CALL("check", "x"), 0);
    ck_assert_int_eq(CALL("check", "--strict", "x"), 1);
    ck_assert_int_eq(CALL("check"), 2);
    ck_assert_int_eq(CALL("chekc"), 2);
    ck_assert_int_eq(CALL("check", "--help"), 0);
    ck_assert_int_eq(CALL("help", "check"), 0);
    ck_assert_int_eq(CALL("help", "nothing"), 2);
    ck_assert_int_eq(CALL("--version"), 0);
    ck_assert_int_eq(CALL("completion", "bash"), 0);
    ck_assert_int_eq(CALL("completion", "tcsh"), 2);
    ck_assert_int_eq(CALL("manual"), 0);
    ck_assert_int_eq(call((const char *const[]){"tool", NULL}), 2);
}
END_TEST

START_TEST(help_says_how_people_call_a_program)
{
    cleanup_free char *help = printed(print_plugin_help);
    ck_assert_ptr_nonnull(strstr(help, "Usage: cli tool COMMAND"));
    ck_assert_ptr_nonnull(strstr(help, "\"cli tool COMMAND --help\""));
    ck_assert_ptr_nonnull(strstr(help, "Usage: cli tool check [OPTION...]"));
    ck_assert_ptr_null(strstr(help, "cli-tool"));
    cleanup_free char *manual = printed(print_plugin_manual);
    ck_assert_ptr_nonnull(strstr(manual, ".TH CLI-TOOL 1"));
    ck_assert_ptr_nonnull(strstr(manual, "\\fBcli tool check\\fR"));
}
END_TEST

SUITE("options", every_type_is_read, fallbacks_environment_and_flags_take_turns,
      a_wrong_call_is_explained, help_manual_and_completion_come_from_the_table,
      help_says_how_people_call_a_program, exit_codes_mean_something)
