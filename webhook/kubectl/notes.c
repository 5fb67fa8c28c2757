#include "webhook/kubectl/notes.h"

#include <stdio.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/common/options.h"
#include "lib/common/quote.h"
#include "lib/document/yaml_write.h"
#include "webhook/report/nodes.h"

void note(const char *format, ...)
{
    const bool colour = terminal_has_colour(stderr);
    cleanup_buffer struct buffer visible = {0};
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *text = xvasprintf(format, arguments);
    va_end(arguments);
    quote_append_visible(&visible, slice_of(text));
    (void)fflush(stdout); /* keeps the order where both go to one place */
    (void)fprintf(stderr, "%swarning:%s %s\n", colour ? "\033[1;33m" : "", colour ? "\033[0m" : "",
                  buffer_text(&visible));
}

void answer_text(const struct buffer *text)
{
    if (text->length > 0)
        (void)fwrite(text->data, 1, text->length, stdout);
}

void answer_tree(const struct node *root, const char *output)
{
    cleanup_buffer struct buffer text = {0};
    if (strcmp(output, "yaml") == 0)
        yaml_write(&text, root);
    else
        report_write_json(&text, root);
    answer_text(&text);
}
