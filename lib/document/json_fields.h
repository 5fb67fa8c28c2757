/* JSON objects into structs, by table, in one pass over json_scan.h.
 *
 * A table lists the members of an object that matter and where their values go. Every other member
 * is checked for being JSON and skipped. A member of the table that stands there twice is refused,
 * since two readers could take two values; null leaves the target as it is, as absence does. The
 * caller zeroes the target.
 *
 *   static const struct json_field user_fields[] = {
 *       {JSON_NAME("username"), offsetof(struct user, name), json_field_text},
 *       {JSON_FIELDS_END}};
 *   struct json_reader reader = {.scan = json_scan_of(text, length, 64), .arena = arena};
 *   if (!json_read_fields(&reader, user_fields, &user) || !json_expect_end(&reader.scan))
 *       return json_reader_error(&reader, "user", err);
 */
#ifndef GMSA_DOCUMENT_JSON_FIELDS_H
#define GMSA_DOCUMENT_JSON_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/document/json_scan.h"

struct json_reader {
    struct json_scan scan; /* the first problem sticks here */
    struct arena *arena;
    const char *path; /* after a problem: the fields it is in ("spec.containers[2]"), or NULL */
};

/* Reads one value, which is not null, into what `target` points to; false with a problem. */
typedef bool json_field_function(struct json_reader *reader, void *target);

enum { JSON_FIELDS_MAX = 32 }; /* rows of one table */

struct json_field {
    struct slice name;
    size_t offset; /* added to the target of the object for the target of this value */
    json_field_function *read;
    const struct json_field *members; /* instead of `read`: an object with these fields */
};

#define JSON_NAME(text)                                                                            \
    {                                                                                              \
        "" text, sizeof(text) - 1                                                                  \
    }
#define JSON_FIELDS_END                                                                            \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

/* Reads an object. False on a problem. */
bool json_read_fields(struct json_reader *reader, const struct json_field *fields, void *target);

/* A growing array in an arena. */
struct json_list {
    void *items;
    size_t count, capacity;
};
/* Makes room for one more item of `size` bytes, zeroed, and returns it. */
void *json_list_add(struct json_list *list, size_t size, struct arena *arena)
    __attribute__((returns_nonnull));
/* Reads an array of at most `limit` items: each, null too, with `read` into an item of `size`
 * bytes. The list begins empty. False on a problem. */
bool json_read_list(struct json_reader *reader, json_field_function *read, size_t size,
                    size_t limit, struct json_list *list);

/* For tables: a string into a struct slice (of the text, or of the arena where it was escaped), a
 * boolean into a bool. */
bool json_field_text(struct json_reader *reader, void *target);
bool json_field_boolean(struct json_reader *reader, void *target);

/* Puts a field in front of the path of a problem, for one that is read behind the back of
 * json_read_fields(). Returns false. */
bool json_fail_in_field(struct json_reader *reader, const char *name);

/* Fills *err from the problem of the scan, as ERROR_INPUT:
 * "what: line 1, column 345: spec.containers[2].name: problem". Returns -1. */
int json_reader_error(const struct json_reader *reader, const char *what, struct error **err);

#endif
