/* Specs by name, in a table that is cheap to copy: its parts are shared between the copies until
 * one of them changes. A table belongs to one thread, its parts to all. */
#ifndef GMSA_WEBHOOK_SOURCES_SPEC_TABLE_H
#define GMSA_WEBHOOK_SOURCES_SPEC_TABLE_H

#include "webhook/sources/known_spec.h"

enum { SPEC_SHARDS = 128 }; /* near the square root of the specs of a large cluster */

struct spec_shard;

/* A zeroed table is empty. */
struct spec_table {
    struct spec_shard *shards[SPEC_SHARDS]; /* NULL where empty */
    size_t count;
    size_t broken; /* how many of them are not valid */
};

/* The spec of that name or NULL; belongs to the table. */
struct known_spec *spec_table_find(const struct spec_table *table, struct slice name);
/* Takes the reference; replaces the one of that name. */
void spec_table_put(struct spec_table *table, struct known_spec *spec);
/* Nothing where there is none. */
void spec_table_remove(struct spec_table *table, struct slice name);
void spec_table_copy(struct spec_table *copy, const struct spec_table *table);
void spec_table_release(struct spec_table *table);

/* For every spec. The table must not change meanwhile. */
typedef void spec_table_visitor(struct known_spec *spec, void *context);
void spec_table_visit(const struct spec_table *table, spec_table_visitor *visitor, void *context);

#endif
