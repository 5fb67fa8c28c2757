#include "webhook/sources/spec_definition.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

#define DEFINITION(name, schema)                                                                   \
    "{\"spec\":{\"versions\":[{\"name\":\"v1alpha1\"},{\"name\":\"" name                           \
    "\",\"schema\":{\"openAPIV3Schema\":" schema "}}]}}"

START_TEST(tells_whether_our_fields_are_kept)
{
    static const struct {
        const char *json;
        bool keeps;
    } rows[] = {
        {DEFINITION("v1", "{\"properties\":{\"runAsUserName\":{},\"allowedRunAsUserNames\":{}}}"),
         true},
        {DEFINITION("v1", "{\"properties\":{\"credspec\":{\"type\":\"object\"}}}"), false},
        {DEFINITION("v1", "{\"properties\":{\"runAsUserName\":{}}}"), false},
        {DEFINITION("v1", "{\"properties\":{\"allowedRunAsUserNames\":{}}}"), false},
        {DEFINITION("v2", "{\"properties\":{\"runAsUserName\":{},\"allowedRunAsUserNames\":{}}}"),
         false},
        {DEFINITION("v1", "{\"x-kubernetes-preserve-unknown-fields\":true}"), true},
        {DEFINITION("v1", "{\"x-kubernetes-preserve-unknown-fields\":false}"), false},
        {DEFINITION("v1", "null"), false},
        {"{\"spec\":{\"preserveUnknownFields\":true}}", true},
        {"{\"spec\":{\"preserveUnknownFields\":false,\"versions\":{}}}", false},
        {"{\"spec\":{\"versions\":[null,1,{}]}}", false},
        {"{}", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        bool keeps = !rows[i].keeps;
        ck_assert_int_eq(spec_definition_read(slice_of(rows[i].json), &keeps, NULL), 0);
        ck_assert_msg(keeps == rows[i].keeps, "%s", rows[i].json);
    }
}
END_TEST

START_TEST(refuses_what_is_no_object)
{
    static const char *const rows[] = {"", "[]", "null", "{\"spec\":1,\"spec\":2}", "{"};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_error struct error *error = NULL;
        bool keeps = true;
        ck_assert_int_eq(spec_definition_read(slice_of(rows[i]), &keeps, &error), -1);
        ck_assert_int_eq(error->code, ERROR_INPUT);
    }
}
END_TEST

SUITE("spec_definition", tells_whether_our_fields_are_kept, refuses_what_is_no_object)
