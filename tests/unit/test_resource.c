/* CS080 to CS099, and the resource made out of an object. */
#include "credspec/resource.h"

#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "tests/support/rule_rows.h"
#include "tests/support/suite.h"

#define VERSION "\"apiVersion\": \"windows.k8s.io/v1\""
#define KIND    "\"kind\": \"GMSACredentialSpec\""
#define NAME    "{\"name\": \"web\"}"
#define USER    "\"runAsUserName\": \"one\""
#define LIST    "[\"NT AUTHORITY\\\\SYSTEM\", \"ONE\"]"

static const struct rule_row rows[] = {
    {"", ""},
    {VERSION, "\"apiVersion\": \"windows.k8s.io/v1alpha1\"", "CS081", "/apiVersion", "\"windows.k",
     "is deprecated"},
    {VERSION, "\"apiVersion\": \"windows.k8s.io/v2\"", "CS080", "/apiVersion", "\"windows.k",
     "not that of a credential spec"},
    {VERSION, "\"apiVersion\": \"v1\"", "CS080", "/apiVersion", "\"v1\"", "\"v1\" is not"},
    {VERSION, "\"apiVersion\": 1", "CS004", "/apiVersion", "1,", "must be a string"},
    {VERSION ",", "", "CS003", "/apiVersion", "{", "GMSACredentialSpec lacks \"apiVersion\""},
    {KIND, "\"kind\": \"GmsaCredentialSpec\"", "CS082", "/kind", "\"GmsaC", "\"GmsaCred"},
    {KIND, "\"Kind\": \"GMSACredentialSpec\"", "CS005", "/Kind", "\"Kind", "spelled \"kind\""},
    {NAME, "{\"name\": \"gmsa-WebApp1\"}", "CS083", "/metadata/name", "\"gmsa-WebApp1\"",
     "metadata.name \"gmsa-WebApp1\": a lowercase RFC 1123 subdomain must"},
    {NAME, "{\"name\": \"\"}", "CS083", "/metadata/name", "\"\"", "lowercase RFC 1123"},
    {NAME, "{\"name\": 5}", "CS004", "/metadata/name", "5}", "metadata.name must be a string"},
    {NAME, "{}", "CS003", "/metadata/name", "{}", "metadata lacks \"name\""},
    {NAME, "[]", "CS004", "/metadata", "[]", "metadata must be an object"},
    {"\"metadata\": {\"name\": \"web\"},", "", "CS003", "/metadata", "{", "lacks \"metadata\""},
    {NAME, "{\"name\": \"web\", \"labels\": 1.5, \"managedFields\": [null]}"},
    {"\"status\": {\"observed\": 1.5}", "\"status\": \"\""},
    {USER, USER ", \"runAsUsername\": \"one\"", "CS005", "/runAsUsername", "\"runAsUsername",
     "\"runAsUserName\""},
    {USER, USER ", \"runAsUser\": \"one\"", "CS006", "/runAsUser", "\"runAsUser\"",
     "GMSACredentialSpec has no field \"runAsUser\""},
    /* The spec */
    {"\"credspec\"", "\"spec\"", "CS084", "/spec", "\"spec\"", "where other kinds have \"spec\""},
    {"\"credspec\"", "\"credSpec\"", "CS005", "/credSpec", "\"credSpec\"", "\"credspec\""},
    {"\"credspec\"", "\"CmsPlugins\": [], \"DomainJoinConfig\"", "CS084", "/CmsPlugins",
     "\"CmsPlugins\": []", "belong under \"credspec\""},
    {"\"credspec\": {", "\"credspec\": \"{}\", \"spec\": {", "CS001", "/credspec", "\"{}\"",
     "is a string", "CS006"},
    {"\"credspec\": {", "\"credspec\": null, \"more\": {", "CS001", "/credspec", "null",
     "must be an object, not null", "CS006"},
    /* runAsUserName */
    {USER, "\"runAsUserName\": \"nt authority\\\\system\""},
    {USER, "\"runAsUserName\": \"two\"", "CS086", "/runAsUserName", "\"two\"",
     "\"two\" is none of allowedRunAsUserNames"},
    {USER, "\"runAsUserName\": \"\"", "CS008", "/runAsUserName", "\"\"", "runAsUserName is empty"},
    {USER, "\"runAsUserName\": \" one\"", "CS009", "/runAsUserName", "\" one\"", "white space"},
    {USER, "\"runAsUserName\": null", "CS004", "/runAsUserName", "null", "must be a string"},
    {USER ",\n\"allowedRunAsUserNames\": " LIST, "\"runAsUserName\": \"a@b\"", "CS085",
     "/runAsUserName", "\"a@b\"", "User cannot contain the following characters"},
    {USER ",\n\"allowedRunAsUserNames\": " LIST, "\"runAsUserName\": \"a\\tb\"", "CS085",
     "/runAsUserName", "\"a\\tb\"", "cannot contain control characters"},
    {USER ",\n\"allowedRunAsUserNames\": " LIST,
     "\"runAsUserName\": \"User Manager\\\\containeruser\"", "CS088", "/runAsUserName", "\"User M",
     "ContainerUser is a local account"},
    /* allowedRunAsUserNames */
    {USER ",", ""},
    {LIST, "[]"},
    {LIST, "\"one\"", "CS004", "/allowedRunAsUserNames", "\"one\",\n\"status", "must be a list"},
    {LIST, "[\"one\", 5]", "CS004", "/allowedRunAsUserNames/1", "5]", "must be a string"},
    {LIST, "[\"one\", \"\"]", "CS008", "/allowedRunAsUserNames/1", "\"\"", "is empty"},
    {LIST, "[\"one\", \"a\\\\b\\\\c\"]", "CS085", "/allowedRunAsUserNames/1", "\"a\\\\b",
     "more than one backslash"},
    {LIST, "[\"one\", \"two\", \"ONE\"]", "CS087", "/allowedRunAsUserNames/2", "\"ONE\"",
     "\"ONE\" is listed twice"},
    {LIST, "[\"one\", \"ContainerUser\"]", "CS088", "/allowedRunAsUserNames/1", "\"ContainerUser",
     "local account"},
};

