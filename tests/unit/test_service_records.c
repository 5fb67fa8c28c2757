#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/resolver.h"
#include "tests/support/suite.h"

/* Gives the numbers of a list, and aborts when more are asked for or one is out of range. */
struct script {
    const uint32_t *numbers;
    size_t count, at;
    uint32_t most[16];
};

static uint32_t scripted(uint32_t most, void *context)
{
    struct script *script = context;
    ck_assert_uint_lt(script->at, script->count);
    ck_assert_uint_le(script->numbers[script->at], most);
    script->most[script->at] = most;
    return script->numbers[script->at++];
}

struct row {
    const char *host;
    uint16_t priority, weight, port;
};

/* The hosts' letters in the order that comes out. */
static void order(const struct row *rows, size_t count, struct script *script, char *letters)
{
    struct service_record copies[16];
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct service_record){(char *)rows[i].host, rows[i].priority, rows[i].weight,
                                            rows[i].port};
    struct service_records list = {copies, count};
    service_records_order(&list, scripted, script);
    for (size_t i = 0; i < count; i++)
        letters[i] = copies[i].host[0];
    letters[count] = '\0';
}

START_TEST(priority_comes_first)
{
    const struct row records[] = {
        {"a", 20, 100, 389}, {"b", 0, 1, 389}, {"c", 65535, 0, 389}, {"d", 10, 5, 389}};
    struct script script = {0};
    char letters[8];
    order(records, 4, &script, letters);
    ck_assert_str_eq(letters, "bdac");
}
END_TEST

START_TEST(weight_decides_within_a_priority)
{
    const struct row records[] = {{"a", 0, 10, 389}, {"b", 0, 30, 389}, {"c", 0, 60, 389}};
    static const struct {
        uint32_t numbers[2];
        const char *letters;
    } rows[] = {
        /* Running sums 10, 40, 100; then of those that are left. */
        {{0, 0}, "abc"},   {{10, 30}, "abc"}, {{11, 11}, "bca"},
        {{40, 10}, "bac"}, {{41, 40}, "cba"}, {{100, 5}, "cab"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct script script = {rows[i].numbers, 2, 0, {0}};
        char letters[8];
        order(records, 3, &script, letters);
        ck_assert_msg(strcmp(letters, rows[i].letters) == 0, "row %zu: %s", i, letters);
        ck_assert_uint_eq(script.most[0], 100);
    }
}
END_TEST

START_TEST(a_weight_of_zero_has_a_small_chance)
{
    const struct row records[] = {{"a", 0, 1, 389}, {"z", 0, 0, 389}};
    static const uint32_t zero[] = {0}, one[] = {1};
    struct script script = {zero, 1, 0, {0}};
    char letters[8];
    order(records, 2, &script, letters);
    ck_assert_str_eq(letters, "za");
    script = (struct script){one, 1, 0, {0}};
    order(records, 2, &script, letters);
    ck_assert_str_eq(letters, "az");
}
END_TEST

START_TEST(the_largest_weights_do_not_overflow)
{
    struct row records[16];
    uint32_t numbers[15];
    for (size_t i = 0; i < 16; i++)
        records[i] = (struct row){"a", 1, 65535, 389};
    for (size_t i = 0; i < 15; i++)
        numbers[i] = 65535;
    struct script script = {numbers, 15, 0, {0}};
    char letters[17];
    order(records, 16, &script, letters);
    ck_assert_uint_eq(script.most[0], (size_t)16 * 65535);
    ck_assert_uint_eq(script.at, 15);
}
END_TEST

START_TEST(none_and_one_stay)
{
    struct script script = {0};
    struct service_records none = {0};
    char letters[8];
    const struct row one[] = {{"a", 0, 100, 389}};
    service_records_order(&none, scripted, &script);
    order(one, 1, &script, letters);
    ck_assert_str_eq(letters, "a");
}
END_TEST

static void expect_address(const char *host, const char *expected)
{
    const struct resolver_settings settings = {0};
    struct addresses addresses;
    char text[ADDRESS_TEXT_MAX];
    ck_assert_int_eq(resolver_addresses(&settings, host, 0, &addresses, NULL), 0);
    ck_assert_uint_eq(addresses.count, 1);
    address_text(&addresses.items[0], text);
    ck_assert_str_eq(text, expected);
}

START_TEST(addresses_need_no_dns)
{
    expect_address("127.0.0.10", "127.0.0.10");
    expect_address("fd00::1", "fd00::1");
    expect_address("[fd00::1]", "fd00::1");
}
END_TEST

START_TEST(what_is_no_name_is_not_asked)
{
    static const char *const names[] = {"", ".", "a b", "dc1;contoso", "dc1/contoso", "\xC3\xA4"};
    const struct resolver_settings settings = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        cleanup_error struct error *error = NULL;
        struct addresses addresses;
        ck_assert_int_eq(resolver_addresses(&settings, names[i], 0, &addresses, &error), -1);
        ck_assert_msg(error->code == ERROR_INPUT, "%s: %s", names[i], error->message);
    }
}
END_TEST

START_TEST(wrong_name_servers_are_the_callers_fault)
{
    const struct resolver_settings settings = {.servers = "not an address"};
    cleanup_error struct error *error = NULL;
    struct addresses addresses;
    ck_assert_int_eq(resolver_addresses(&settings, "dc1.contoso.test", 0, &addresses, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
}
END_TEST

SUITE("service_records", priority_comes_first, weight_decides_within_a_priority,
      a_weight_of_zero_has_a_small_chance, the_largest_weights_do_not_overflow, none_and_one_stay,
      addresses_need_no_dns, what_is_no_name_is_not_asked, wrong_name_servers_are_the_callers_fault)
