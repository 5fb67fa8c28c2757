#include "lib/document/json_fields.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

struct person {
    struct slice name, city;
    bool member;
    struct json_list children;
};

static bool read_child(struct json_reader *reader, void *target)
{
    static const struct json_field fields[] = {
        {JSON_NAME("name"), offsetof(struct person, name), json_field_text}, {JSON_FIELDS_END}};
    return json_read_fields(reader, fields, target);
}

static bool read_children(struct json_reader *reader, void *target)
{
    return json_read_list(reader, read_child, sizeof(struct person), 5, target);
}

static const struct json_field address_fields[] = {
    {JSON_NAME("city"), offsetof(struct person, city), json_field_text}, {JSON_FIELDS_END}};

static const struct json_field person_fields[] = {
    {JSON_NAME("name"), offsetof(struct person, name), json_field_text},
    {JSON_NAME("member"), offsetof(struct person, member), json_field_boolean},
    {JSON_NAME("address"), 0, .members = address_fields},
    {JSON_NAME("children"), offsetof(struct person, children), read_children},
    {JSON_FIELDS_END}};

static struct arena arena;

static int read_person(const char *text, struct person *person, struct error **err)
{
    struct json_reader reader = {.scan = json_scan_of(text, strlen(text), 8), .arena = &arena};
    *person = (struct person){0};
    if (!json_read_fields(&reader, person_fields, person) || !json_expect_end(&reader.scan))
        return json_reader_error(&reader, "person", err);
    return 0;
}

START_TEST(reads_what_the_table_names)
{
    struct person person;
    ck_assert_int_eq(read_person("{\"x\":{\"name\":[]},\"n\\u0061me\":\"A\\n\",\"member\":true,"
                                 "\"address\":{\"city\":\"B\",\"zip\":1},\"names\":7,"
                                 "\"children\":[{\"name\":\"1\"},{},{\"name\":\"3\"},{},{}]}",
                                 &person, NULL),
                     0);
    const struct person *children = person.children.items;
    ck_assert(slice_is(person.name, "A\n"));
    ck_assert(slice_is(person.city, "B"));
    ck_assert(person.member);
    ck_assert_uint_eq(person.children.count, 5);
    ck_assert(slice_is(children[0].name, "1"));
    ck_assert(!slice_present(children[1].name));
    ck_assert(slice_is(children[2].name, "3"));
}
END_TEST

START_TEST(leaves_what_is_null_or_missing)
{
    struct person person;
    ck_assert_int_eq(
        read_person("{\"name\":null,\"member\":null,\"children\":null}", &person, NULL), 0);
    ck_assert(!slice_present(person.name) && !slice_present(person.city));
    ck_assert(!person.member);
    ck_assert_uint_eq(person.children.count, 0);
}
END_TEST

static const struct {
    const char *text, *message;
} refusals[] = {
    {"[]", "person: line 1, column 1: expected an object"},
    {"{\"name\":7}", "person: line 1, column 9: name: expected a string"},
    {"{\"member\":\"\"}", "person: line 1, column 11: member: expected true or false"},
    {"{\"name\":nul}", "person: line 1, column 9: name: "},
    {"{\n\"address\":\n {\"city\": 7}}", "person: line 3, column 11: address.city: "},
    {"{\"children\":[{},null]}", "person: line 1, column 17: children[1]: expected an object"},
    {"{\"children\":[{\"name\":7}]}", "children[0].name: expected a string"},
    {"{\"children\":[{},{},{},{},{},{}]}", "children: this list is too long"},
    {"{\"name\":\"\",\"name\":\"\"}", "name: this field stands there twice"},
    {"{\"name\":null,\"n\\u0061me\":null}", "name: this field stands there twice"},
    {"{\"address\":{\"city\":\"\",\"city\":\"\"}}", "address.city: this field stands there twice"},
    {"{\"x\":[1,]}", "person: line 1, column 9: expected a value"},
    {"{\"name\":\"\"} {", "more text"},
};

START_TEST(says_what_is_wrong_and_where)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        struct person person;
        cleanup_error struct error *err = NULL;
        ck_assert_int_eq(read_person(refusals[i].text, &person, &err), -1);
        ck_assert_int_eq(err->code, ERROR_INPUT);
        if (!strstr(err->message, refusals[i].message))
            ck_abort_msg("%s: expected \"%s\", seen \"%s\"", refusals[i].text, refusals[i].message,
                         err->message);
    }
}
END_TEST

START_TEST(lists_grow)
{
    struct json_list list = {0};
    for (size_t i = 0; i < 1000; i++) {
        size_t *item = json_list_add(&list, sizeof(*item), &arena);
        ck_assert_uint_eq(*item, 0);
        *item = i + 1;
    }
    const size_t *items = list.items;
    ck_assert_uint_eq(list.count, 1000);
    for (size_t i = 0; i < list.count; i++)
        ck_assert_uint_eq(items[i], i + 1);
}
END_TEST

SUITE("json_fields", reads_what_the_table_names, leaves_what_is_null_or_missing,
      says_what_is_wrong_and_where, lists_grow)