static const struct rule_row strangers[] = {
    {"X", "[]", "CS004", "", "[]", "a GMSACredentialSpec must be an object, not a list"},
};

static struct node *parse(struct arena *arena, const char *text)
{
    const struct tree_limits limits = {0};
    struct node *root = json_tree_parse(arena, text, strlen(text), &limits, NULL, NULL);
    ck_assert_ptr_nonnull(root);
    return root;
}

START_TEST(each_rule_on_its_own)
{
    rule_rows_check(rule_base_resource, rows, ARRAY_LENGTH(rows), credspec_check_resource);
    rule_rows_check("X", strangers, ARRAY_LENGTH(strangers), credspec_check_resource);
}
END_TEST

START_TEST(no_rule_is_left_out)
{
    rule_rows_exercise(rows, ARRAY_LENGTH(rows), "CS080", "CS099");
}
END_TEST

START_TEST(findings_come_in_the_order_of_the_text)
{
    cleanup_arena struct arena arena = {0};
    cleanup_free char *first = rule_replace(rule_base_resource, VERSION, "\"apiVersion\": \"v2\"");
    cleanup_free char *second = rule_replace(first, "\"SHORT\"\n", "\"SHO.RT\"\n");
    cleanup_free char *third = rule_replace(second, "\"web\"}", "\"Web\"}");
    struct findings findings = {.arena = &arena};
    credspec_check_resource(parse(&arena, third), "/items/3", &findings);
    ck_assert_uint_eq(findings.count, 3);
    ck_assert_str_eq(findings.items[0].pointer, "/items/3/apiVersion");
    ck_assert_str_eq(findings.items[1].pointer, "/items/3/metadata/name");
    ck_assert_str_eq(findings.items[2].pointer, "/items/3/credspec/DomainJoinConfig/NetBiosName");
    ck_assert_ptr_eq(findings_first_error(&findings), &findings.items[0]);
}
END_TEST

