#include "credspec/cli/output.h"

#include <sys/stat.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/common/options.h"
#include "lib/common/quote.h"
#include "lib/document/json_write.h"

const char *const output_choices[] = {"text", "json", NULL};

void output_text(FILE *out, struct slice text)
{
    cleanup_buffer struct buffer visible = {0};
    quote_append_visible(&visible, text);
    fputs(buffer_text(&visible), out);
}

void output_count(FILE *out, size_t count, const char *noun)
{
    fprintf(out, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

/* --- Findings ----------------------------------------------------------------------------------
 */

static const char *severity_word(enum severity severity)
{
    return severity == SEVERITY_ERROR ? "error" : "warning";
}

static void print_place(FILE *out, const char *file, const struct finding *finding)
{
    const struct position *at = &finding->position;
    output_text(out, slice_of(file));
    if (at->line > 0)
        fprintf(out, ":%u:%u", at->line, at->column);
    else if (finding->pointer && finding->pointer[0] != '\0') {
        fputs(": ", out);
        output_text(out, slice_of(finding->pointer));
    }
    fputs(": ", out);
}

void output_finding(FILE *out, const char *file, const struct finding *finding)
{
    bool colour = terminal_has_colour(out);
    bool grave = finding->rule->severity == SEVERITY_ERROR;
    fputs(colour ? "\033[1m" : "", out);
    print_place(out, file, finding);
    fputs(!colour ? "" : grave ? "\033[31m" : "\033[35m", out);
    fprintf(out, "%s: ", severity_word(finding->rule->severity));
    fputs(colour ? "\033[0m" : "", out);
    output_text(out, slice_of(finding->message));
    fprintf(out, "%s [%s]%s\n", colour ? "\033[2m" : "", finding->rule->code,
            colour ? "\033[0m" : "");
    if (finding->hint) {
        fputs("    hint: ", out);
        output_text(out, slice_of(finding->hint));
        fputc('\n', out);
    }
}

static void append_member(struct buffer *out, const char *name, const char *value)
{
    buffer_append_format(out, "\"%s\":", name);
    if (value)
        json_write_string(out, slice_of(value));
    else
        buffer_append_text(out, "null");
}

void output_finding_json(struct buffer *out, const char *file, const struct finding *finding)
{
    buffer_append_byte(out, '{');
    append_member(out, "file", file);
    buffer_append_format(out, ",\"line\":%u,\"column\":%u,", finding->position.line,
                         finding->position.column);
    append_member(out, "severity", severity_word(finding->rule->severity));
    buffer_append_byte(out, ',');
    append_member(out, "code", finding->rule->code);
    buffer_append_byte(out, ',');
    append_member(out, "rule", finding->rule->name);
    buffer_append_byte(out, ',');
    append_member(out, "pointer", finding->pointer);
    buffer_append_byte(out, ',');
    append_member(out, "message", finding->message);
    buffer_append_byte(out, ',');
    append_member(out, "hint", finding->hint);
    buffer_append_byte(out, '}');
}

/* --- Messages of the program --------------------------------------------------------------------
 */

static void print_message(const char *word, const char *colour, const char *message)
{
    bool coloured = terminal_has_colour(stderr);
    (void)fflush(stdout); /* keeps the order where both go to one file */
    fprintf(stderr, "%s%s:%s ", coloured ? colour : "", word, coloured ? "\033[0m" : "");
    output_text(stderr, slice_of(message));
    fputc('\n', stderr);
}

void output_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *message = xvasprintf(format, arguments);
    va_end(arguments);
    print_message("note", "\033[1m", message);
}

void output_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *message = xvasprintf(format, arguments);
    va_end(arguments);
    print_message("warning", "\033[1;35m", message);
}

int output_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *message = xvasprintf(format, arguments);
    va_end(arguments);
    return program_fail(EXIT_USAGE, &(struct error){ERROR_INPUT, message});
}

int output_error(const struct error *error)
{
    return program_fail(EXIT_USAGE, error);
}

/* --- Files --------------------------------------------------------------------------------------
 */

int output_file(const char *path, const struct buffer *contents, bool replace, struct error **err)
{
    struct stat there;
    if (lstat(path, &there) == 0) {
        if (!S_ISREG(there.st_mode))
            return error_set(err, ERROR_INPUT, "%s is no regular file: name another one", path);
        if (!replace)
            return error_set(err, ERROR_INPUT,
                             "%s is already there: give --force to replace it, or another name",
                             path);
    }
    return file_write_atomic(path, buffer_text(contents), contents->length, 0644,
                             replace ? FILE_REPLACE : FILE_KEEP, err);
}
