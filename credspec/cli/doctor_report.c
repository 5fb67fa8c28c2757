#include "credspec/cli/doctor_report.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "credspec/cli/output.h"
#include "lib/common/memory.h"
#include "lib/common/options.h"
#include "lib/document/json_write.h"

static const char *const stage_names[DOCTOR_STAGES] = {
    [DOCTOR_SPEC] = "spec",       [DOCTOR_DNS] = "dns",           [DOCTOR_REACH] = "reach",
    [DOCTOR_CLOCK] = "clock",     [DOCTOR_SIGN_IN] = "sign-in",   [DOCTOR_DOMAIN] = "domain",
    [DOCTOR_ACCOUNT] = "account", [DOCTOR_PASSWORD] = "password", [DOCTOR_KEYS] = "keys",
    [DOCTOR_TICKET] = "ticket",   [DOCTOR_SERVICE] = "service",   [DOCTOR_BIND] = "bind",
};

static const struct {
    const char *word;   /* in JSON */
    const char *symbol; /* of the same width as the text */
    const char *text;
    const char *colour;
} statuses[] = {
    [DOCTOR_OK] = {"ok", "\u2713", "ok  ", "\033[32m"},
    [DOCTOR_WARNING] = {"warning", "!", "warn", "\033[33m"},
    [DOCTOR_FAILED] = {"failed", "\u2717", "FAIL", "\033[1;31m"},
    [DOCTOR_SKIPPED] = {"skipped", "\u2013", "skip", "\033[2m"},
};

const char *doctor_stage_name(enum doctor_stage stage)
{
    return stage_names[stage];
}

/* --- The terminal -------------------------------------------------------------------------------
 */

/* Whether the locale's characters are UTF-8 and the terminal, if it is one, shows them. The process
 * itself stays in the locale "C". */
static bool shows_symbols(void)
{
    const char *terminal = getenv("TERM");
    if (isatty(STDOUT_FILENO) &&
        (!terminal || strcmp(terminal, "dumb") == 0 || strcmp(terminal, "linux") == 0))
        return false;
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale)
        return false;
    bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

void doctor_report_begin(struct doctor_report *report, bool json)
{
    report->json = json;
    report->colour = !json && terminal_has_colour(stdout);
    report->symbols = !json && shows_symbols();
    if (json)
        fputs("[", stdout);
}

/* --- One stage ----------------------------------------------------------------------------------
 */

static void append_member(struct buffer *out, const char *name, const char *value)
{
    buffer_append_format(out, ",\"%s\":", name);
    if (value)
        json_write_string(out, slice_of(value));
    else
        buffer_append_text(out, "null");
}

static void print_json(struct doctor_report *report, const struct doctor_result *result)
{
    struct buffer *line = &report->line;
    buffer_clear(line);
    buffer_append_format(line, "%s\n{\"stage\":\"%s\",\"status\":\"%s\"",
                         report->printed > 0 ? "," : "", stage_names[result->stage],
                         statuses[result->status].word);
    if (result->status == DOCTOR_SKIPPED)
        buffer_append_text(line, ",\"milliseconds\":null");
    else
        buffer_append_format(line, ",\"milliseconds\":%lld.%lld",
                             (long long)(result->took / 1000000),
                             (long long)(result->took / 100000 % 10));
    append_member(line, "account", result->account);
    append_member(line, "detail", result->detail);
    append_member(line, "hint", result->hint);
    buffer_append_byte(line, '}');
    fwrite(line->data, 1, line->length, stdout);
}

/* The account's name above its stages, where there are several. */
static void print_account(struct doctor_report *report, const char *account)
{
    if (!account || !report->accounts || account == report->last_account)
        return;
    report->last_account = account;
    putchar('\n');
    output_text(stdout, slice_of(account));
    fputs(":\n", stdout);
}

static void print_hint(const struct doctor_report *report, const char *hint)
{
    while (hint) {
        const char *end = strchr(hint, '\n');
        size_t length = end ? (size_t)(end - hint) : strlen(hint);
        printf("%*s%s ", report->symbols ? 4 : 7, "", report->symbols ? "\u2192" : "next:");
        output_text(stdout, (struct slice){hint, length});
        putchar('\n');
        hint = end ? end + 1 : NULL;
    }
}

static void print_text(struct doctor_report *report, const struct doctor_result *result)
{
    print_account(report, result->account);
    fputs(report->colour ? statuses[result->status].colour : "", stdout);
    fputs(report->symbols ? statuses[result->status].symbol : statuses[result->status].text,
          stdout);
    fputs(report->colour ? "\033[0m" : "", stdout);
    printf(" %-9s", stage_names[result->stage]);
    if (result->status == DOCTOR_SKIPPED)
        fputs("       -  ", stdout);
    else
        printf("%5lld ms  ", (long long)((result->took + 500000) / 1000000));
    output_text(stdout, slice_of(result->detail));
    putchar('\n');
    print_hint(report, result->hint);
}

void doctor_report_stage(struct doctor_report *report, const struct doctor_result *result)
{
    if (report->json)
        print_json(report, result);
    else
        print_text(report, result);
    report->printed++;
    report->has_warnings = report->has_warnings || result->status == DOCTOR_WARNING;
    if (result->status == DOCTOR_FAILED && !report->has_failed) {
        report->has_failed = true;
        report->failed = result->stage;
    }
    (void)fflush(stdout); /* the next stage may take its time */
}

int doctor_report_end(struct doctor_report *report)
{
    if (report->json)
        fputs("\n]\n", stdout);
    if (!report->has_failed)
        return EXIT_SUCCESS;
    return DOCTOR_EXIT_FIRST + (int)report->failed;
}
