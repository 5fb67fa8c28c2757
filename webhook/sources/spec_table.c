#include "webhook/sources/spec_table.h"

#include "lib/common/memory.h"

/* Sorted by name; never changed once it stands in a table. */
struct spec_shard {
    atomic_size_t references;
    size_t count;
    struct known_spec *specs[];
};

static struct slice name_of(const struct known_spec *spec)
{
    return slice_of(spec->resource->name);
}

/* FNV-1a. */
static size_t shard_of(struct slice name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 16777619U;
    return hash % SPEC_SHARDS;
}

/* Where the name stands or would stand. */
static size_t position_of(const struct spec_shard *shard, struct slice name, bool *found)
{
    size_t low = 0, high = shard ? shard->count : 0;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(name_of(shard->specs[middle]), name);
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *found ? high : low;
}

static void drop_shard(struct spec_shard *shard)
{
    if (!shard || atomic_fetch_sub(&shard->references, 1) > 1)
        return;
    for (size_t i = 0; i < shard->count; i++)
        known_spec_drop(shard->specs[i]);
    free(shard);
}

/* A copy without `removed` specs at `at`, and with `added` there, whose reference it takes; NULL
 * where nothing is left. */
static struct spec_shard *change_shard(const struct spec_shard *shard, size_t at, size_t removed,
                                       struct known_spec *added)
{
    size_t old_count = shard ? shard->count : 0;
    size_t count = old_count - removed + (added ? 1 : 0);
    if (count == 0)
        return NULL;
    struct spec_shard *changed = xmalloc(sizeof(*changed) + count * sizeof(changed->specs[0]));
    atomic_init(&changed->references, 1);
    changed->count = 0;
    for (size_t i = 0; i < at; i++)
        changed->specs[changed->count++] = known_spec_hold(shard->specs[i]);
    if (added)
        changed->specs[changed->count++] = added;
    for (size_t i = at + removed; i < old_count; i++)
        changed->specs[changed->count++] = known_spec_hold(shard->specs[i]);
    return changed;
}

static size_t broken(const struct known_spec *spec)
{
    return spec->resource->canonical ? 0 : 1;
}

struct known_spec *spec_table_find(const struct spec_table *table, struct slice name)
{
    bool found;
    const struct spec_shard *shard = table->shards[shard_of(name)];
    size_t at = position_of(shard, name, &found);
    return found ? shard->specs[at] : NULL;
}

void spec_table_put(struct spec_table *table, struct known_spec *spec)
{
    bool found;
    struct spec_shard **shard = &table->shards[shard_of(name_of(spec))];
    size_t at = position_of(*shard, name_of(spec), &found);
    if (found)
        table->broken -= broken((*shard)->specs[at]);
    else
        table->count++;
    table->broken += broken(spec);
    struct spec_shard *changed = change_shard(*shard, at, found ? 1 : 0, spec);
    drop_shard(*shard);
    *shard = changed;
}

void spec_table_remove(struct spec_table *table, struct slice name)
{
    bool found;
    struct spec_shard **shard = &table->shards[shard_of(name)];
    size_t at = position_of(*shard, name, &found);
    if (!found)
        return;
    table->count--;
    table->broken -= broken((*shard)->specs[at]);
    struct spec_shard *changed = change_shard(*shard, at, 1, NULL);
    drop_shard(*shard);
    *shard = changed;
}

void spec_table_copy(struct spec_table *copy, const struct spec_table *table)
{
    *copy = *table;
    for (size_t i = 0; i < SPEC_SHARDS; i++)
        if (copy->shards[i])
            atomic_fetch_add_explicit(&copy->shards[i]->references, 1, memory_order_relaxed);
}

void spec_table_release(struct spec_table *table)
{
    for (size_t i = 0; i < SPEC_SHARDS; i++)
        drop_shard(table->shards[i]);
    *table = (struct spec_table){0};
}

void spec_table_visit(const struct spec_table *table, spec_table_visitor *visitor, void *context)
{
    for (size_t i = 0; i < SPEC_SHARDS; i++)
        for (size_t j = 0; table->shards[i] && j < table->shards[i]->count; j++)
            visitor(table->shards[i]->specs[j], context);
}