START_TEST(resources_are_known_by_group_and_kind)
{
    cleanup_arena struct arena arena = {0};
    static const struct {
        const char *text;
        bool is;
    } objects[] = {
        {"{" VERSION "," KIND "}", true},
        {"{\"apiVersion\": \"windows.k8s.io/v1alpha1\"," KIND "}", true},
        {"{\"apiVersion\": \"windows.k8s.io/v7\"," KIND "}", true},
        {"{\"apiVersion\": \"windows.k8s.iox/v1\"," KIND "}", false},
        {"{\"apiVersion\": \"v1\"," KIND "}", false},
        {"{" VERSION ",\"kind\": \"Pod\"}", false},
        {"{" KIND "}", false},
        {"[]", false},
        {"null", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(objects); i++)
        ck_assert_msg(credspec_is_resource(parse(&arena, objects[i].text)) == objects[i].is, "%s",
                      objects[i].text);
}
END_TEST

static struct credspec_resource *create(const char *text)
{
    cleanup_arena struct arena arena = {0};
    struct error *err = NULL;
    struct credspec_resource *resource = credspec_resource_create(parse(&arena, text), &err);
    ck_assert_msg(resource != NULL, "%s", err ? err->message : "");
    return resource; /* which must not need the tree any more */
}

START_TEST(a_valid_resource)
{
    struct credspec_resource *resource = create(rule_base_resource);
    ck_assert_str_eq(resource->name, "web");
    ck_assert_ptr_null(resource->problem);
    ck_assert_uint_eq(resource->canonical_length, strlen(resource->canonical));
    ck_assert(slice_starts_with(slice_of(resource->canonical), "{\"ActiveDirectoryConfig\":{\""));
    ck_assert_str_eq(resource->run_as_user_name, "one");
    ck_assert_uint_eq(resource->allowed_count, 2);
    ck_assert_str_eq(resource->allowed_run_as_user_names[0], "NT AUTHORITY\\SYSTEM");
    ck_assert_str_eq(resource->account, "web");
    ck_assert_str_eq(resource->domain, "ad.example.org");
    ck_assert(credspec_resource_allows_user(resource, slice_of("nt authority\\system")));
    ck_assert(credspec_resource_allows_user(resource, slice_of("One")));
    ck_assert(!credspec_resource_allows_user(resource, slice_of("system")));
    ck_assert(!credspec_resource_allows_user(resource, slice_of("")));
    ck_assert(!credspec_resource_allows_user(resource, (struct slice){0}));
    credspec_resource_free(resource);
}
END_TEST

START_TEST(an_invalid_resource)
{
    cleanup_free char *text =
        rule_replace(rule_base_resource, "\"S-1-5-21-1111-2222-4294967295\"", "\"S-1\"");
    struct credspec_resource *resource = create(text);
    ck_assert_str_eq(resource->name, "web");
    ck_assert_ptr_null(resource->canonical);
    ck_assert_str_eq(resource->problem, "Sid \"S-1\" is not a domain's SID: S-1-5-21 and three "
                                        "decimal numbers [CS022]");
    ck_assert_str_eq(resource->account, "web");
    credspec_resource_free(resource);

    resource = create("{" VERSION "," KIND ",\"metadata\":" NAME "}");
    ck_assert_str_eq(resource->problem, "GMSACredentialSpec lacks \"credspec\" [CS003]");
    ck_assert_str_eq(resource->account, "");
    ck_assert_str_eq(resource->domain, "");
    ck_assert(credspec_resource_allows_user(resource, slice_of("anyone")));
    credspec_resource_free(resource);
    credspec_resource_free(NULL);
}
END_TEST

/* Warnings do not make a spec invalid. */
START_TEST(a_resource_with_warnings)
{
    cleanup_free char *text = rule_replace(rule_base_resource, "/v1\"", "/v1alpha1\"");
    struct credspec_resource *resource = create(text);
    ck_assert_ptr_null(resource->problem);
    ck_assert_ptr_nonnull(resource->canonical);
    credspec_resource_free(resource);
}
END_TEST

/* An error must count however many findings come before it. */
START_TEST(an_error_behind_many_warnings)
{
    enum { MANY = 3 * FINDINGS_KEPT_MAX };
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer unknown = {0};
    for (int i = 0; i < MANY; i++)
        buffer_append_format(&unknown, "\"x%d\": 1,\n", i);
    buffer_append_text(&unknown, "\"credspec\"");
    cleanup_free char *many =
        rule_replace(rule_base_resource, "\"credspec\"", buffer_text(&unknown));
    cleanup_free char *text =
        rule_replace(many, "\"NetBiosName\": \"SHORT\"", "\"NetBiosName\": \"a.b\"");
    struct credspec_resource *resource = create(text);
    ck_assert_ptr_null(resource->canonical);
    ck_assert_ptr_nonnull(strstr(resource->problem, "[CS029]"));
    credspec_resource_free(resource);

    struct findings findings = {.arena = &arena};
    credspec_check_resource(parse(&arena, text), "", &findings);
    ck_assert_uint_eq(findings.warnings, MANY);
    ck_assert_uint_eq(findings.errors, 1);
    ck_assert_uint_eq(findings.count, FINDINGS_KEPT_MAX + 1);
}
END_TEST

START_TEST(no_usable_name)
{
    static const char *const metadata[] = {"{}", "{\"name\": \"Web\"}", "{\"name\": 5}",
                                           "{\"name\": \"a\\u0000b\"}", "null"};
    for (size_t i = 0; i < ARRAY_LENGTH(metadata); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_free char *text = rule_replace(rule_base_resource, NAME, metadata[i]);
        cleanup_error struct error *err = NULL;
        ck_assert_ptr_null(credspec_resource_create(parse(&arena, text), &err));
        ck_assert_int_eq(err->code, ERROR_INPUT);
        ck_assert_ptr_nonnull(strstr(err->message, "metadata.name"));
    }
}
END_TEST

/* The objects of the existing webhook's tests and of Kubernetes' task page: nothing is wrong with
 * their form. Placeholders and lengths are warnings. */
START_TEST(objects_of_others)
{
    static const char text[] =
        "{\"apiVersion\":\"windows.k8s.io/v1alpha1\",\"kind\":\"GMSACredentialSpec\","
        "\"metadata\":{\"name\":\"gmsa-webapp1\",\"labels\":{\"chart\":\"gmsa\"}},"
        "\"credspec\":{\"ActiveDirectoryConfig\":{\"GroupManagedServiceAccounts\":["
        "{\"Name\":\"WebApplication0\",\"Scope\":\"CONTOSO\"},"
        "{\"Name\":\"WebApplication0\",\"Scope\":\"contoso.com\"}]},"
        "\"CmsPlugins\":[\"ActiveDirectory\"],"
        "\"DomainJoinConfig\":{\"DnsName\":\"contoso.com\",\"DnsTreeName\":\"contoso.com\","
        "\"Guid\":\"244818ae-87ac-4fcd-92ec-e79e5252348a\","
        "\"MachineAccountName\":\"WebApplication0\",\"NetBiosName\":\"CONTOSO\","
        "\"Sid\":\"S-1-5-21-2126449477-2524075714-3094792973\"}}}";
    cleanup_arena struct arena arena = {0};
    struct findings findings = {.arena = &arena};
    credspec_check_resource(parse(&arena, text), "", &findings);
    ck_assert_uint_eq(findings.errors, 0);
    ck_assert_uint_eq(findings.warnings, 4);
}
END_TEST

START_TEST(wrapping_a_spec)
{
    cleanup_arena struct arena arena = {0};
    struct node *object = credspec_wrap(&arena, parse(&arena, rule_base_spec), "web",
                                        slice_of("NT AUTHORITY\\SYSTEM"));
    struct findings findings = {.arena = &arena};
    credspec_check_resource(object, "", &findings);
    ck_assert_uint_eq(findings.count, 0);
    ck_assert(credspec_is_resource(object));
    ck_assert(slice_is(node_text(object, "runAsUserName"), "NT AUTHORITY\\SYSTEM"));
    object = credspec_wrap(&arena, parse(&arena, rule_base_spec), "web", (struct slice){0});
    ck_assert_ptr_null(node_member(object, "runAsUserName"));
    ck_assert(slice_is(object->first->name, "apiVersion"));
}
END_TEST

SUITE("resource", each_rule_on_its_own, no_rule_is_left_out, findings_come_in_the_order_of_the_text,
      resources_are_known_by_group_and_kind, a_valid_resource, an_invalid_resource,
      a_resource_with_warnings, an_error_behind_many_warnings, no_usable_name, objects_of_others,
      wrapping_a_spec)
