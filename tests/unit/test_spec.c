#include "credspec/spec.h"

#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "tests/support/rule_rows.h"
#include "tests/support/suite.h"

static const struct node *parse(struct arena *arena, const char *text)
{
    const struct node *spec = credspec_parse(arena, text, strlen(text), NULL, NULL);
    ck_assert_ptr_nonnull(spec);
    return spec;
}

static void check_refused(const char *text, size_t length, const char *message)
{
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *err = NULL;
    struct position where = {7, 7};
    ck_assert_ptr_null(credspec_parse(&arena, text, length, &where, &err));
    ck_assert_int_eq(err->code, ERROR_INPUT);
    ck_assert_msg(strstr(err->message, message) != NULL, "\"%s\" lacks \"%s\"", err->message,
                  message);
    ck_assert(where.line != 7);
    /* Whoever does not want to know why may say so. */
    ck_assert_ptr_null(credspec_parse(&arena, text, length, NULL, NULL));
}

START_TEST(texts_that_are_refused)
{
    check_refused("", 0, "");
    check_refused("{", 1, "");
    check_refused("{} {}", 5, "");
    check_refused("{\"Sid\":1,\"\\u0053id\":2}", 22, "");
    check_refused("{\"Sid\":\"\xff\"}", 11, "");
    check_refused("\xef\xbb\xbf{}", 5, "");
}
END_TEST

START_TEST(sizes_and_depths)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer text = {0};
    buffer_append_text(&text, "{}");
    while (text.length < CREDSPEC_TEXT_MAX)
        buffer_append_byte(&text, ' ');
    ck_assert_ptr_nonnull(credspec_parse(&arena, text.data, text.length, NULL, NULL));
    buffer_append_byte(&text, ' ');
    check_refused(text.data, text.length, "has 65537 bytes, at most 65536");

    buffer_clear(&text);
    for (int i = 0; i < CREDSPEC_DEPTH_MAX; i++)
        buffer_append_byte(&text, '[');
    for (int i = 0; i < CREDSPEC_DEPTH_MAX; i++)
        buffer_append_byte(&text, ']');
    ck_assert_ptr_nonnull(credspec_parse(&arena, text.data, text.length, NULL, NULL));
    cleanup_free char *deeper = xasprintf("[%s]", text.data);
    check_refused(deeper, strlen(deeper), "");
}
END_TEST

START_TEST(the_view)
{
    cleanup_arena struct arena arena = {0};
    struct credspec view = credspec_view(&arena, parse(&arena, rule_base_plugin));
    ck_assert(slice_is(view.sid, "S-1-5-21-1111-2222-4294967295"));
    ck_assert(slice_is(view.machine_account_name, "web"));
    ck_assert(slice_is(view.guid, "11223344-5566-7788-99aa-BBCCDDEEFF00"));
    ck_assert(slice_is(view.dns_tree_name, "example.org"));
    ck_assert(slice_is(view.dns_name, "ad.example.org"));
    ck_assert(slice_is(view.netbios_name, "SHORT"));
    ck_assert_uint_eq(view.account_count, 2);
    ck_assert(slice_is(view.accounts[1].name, "web"));
    ck_assert(slice_is(view.accounts[1].scope, "SHORT"));
    ck_assert(view.has_plugin);
    ck_assert(slice_is(view.portable_ccg_version, "1"));
    ck_assert(slice_is(view.plugin_guid, "{11111111-2222-3333-4444-aaaaaaaaaaaa}"));
    ck_assert(slice_is(view.plugin_input, "anything else"));
}
END_TEST

START_TEST(the_view_of_something_else)
{
    static const char *const texts[] = {
        "null",
        "[]",
        "{}",
        "{\"DomainJoinConfig\": [], \"ActiveDirectoryConfig\": \"\"}",
        "{\"DomainJoinConfig\": {\"Sid\": 1}}",
        "{\"ActiveDirectoryConfig\": {\"GroupManagedServiceAccounts\": {}}}",
        "{\"ActiveDirectoryConfig\": {\"HostAccountConfig\": \"\"}}",
    };
    cleanup_arena struct arena arena = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct credspec view = credspec_view(&arena, parse(&arena, texts[i]));
        ck_assert(!slice_present(view.sid));
        ck_assert_uint_eq(view.account_count, 0);
        ck_assert(!view.has_plugin);
    }
    struct credspec view = credspec_view(
        &arena, parse(&arena, "{\"ActiveDirectoryConfig\": {\"GroupManagedServiceAccounts\": "
                              "[1, {\"Name\": \"a\"}]}}"));
    ck_assert_uint_eq(view.account_count, 2);
    ck_assert(!slice_present(view.accounts[0].name));
    ck_assert(slice_is(view.accounts[1].name, "a"));
    ck_assert(!slice_present(view.accounts[1].scope));
}
END_TEST

