/* `credspec rules`: the rules that `lint` checks, and why they exist. */
#include <string.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/output.h"
#include "credspec/cli/source.h"
#include "credspec/spec.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/common/suggest.h"
#include "lib/document/json_write.h"

struct rules_options {
    const char *output;
};

/* The rules in order, that for broken text included; NULL behind the last one. */
static const struct rule *rule_at(size_t index)
{
    const struct rule *syntax = source_syntax_rule();
    bool beside_table = !credspec_rule(syntax->code);
    if (beside_table && index == 0)
        return syntax;
    const struct rule *rule = &credspec_rules()[beside_table ? index - 1 : index];
    return rule->code ? rule : NULL;
}

static const char *severity_word(const struct rule *rule)
{
    return rule->severity == SEVERITY_ERROR ? "error" : "warning";
}

/* --- Text ---------------------------------------------------------------------------------------
 */

/* Wraps at 80 columns; an empty line separates paragraphs. */
static void print_wrapped(const char *text)
{
    size_t column = 0;
    while (*text) {
        if (*text == '\n' || *text == ' ') {
            if (text[0] == '\n' && text[1] == '\n') {
                fputs("\n\n", stdout);
                column = 0;
            }
            text += strspn(text, "\n ");
            continue;
        }
        size_t word = strcspn(text, " \n");
        if (column > 0 && column + 1 + word > 80) {
            putchar('\n');
            column = 0;
        } else if (column > 0) {
            putchar(' ');
            column++;
        }
        fwrite(text, 1, word, stdout);
        column += word;
        text += word;
    }
    putchar('\n');
}

static void print_list(void)
{
    const struct rule *rule;
    for (size_t i = 0; (rule = rule_at(i)); i++)
        printf("%s  %-7s  %-28s  %s\n", rule->code, severity_word(rule), rule->name, rule->title);
}

static void print_rule(const struct rule *rule)
{
    printf("%s %s (%s)\n\n", rule->code, rule->name, severity_word(rule));
    print_wrapped(rule->title);
    putchar('\n');
    print_wrapped(rule->why);
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static void append_rule(struct buffer *out, const struct rule *rule)
{
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"code", rule->code},   {"name", rule->name}, {"severity", severity_word(rule)},
        {"title", rule->title}, {"why", rule->why},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        buffer_append_format(out, "%s\"%s\":", i > 0 ? "," : "{", members[i].name);
        json_write_string(out, slice_of(members[i].value));
    }
    buffer_append_byte(out, '}');
}

/* A list of all rules, or of the one. */
static void print_json(const struct rule *one)
{
    cleanup_buffer struct buffer out = {0};
    const struct rule *rule;
    for (size_t i = 0; (rule = one ? (i == 0 ? one : NULL) : rule_at(i)); i++) {
        buffer_append_text(&out, i > 0 ? ",\n" : "[");
        append_rule(&out, rule);
    }
    printf("%s]\n", buffer_text(&out));
}

/* --- The command --------------------------------------------------------------------------------
 */

/* By code, in any letter case, or by name. */
static const struct rule *find_rule(const char *word)
{
    const struct rule *rule;
    for (size_t i = 0; (rule = rule_at(i)); i++)
        if (slice_equal_ignoring_case(slice_of(word), slice_of(rule->code)) ||
            strcmp(word, rule->name) == 0)
            break;
    return rule;
}

static int report_unknown(const char *word)
{
    size_t count = 0;
    while (rule_at(count))
        count++;
    cleanup_free const char **words = xcalloc(2 * count + 1, sizeof(*words));
    for (size_t i = 0; i < count; i++) {
        words[2 * i] = rule_at(i)->name;
        words[2 * i + 1] = rule_at(i)->code;
    }
    const char *nearest = suggest_nearest(word, words);
    if (nearest)
        return output_usage_error("there is no rule \"%s\": did you mean %s?", word, nearest);
    return output_usage_error("there is no rule \"%s\": `credspec rules` lists them", word);
}

static int run_rules(const struct command_row *command, const void *values,
                     const char *const *operands)
{
    (void)command;
    const struct rules_options *options = values;
    const struct rule *one = operands[0] ? find_rule(operands[0]) : NULL;
    if (operands[0] && !one)
        return report_unknown(operands[0]);
    if (strcmp(options->output, "json") == 0)
        print_json(one);
    else if (one)
        print_rule(one);
    else
        print_list();
    return EXIT_SUCCESS;
}

static const struct option_row options[] = {
    {
        .type = OPTION_CHOICE,
        .letter = 'o',
        .name = "output",
        .argument = "FORMAT",
        .offset = offsetof(struct rules_options, output),
        .fallback = "text",
        .choices = output_choices,
        .help = "text, or json: a list of objects",
    },
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"credspec rules", "list all rules"},
    {"credspec rules CS007", "explain a finding of lint"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 printed",
    "2 there is no such rule, or the call is wrong",
    NULL,
};

const struct command_row rules_command = {
    .name = "rules",
    .operands = "[CODE]",
    .least = 0,
    .most = 1,
    .summary = "list the rules of lint, or explain one",
    .description = "Without an operand lists the rules with code, severity, name and what must "
                   "hold. With a rule's code or name says why it exists and how to get the right "
                   "value. Codes are never reused.",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct rules_options),
    .run = run_rules,
};
