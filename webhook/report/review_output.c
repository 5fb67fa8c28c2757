#include "webhook/report/review_output.h"

#include <stdio.h>

#include "lib/common/quote.h"
#include "lib/document/json_write.h"
#include "lib/document/yaml_write.h"
#include "webhook/report/diff.h"

enum colour { COLOUR_RED, COLOUR_YELLOW, COLOUR_GREEN };

/* The two texts around a coloured word: empty where there is no colour. */
static const char *colour_begin(bool colour, enum colour which)
{
    static const char *const codes[] = {"\033[1;31m", "\033[1;33m", "\033[1;32m"};
    return colour ? codes[which] : "";
}
static const char *colour_end(bool colour)
{
    return colour ? "\033[0m" : "";
}

/* File names and messages may hold what moves a terminal's cursor. */
static void print_visible(FILE *out, const char *text)
{
    cleanup_buffer struct buffer visible = {0};
    quote_append_visible(&visible, slice_of(text));
    (void)fputs(buffer_text(&visible), out);
}

/* "FILE: LABEL: " */
static void print_subject(FILE *out, const char *file, const char *label)
{
    print_visible(out, file);
    (void)fprintf(out, "%s%s: ", label ? ": " : "", label ? label : "");
}

void review_print_error(const struct review_printer *printer, const char *file, const char *label,
                        const char *message)
{
    const bool colour = printer->colour_errors;
    (void)fflush(stdout);
    print_subject(stderr, file, label);
    (void)fprintf(stderr, "%serror:%s ", colour_begin(colour, COLOUR_RED), colour_end(colour));
    print_visible(stderr, message);
    (void)fputc('\n', stderr);
}

static void print_verdict(const struct review_printer *printer,
                          const struct review_subject *subject,
                          const struct admission_result *result)
{
    const bool colour = printer->colour_errors;
    (void)fflush(stdout); /* keeps the order where both go to one place */
    for (size_t i = 0; i < result->warning_count; i++) {
        print_subject(stderr, subject->file, subject->label);
        (void)fprintf(stderr, "%swarning:%s ", colour_begin(colour, COLOUR_YELLOW),
                      colour_end(colour));
        print_visible(stderr, result->warnings[i]);
        (void)fputc('\n', stderr);
    }
    if (result->allowed)
        return;
    print_subject(stderr, subject->file, subject->label);
    (void)fprintf(stderr, "%srefused%s (%d %s): ", colour_begin(colour, COLOUR_RED),
                  colour_end(colour), result->code, result->reason);
    print_visible(stderr, result->message);
    (void)fputc('\n', stderr);
}

static void print_bytes(const struct buffer *text)
{
    if (text->length > 0)
        (void)fwrite(text->data, 1, text->length, stdout);
}

static void print_object(struct review_printer *printer, const struct node *object)
{
    cleanup_buffer struct buffer text = {0};
    if (printer->output == REVIEW_YAML) {
        if (printer->printed > 0)
            buffer_append_text(&text, "---\n");
        yaml_write(&text, object);
    } else {
        json_write_pretty(&text, object);
    }
    if (text.length > 0 && text.data[text.length - 1] != '\n')
        buffer_append_byte(&text, '\n');
    print_bytes(&text);
    printer->printed++;
}

static void print_changes(struct review_printer *printer, const struct review_subject *subject,
                          const struct admission_result *result)
{
    const bool colour = printer->colour;
    cleanup_buffer struct buffer before = {0};
    cleanup_buffer struct buffer after = {0};
    cleanup_buffer struct buffer changes = {0};
    if (subject->as_written && result->stored) {
        yaml_write(&before, subject->as_written);
        yaml_write(&after, result->stored);
        diff_write(&changes, (struct slice){buffer_text(&before), before.length},
                   (struct slice){buffer_text(&after), after.length}, colour);
    }
    print_subject(stdout, subject->file, subject->label);
    printf("%s%sallowed%s%s\n", subject->workload ? "its pods are " : "",
           colour_begin(colour, COLOUR_GREEN), colour_end(colour),
           changes.length > 0 ? "" : ", unchanged");
    if (changes.length == 0)
        return;
    const char *of = subject->workload ? "pod of " : "";
    printf("--- %s%s as written\n+++ %s%s as stored\n", of, subject->label, of, subject->label);
    print_bytes(&changes);
}

void review_print(struct review_printer *printer, const struct review_subject *subject,
                  const struct admission_result *result)
{
    print_verdict(printer, subject, result);
    if (!result->allowed)
        return;
    if (printer->output == REVIEW_TEXT)
        print_changes(printer, subject, result);
    else if (subject->workload)
        print_object(printer, subject->workload);
    else if (result->stored)
        print_object(printer, result->stored);
}
