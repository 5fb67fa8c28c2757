#include "lib/document/json_fields.h"

#include <stdint.h>

static bool field_is(const struct json_field *field, struct json_string name)
{
    if (name.escaped)
        return json_string_is(name, field->name.data);
    return name.raw.length == field->name.length &&
           memcmp(name.raw.data, field->name.data, name.raw.length) == 0;
}

static const struct json_field *find_field(const struct json_field *fields, struct json_string name)
{
    for (const struct json_field *field = fields; field->name.data; field++) {
        if (field_is(field, name))
            return field;
    }
    return NULL;
}

/* On the way out of a failure, each level puts its own step in front of the path. */
bool json_fail_in_field(struct json_reader *reader, const char *name)
{
    const char *inner = reader->path ? reader->path : "";
    const char *dot = inner[0] == '\0' || inner[0] == '[' ? "" : ".";
    reader->path = arena_format(reader->arena, "%s%s%s", name, dot, inner);
    return false;
}

static bool fail_in_item(struct json_reader *reader, size_t index)
{
    const char *inner = reader->path ? reader->path : "";
    const char *dot = inner[0] == '\0' || inner[0] == '[' ? "" : ".";
    reader->path = arena_format(reader->arena, "[%zu]%s%s", index, dot, inner);
    return false;
}

static bool read_value(struct json_reader *reader, const struct json_field *field, void *target)
{
    void *place = (char *)target + field->offset;
    if (json_peek(&reader->scan) == JSON_NULL)
        return json_read_null(&reader->scan);
    if (field->members)
        return json_read_fields(reader, field->members, place);
    return field->read(reader, place);
}

bool json_read_fields(struct json_reader *reader, const struct json_field *fields, void *target)
{
    struct json_scan *scan = &reader->scan;
    struct json_string name;
    uint32_t seen = 0;
    if (!json_enter_object(scan))
        return false;
    while (json_next_member(scan, &name)) {
        const struct json_field *field = find_field(fields, name);
        if (!field) {
            (void)json_skip(scan, NULL);
            continue;
        }
        uint32_t bit = UINT32_C(1) << (field - fields);
        bool fine = seen & bit ? json_scan_fail(scan, "this field stands there twice")
                               : read_value(reader, field, target);
        if (!fine)
            return json_fail_in_field(reader, field->name.data);
        seen |= bit;
    }
    return !scan->problem;
}

void *json_list_add(struct json_list *list, size_t size, struct arena *arena)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 4;
        void *items = arena_allocate_array(arena, capacity, size);
        if (list->count)
            memcpy(items, list->items, list->count * size);
        list->items = items;
        list->capacity = capacity;
    }
    return (char *)list->items + list->count++ * size;
}

bool json_read_list(struct json_reader *reader, json_field_function *read, size_t size,
                    size_t limit, struct json_list *list)
{
    struct json_scan *scan = &reader->scan;
    if (!json_enter_array(scan))
        return false;
    while (json_next_item(scan)) {
        if (list->count == limit)
            return json_scan_fail(scan, "this list is too long");
        if (!read(reader, json_list_add(list, size, reader->arena)))
            return fail_in_item(reader, list->count - 1);
    }
    return !scan->problem;
}

bool json_field_text(struct json_reader *reader, void *target)
{
    struct slice *text = target;
    struct json_string value;
    if (!json_read_string(&reader->scan, &value))
        return false;
    *text = json_unescape(value, reader->arena);
    return true;
}

bool json_field_boolean(struct json_reader *reader, void *target)
{
    return json_read_boolean(&reader->scan, target);
}

int json_reader_error(const struct json_reader *reader, const char *what, struct error **err)
{
    unsigned line = 0, column = 0;
    json_scan_position(&reader->scan, reader->scan.at, &line, &column);
    return error_set(err, ERROR_INPUT, "%s: line %u, column %u: %s%s%s", what, line, column,
                     reader->path ? reader->path : "", reader->path ? ": " : "",
                     reader->scan.problem);
}