/* Order, spaces and escapes are no difference; anything else is. */
START_TEST(equal_specs_have_equal_canonical_texts)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer a = {0};
    cleanup_buffer struct buffer b = {0};
    credspec_canonical(&a, parse(&arena, "{\"b\": \"<\\u0041>\", \"a\": [1, null]}"));
    credspec_canonical(&b, parse(&arena, "{\"a\":[1,null],\n\"b\":\"\\u003cA>\"}"));
    ck_assert_str_eq(a.data, "{\"a\":[1,null],\"b\":\"\\u003cA\\u003e\"}");
    ck_assert_str_eq(a.data, b.data);
}
END_TEST

static const struct credspec_parts parts = {
    .account = {"web", 3},
    .dns_name = {"ad.example.org", 14},
    .dns_tree_name = {"example.org", 11},
    .netbios_name = {"AD", 2},
    .sid = {"S-1-5-21-1-2-3", 14},
    .guid = {"11223344-5566-7788-99aa-bbccddeeff00", 36},
};

START_TEST(composing)
{
    cleanup_arena struct arena arena = {0};
    struct node *spec = credspec_compose(&arena, &parts);
    cleanup_buffer struct buffer text = {0};
    json_write_pretty(&text, spec);
    /* Members as New-CredentialSpec writes them. */
    static const char *const order[] = {
        "CmsPlugins",
        "ActiveDirectory\"",
        "DomainJoinConfig",
        "Sid",
        "MachineAccountName",
        "Guid",
        "DnsTreeName",
        "DnsName",
        "NetBiosName",
        "ActiveDirectoryConfig",
        "GroupManagedServiceAccounts",
        "ad.example.org",
        "\"AD\"",
    };
    const char *at = text.data;
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        const char *next = strstr(at, order[i]);
        ck_assert_msg(next != NULL, "%s is not in its place", order[i]);
        at = next + 1;
    }
    struct findings findings = {.arena = &arena};
    credspec_check(spec, "", &findings);
    ck_assert_uint_eq(findings.count, 0);
    ck_assert_ptr_null(node_at_pointer(spec, "/ActiveDirectoryConfig/HostAccountConfig"));
}
END_TEST

START_TEST(composing_with_more)
{
    cleanup_arena struct arena arena = {0};
    const struct credspec_account more[] = {
        {.name = slice_of("job")},
        {.name = slice_of("other"), .scope = slice_of("other.example")},
    };
    struct credspec_parts all = parts;
    all.additional = more;
    all.additional_count = ARRAY_LENGTH(more);
    all.plugin_guid = slice_of("{2F1B4A9C-6C0E-4D57-9A3B-7E5D1C84A6F2}");
    all.plugin_input = slice_of("team/web");
    struct node *spec = credspec_compose(&arena, &all);
    struct credspec view = credspec_view(&arena, spec);
    ck_assert_uint_eq(view.account_count, 4);
    ck_assert(slice_is(view.accounts[2].name, "job"));
    ck_assert(slice_is(view.accounts[2].scope, "ad.example.org"));
    ck_assert(slice_is(view.accounts[3].scope, "other.example"));
    ck_assert(slice_is(view.plugin_input, "team/web"));
    struct findings findings = {.arena = &arena};
    credspec_check(spec, "", &findings);
    ck_assert_uint_eq(findings.count, 0);
}
END_TEST

/* What is left out is missing, for the rules to report. */
START_TEST(composing_with_less)
{
    cleanup_arena struct arena arena = {0};
    const struct credspec_parts nothing = {0};
    struct findings findings = {.arena = &arena};
    credspec_check(credspec_compose(&arena, &nothing), "", &findings);
    ck_assert_uint_eq(findings.errors, 7);
}
END_TEST

SUITE("spec", texts_that_are_refused, sizes_and_depths, the_view, the_view_of_something_else,
      equal_specs_have_equal_canonical_texts, composing, composing_with_more, composing_with_less)
