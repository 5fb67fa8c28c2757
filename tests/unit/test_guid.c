#include "lib/directory/guid.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const unsigned char bytes[GUID_LENGTH] = {0x8E, 0xCC, 0xC7, 0x22, 0xF5, 0xA5, 0x9E, 0x48,
                                                 0xB5, 0x76, 0xCC, 0x23, 0x50, 0x04, 0x2E, 0x7B};

START_TEST(bytes_and_text_are_the_same_guid)
{
    struct guid guid, parsed;
    char text[GUID_TEXT_SIZE];
    ck_assert_int_eq(guid_decode(&guid, bytes, sizeof(bytes), NULL), 0);
    guid_format(&guid, text);
    ck_assert_str_eq(text, "22c7cc8e-a5f5-489e-b576-cc2350042e7b");
    ck_assert_int_eq(guid_parse(&parsed, slice_of(text), NULL), 0);
    ck_assert(guid_equal(&guid, &parsed));
    parsed.bytes[15] ^= 1;
    ck_assert(!guid_equal(&guid, &parsed));
    ck_assert_int_eq(guid_parse(&parsed, slice_of("{22C7CC8E-A5F5-489E-B576-CC2350042E7B}"), NULL),
                     0);
    ck_assert(guid_equal(&guid, &parsed));
}
END_TEST

START_TEST(everything_else_is_refused)
{
    static const char *const refused[] = {
        "",
        "{}",
        "22c7cc8e-a5f5-489e-b576-cc2350042e7",
        "22c7cc8e-a5f5-489e-b576-cc2350042e7bb",
        "22c7cc8ea5f5-489e-b576-cc2350042e7b-",
        "22c7cc8e-a5f5-489e-b576-cc2350042e7g",
        "{22c7cc8e-a5f5-489e-b576-cc2350042e7b",
        "22c7cc8e-a5f5-489e-b576-cc2350042e7b}",
        "(22c7cc8e-a5f5-489e-b576-cc2350042e7b)",
        "22c7cc8e0a5f5-489e-b576-cc2350042e7b",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        cleanup_error struct error *error = NULL;
        struct guid guid;
        ck_assert_msg(guid_parse(&guid, slice_of(refused[i]), &error) == -1, "%s", refused[i]);
        ck_assert_int_eq(error->code, ERROR_INPUT);
    }
    struct guid guid;
    ck_assert_int_eq(guid_parse(&guid, (struct slice){0}, NULL), -1);
    for (size_t length = 0; length < sizeof(bytes); length++) {
        cleanup_error struct error *error = NULL;
        ck_assert_int_eq(guid_decode(&guid, bytes, length, &error), -1);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
    }
}
END_TEST

SUITE("guid", bytes_and_text_are_the_same_guid, everything_else_is_refused)
