/* Parsing of command lines and environment variables; the texts are in options_help.c. */
#include "lib/common/options.h"

#include <errno.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/common/suggest.h"

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},        {"B", 1},       {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
    {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30},   {NULL, 0},
};
static const struct unit duration_units[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0},
};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum option_type type)
{
    if (type == OPTION_SIZE)
        return size_units;
    return type == OPTION_DURATION ? duration_units : no_units;
}

/* A whole number with one of the units behind it; sizes and durations are not negative. */
static int parse_number(const struct option_row *row, const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || text[0] == ' ' || text[0] == '+')
        return -1;
    for (const struct unit *unit = units_of(row->type); unit->suffix; unit++) {
        if (strcmp(end, unit->suffix) != 0)
            continue;
        if (__builtin_mul_overflow(number, unit->factor, value))
            return -1;
        if (row->type != OPTION_INTEGER)
            return *value < 0 ? -1 : 0;
        bool bounded = row->minimum != 0 || row->maximum != 0;
        return bounded && (*value < row->minimum || *value > row->maximum) ? -1 : 0;
    }
    return -1;
}

static int parse_boolean(const char *text, bool *value)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "f", "t"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (slice_equal_ignoring_case(slice_of(text), slice_of(words[i]))) {
            *value = i % 2 == 1;
            return 0;
        }
    }
    return -1;
}

static int refuse_value(const struct option_row *row, const char *from, const char *text,
                        struct error **err)
{
    switch (row->type) {
    case OPTION_SIZE:
        return error_set(err, ERROR_INPUT, "%s: \"%s\" is no size, such as 512KiB or 8MiB", from,
                         text);
    case OPTION_DURATION:
        return error_set(err, ERROR_INPUT, "%s: \"%s\" is no duration, such as 500ms, 10s or 5m",
                         from, text);
    case OPTION_FLAG:
        return error_set(err, ERROR_INPUT, "%s: \"%s\" is neither true nor false", from, text);
    default:
        if (row->minimum == 0 && row->maximum == 0)
            return error_set(err, ERROR_INPUT, "%s: \"%s\" is no whole number", from, text);
        return error_set(err, ERROR_INPUT, "%s: \"%s\" is no whole number between %lld and %lld",
                         from, text, (long long)row->minimum, (long long)row->maximum);
    }
}

static int assign_choice(const struct option_row *row, const char *from, const char *text,
                         const char **value, struct error **err)
{
    for (const char *const *choice = row->choices; *choice; choice++) {
        if (strcmp(*choice, text) == 0) {
            *value = *choice;
            return 0;
        }
    }
    const char *nearest = suggest_nearest(text, row->choices);
    if (nearest)
        return error_set(err, ERROR_INPUT, "%s: unknown value \"%s\"; did you mean \"%s\"?", from,
                         text, nearest);
    cleanup_free char *known = xstrdup(row->choices[0]);
    for (const char *const *choice = row->choices + 1; *choice; choice++) {
        char *longer = xasprintf("%s, %s", known, *choice);
        free(known);
        known = longer;
    }
    return error_set(err, ERROR_INPUT, "%s: unknown value \"%s\"; it is one of %s", from, text,
                     known);
}

/* Stores a value; `from` names the flag or the variable it came from. */
static int assign(const struct option_row *row, const char *from, const char *text, void *values,
                  struct error **err)
{
    void *target = (char *)values + row->offset;
    switch (row->type) {
    case OPTION_FLAG:
        return parse_boolean(text, target) < 0 ? refuse_value(row, from, text, err) : 0;
    case OPTION_TEXT:
        *(const char **)target = text;
        return 0;
    case OPTION_LIST: {
        struct option_list *list = target;
        list->values = xreallocarray(list->values, list->count + 1, sizeof(*list->values));
        list->values[list->count++] = text;
        return 0;
    }
    case OPTION_CHOICE:
        return assign_choice(row, from, text, target, err);
    case OPTION_INTEGER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        break;
    }
    return parse_number(row, text, target) < 0 ? refuse_value(row, from, text, err) : 0;
}

static int assign_fallbacks(const struct command_row *command, void *values, struct error **err)
{
    for (const struct option_row *row = command->options; row && row->name; row++) {
        const char *from = row->environment;
        const char *text = from ? getenv(from) : NULL;
        if (!text || text[0] == '\0')
            from = row->name, text = row->fallback;
        if (text && assign(row, from, text, values, err) < 0)
            return -1;
    }
    return 0;
}

static const struct option_row *find_long(const struct command_row *command, const char *name,
                                          size_t length)
{
    for (const struct option_row *row = command->options; row && row->name; row++)
        if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
            return row;
    return NULL;
}

static const struct option_row *find_letter(const struct command_row *command, char letter)
{
    for (const struct option_row *row = command->options; row && row->name; row++)
        if (row->letter == letter)
            return row;
    return NULL;
}

