/* A table for people: columns as wide as what is in them. */
#ifndef GMSA_WEBHOOK_REPORT_TABLE_H
#define GMSA_WEBHOOK_REPORT_TABLE_H

#include "lib/common/arena.h"
#include "lib/common/buffer.h"

struct table {
    struct arena *arena; /* where the cells' texts go */
    size_t columns;
    const char *const *titles; /* one a column */
    /* The table's own. */
    const char **cells; /* row by row */
    size_t count, capacity;
};

/* Adds a row of `columns` texts, which are copied with everything that could move a terminal's
 * cursor made visible. NULL is "". */
void table_add(struct table *table, const char *const *cells);
/* Titles and rows; nothing where there is no row. Empty cells at the end of a row take no room. */
void table_write(const struct table *table, struct buffer *out);
void table_release(struct table *table);

#define cleanup_table __attribute__((cleanup(table_release)))

#endif
