#include "tests/support/rule_rows.h"

#include <check.h>

#include "credspec/spec.h"
#include "lib/common/memory.h"
#include "lib/common/utf8.h"
#include "lib/document/json_tree.h"

#define SPEC_BEGIN                                                                                 \
    "{\n"                                                                                          \
    "  \"CmsPlugins\": [\"ActiveDirectory\"],\n"                                                   \
    "  \"DomainJoinConfig\": {\n"                                                                  \
    "    \"Sid\": \"S-1-5-21-1111-2222-4294967295\",\n"                                            \
    "    \"MachineAccountName\": \"web\",\n"                                                       \
    "    \"Guid\": \"11223344-5566-7788-99aa-BBCCDDEEFF00\",\n"                                    \
    "    \"DnsTreeName\": \"example.org\",\n"                                                      \
    "    \"DnsName\": \"ad.example.org\",\n"                                                       \
    "    \"NetBiosName\": \"SHORT\"\n"                                                             \
    "  },\n"                                                                                       \
    "  \"ActiveDirectoryConfig\": {\n"                                                             \
    "    \"GroupManagedServiceAccounts\": [\n"                                                     \
    "      {\"Name\": \"web\", \"Scope\": \"ad.example.org\"},\n"                                  \
    "      {\"Name\": \"web\", \"Scope\": \"SHORT\"}\n"                                            \
    "    ]"

const char rule_base_spec[] = SPEC_BEGIN "\n"
                                         "  }\n"
                                         "}\n";

const char rule_base_plugin[] =
    SPEC_BEGIN ",\n"
               "    \"HostAccountConfig\": {\n"
               "      \"PortableCcgVersion\": \"1\",\n"
               "      \"PluginGUID\": \"{11111111-2222-3333-4444-aaaaaaaaaaaa}\",\n"
               "      \"PluginInput\": \"anything else\"\n"
               "    }\n"
               "  }\n"
               "}\n";

const char rule_base_resource[] =
    "{\n"
    "\"apiVersion\": \"windows.k8s.io/v1\",\n"
    "\"kind\": \"GMSACredentialSpec\",\n"
    "\"metadata\": {\"name\": \"web\"},\n"
    "\"runAsUserName\": \"one\",\n"
    "\"allowedRunAsUserNames\": [\"NT AUTHORITY\\\\SYSTEM\", \"ONE\"],\n"
    "\"status\": {\"observed\": 1.5},\n"
    "\"credspec\": " SPEC_BEGIN "\n"
    "  }\n"
    "}\n"
    "}\n";

char *rule_replace(const char *text, const char *from, const char *to)
{
    const char *place = strstr(text, from);
    ck_assert_msg(place != NULL, "the base has no \"%s\"", from);
    return xasprintf("%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
}

/* Line and column, counted by hand. */
static struct position position_of(const char *text, const char *part)
{
    const char *place = strstr(text, part);
    ck_assert_msg(place != NULL, "the text has no \"%s\"", part);
    struct position position = {1, 1};
    const char *line = text;
    for (const char *c = text; c < place; c++)
        if (*c == '\n') {
            position.line++;
            line = c + 1;
        }
    position.column += (unsigned)utf8_count(line, (size_t)(place - line));
    return position;
}

static void check_finding(const struct rule_row *row, const char *text,
                          const struct finding *finding)
{
    ck_assert_str_eq(finding->rule->code, row->code);
    ck_assert_str_eq(finding->pointer, row->pointer);
    ck_assert_msg(strstr(finding->message, row->message) != NULL, "\"%s\" lacks \"%s\"",
                  finding->message, row->message);
    struct position expected = position_of(text, row->at);
    ck_assert_msg(finding->position.line == expected.line &&
                      finding->position.column == expected.column,
                  "%s \"%s\": at %u:%u, expected %u:%u", row->code, row->to, finding->position.line,
                  finding->position.column, expected.line, expected.column);
    ck_assert_msg(!strchr(finding->message, '\n') &&
                      finding->message[strlen(finding->message) - 1] != '.',
                  "\"%s\" is not one line without a full stop", finding->message);
}

static void check_row(const char *base, const struct rule_row *row, rule_check_function *check)
{
    cleanup_arena struct arena arena = {0};
    cleanup_free char *text = rule_replace(base, row->from, row->to);
    const struct tree_limits limits = {0};
    struct error *err = NULL;
    const struct node *root = json_tree_parse(&arena, text, strlen(text), &limits, NULL, &err);
    ck_assert_msg(root != NULL, "\"%s\": %s", row->to, err ? err->message : "");
    struct findings findings = {.arena = &arena};
    check(root, "", &findings);
    const struct finding *found = NULL;
    size_t besides = 0;
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        if (!found && row->code && strcmp(finding->rule->code, row->code) == 0)
            found = finding;
        else if (row->besides && strcmp(finding->rule->code, row->besides) == 0)
            besides++;
        else
            ck_abort_msg("\"%s\": finding too many: %s at %s: %s", row->to, finding->rule->code,
                         finding->pointer, finding->message);
    }
    ck_assert_uint_eq(besides, row->besides ? 1 : 0);
    ck_assert_uint_eq(findings.errors + findings.warnings, findings.count);
    ck_assert_msg(!row->code || found, "\"%s\": no finding %s", row->to, row->code);
    if (found)
        check_finding(row, text, found);
}

void rule_rows_check(const char *base, const struct rule_row *rows, size_t count,
                     rule_check_function *check)
{
    for (size_t i = 0; i < count; i++)
        check_row(base, &rows[i], check);
}

void rule_rows_exercise(const struct rule_row *rows, size_t count, const char *first,
                        const char *last)
{
    for (const struct rule *rule = credspec_rules(); rule->code; rule++) {
        if (strcmp(rule->code, first) < 0 || strcmp(rule->code, last) > 0)
            continue;
        bool found = false;
        for (size_t i = 0; i < count; i++)
            found = found || (rows[i].code && strcmp(rows[i].code, rule->code) == 0);
        ck_assert_msg(found, "no row breaks %s %s", rule->code, rule->name);
    }
}