static int unknown_flag(const struct command_row *command, const char *name, size_t length,
                        struct error **err)
{
    size_t count = 0;
    for (const struct option_row *row = command->options; row && row->name; row++)
        count++;
    cleanup_free const char **names = xcalloc(count + 2, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = command->options[i].name;
    names[count] = "help";
    cleanup_free char *word = xstrndup(name, length);
    const char *nearest = suggest_nearest(word, names);
    if (nearest)
        return error_set(err, ERROR_INPUT, "unknown option --%s; did you mean --%s?", word,
                         nearest);
    return error_set(err, ERROR_INPUT, "unknown option --%s", word);
}

/* What is left of the command line. */
struct cursor {
    const struct command_row *command;
    void *values;
    char **arguments;
    int at, count;
    bool *seen; /* by row: given on the command line */
};

/* A flag on the command line replaces what the environment or the fallback said. */
static int assign_argument(struct cursor *cursor, const struct option_row *row, const char *from,
                           const char *text, struct error **err)
{
    bool *seen = &cursor->seen[row - cursor->command->options];
    if (row->type == OPTION_LIST && !*seen)
        ((struct option_list *)((char *)cursor->values + row->offset))->count = 0;
    *seen = true;
    return assign(row, from, text, cursor->values, err);
}

static int next_argument(struct cursor *cursor, const char *from, const char **text,
                         struct error **err)
{
    if (cursor->at >= cursor->count)
        return error_set(err, ERROR_INPUT, "%s needs a value", from);
    *text = cursor->arguments[cursor->at++];
    return 0;
}

static int parse_long(struct cursor *cursor, const char *argument, struct error **err)
{
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    const struct option_row *row = find_long(cursor->command, argument + 2, length - 2);
    if (!row)
        return unknown_flag(cursor->command, argument + 2, length - 2, err);
    cleanup_free char *from = xstrndup(argument, length);
    const char *text = equals ? equals + 1 : "true";
    if (!equals && row->type != OPTION_FLAG && next_argument(cursor, from, &text, err) < 0)
        return -1;
    return assign_argument(cursor, row, from, text, err);
}

/* -q, -qv, -o FILE, -oFILE */
static int parse_letters(struct cursor *cursor, const char *argument, struct error **err)
{
    for (const char *letter = argument + 1; *letter; letter++) {
        const char from[] = {'-', *letter, '\0'};
        const struct option_row *row = find_letter(cursor->command, *letter);
        if (!row)
            return error_set(err, ERROR_INPUT, "unknown option %s", from);
        if (row->type == OPTION_FLAG) {
            if (assign_argument(cursor, row, from, "true", err) < 0)
                return -1;
            continue;
        }
        const char *text = letter + 1;
        if (*text == '\0' && next_argument(cursor, from, &text, err) < 0)
            return -1;
        return assign_argument(cursor, row, from, text, err);
    }
    return 0;
}

static int check_operands(const struct command_row *command, int count, struct error **err)
{
    if (count < command->least)
        return error_set(err, ERROR_INPUT, "%s is missing", command->operands);
    if (command->most >= 0 && count > command->most)
        return error_set(err, ERROR_INPUT, "too many arguments: \"%s\" takes %s", command->name,
                         command->operands ? command->operands : "none");
    return 0;
}

int options_parse(const struct program *program, const struct command_row *command, int argc,
                  char **argv, void *values, const char **operands, struct error **err)
{
    (void)program;
    size_t rows = 1;
    for (const struct option_row *row = command->options; row && row->name; row++)
        rows++;
    cleanup_free bool *seen = xcalloc(rows, sizeof(*seen));
    struct cursor cursor = {
        .command = command, .values = values, .arguments = argv, .count = argc, .seen = seen};
    int found = 0;
    bool only_operands = false;

    if (assign_fallbacks(command, values, err) < 0)
        return -1;
    while (cursor.at < argc) {
        const char *argument = argv[cursor.at++];
        int result = 0;
        if (only_operands || argument[0] != '-' || argument[1] == '\0')
            operands[found++] = argument;
        else if (strcmp(argument, "--") == 0)
            only_operands = true;
        else if (argument[1] == '-')
            result = parse_long(&cursor, argument, err);
        else
            result = parse_letters(&cursor, argument, err);
        if (result < 0)
            return -1;
    }
    operands[found] = NULL;
    return check_operands(command, found, err);
}

void options_release(const struct command_row *command, void *values)
{
    for (const struct option_row *row = command->options; row && row->name; row++) {
        if (row->type != OPTION_LIST)
            continue;
        struct option_list *list = (struct option_list *)((char *)values + row->offset);
        free(list->values);
        *list = (struct option_list){0};
    }
}
