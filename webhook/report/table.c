#include "webhook/report/table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/common/utf8.h"

void table_add(struct table *table, const char *const *cells)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 64 * table->columns;
        table->cells = xreallocarray(table->cells, table->capacity, sizeof(table->cells[0]));
    }
    for (size_t i = 0; i < table->columns; i++) {
        cleanup_buffer struct buffer visible = {0};
        quote_append_visible(&visible, slice_of(cells[i] ? cells[i] : ""));
        table->cells[table->count++] =
            arena_copy(table->arena, buffer_text(&visible), visible.length);
    }
}

static size_t width(const char *text)
{
    return utf8_count(text, strlen(text));
}

static void write_row(const struct table *table, const char *const *cells, const size_t *widths,
                      struct buffer *out)
{
    size_t last = table->columns - 1;
    while (last > 0 && cells[last][0] == '\0')
        last--;
    for (size_t i = 0; i < last; i++)
        buffer_append_format(out, "%s%*s", cells[i], (int)(widths[i] - width(cells[i]) + 2), "");
    buffer_append_format(out, "%s\n", cells[last]);
}

void table_write(const struct table *table, struct buffer *out)
{
    if (table->count == 0 || table->columns == 0)
        return;
    cleanup_free size_t *widths = xcalloc(table->columns, sizeof(*widths));
    for (size_t i = 0; i < table->columns; i++)
        widths[i] = width(table->titles[i]);
    for (size_t i = 0; i < table->count; i++)
        if (width(table->cells[i]) > widths[i % table->columns])
            widths[i % table->columns] = width(table->cells[i]);
    write_row(table, table->titles, widths, out);
    for (size_t i = 0; i < table->count; i += table->columns)
        write_row(table, table->cells + i, widths, out);
}

void table_release(struct table *table)
{
    free((void *)table->cells);
    *table = (struct table){0};
}
