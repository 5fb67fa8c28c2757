/* The audit: everything that speaks against a pod that runs already. */
#include <check.h>

#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

static const struct verdict *audit(const char *pod)
{
    return create(&world, ENDPOINT_AUDIT, pod);
}

/* The reasons in their order, with spaces between them. */
static void expect_reasons(const char *pod, const char *expected)
{
    const struct verdict *verdict = audit(pod);
    cleanup_buffer struct buffer found = {0};
    for (size_t i = 0; i < verdict->objection_count; i++)
        buffer_append_format(&found, "%s%s", i ? " " : "", verdict->objections[i].reason);
    ck_assert_msg(strcmp(buffer_text(&found), expected) == 0, "%s: found \"%s\", expected \"%s\"",
                  pod, buffer_text(&found), expected);
    if (verdict->code != 503)
        ck_assert_int_eq(verdict->allowed, verdict->objection_count == 0);
}

START_TEST(what_is_right_has_no_objection)
{
    world_open(&world);
    expect_reasons(windows_pod(&world, NULL, NULL, NULL, NULL), "");
    expect_reasons(windows_pod(&world,
                               "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':"
                               "@webapp01@}",
                               NULL, NULL, NULL),
                   "");
    ck_assert_str_eq(audit(windows_pod(&world,
                                       "{'gmsaCredentialSpecName':'webapp01',"
                                       "'gmsaCredentialSpec':@webapp01@}",
                                       NULL, NULL, NULL))
                         ->reason,
                     "permitted");
    expect_reasons(mutated(&world, linux_pod(&world, "'gmsa-identity.dev/credential-spec':"
                                                     "'webapp01'")),
                   "");
    world_close(&world);
}
END_TEST

START_TEST(every_objection_is_told)
{
    world_open(&world);
    /* One place each, and a spec that may not be used, whose contents are compared all the same. */
    expect_reasons(
        windows_pod(&world, "{'gmsaCredentialSpecName':'secret','gmsaCredentialSpec':@webapp01@}",
                    "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':'{}'}",
                    "{'gmsaCredentialSpec':@webapp01@}", NULL),
        "not-authorised contents-differ contents-differ contents-without-name");
    expect_reasons(windows_pod(&world, "{'gmsaCredentialSpecName':'absent'}",
                               "{'gmsaCredentialSpecName':'broken','gmsaCredentialSpec':'{}'}",
                               "{'gmsaCredentialSpecName':'webapp01'}", NULL),
                   "spec-not-found spec-invalid contents-missing");
    expect_reasons(windows_pod(&world,
                               "{'gmsaCredentialSpecName':'listed','gmsaCredentialSpec':@listed@,"
                               "'runAsUserName':'nobody'}",
                               "{'runAsUserName':'a@b'}",
                               "{'runAsUserName':'NT AUTHORITY\\\\SYSTEM'}", NULL),
                   "user-name-invalid user-name-not-allowed");
    expect_reasons(windows_pod(&world, "{'gmsaCredentialSpecName':'A b','gmsaCredentialSpec':'x'}",
                               "{'gmsaCredentialSpec':'x'}", NULL, NULL),
                   "spec-name-invalid contents-without-name");
    world_close(&world);
}
END_TEST

/* Another webhook may have written them. */
START_TEST(contents_that_mean_the_same_are_told_from_others)
{
    world_open(&world);
    const char *literal = world_contents(&world, "webapp01"); /* "{...}", with its quotes */
    const char *inner = arena_copy(&world.arena, literal + 2, strlen(literal) - 3);
    const struct {
        const char *contents, *message;
    } cases[] = {
        {arena_format(&world.arena, " { %s \\n", inner), "mean the same as"},
        {arena_format(&world.arena, "{\\\"CmsPlugins\\\":[],%s", inner), "are not, or no longer"},
        {arena_format(&world.arena, "{%s x", inner), "are not, or no longer"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct verdict *verdict = audit(windows_pod_at(
            &world, PLACE_CONTAINER,
            arena_format(&world.arena,
                         "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':\"%s\"}",
                         cases[i].contents)));
        ck_assert_uint_eq(verdict->objection_count, 1);
        ck_assert_str_eq(verdict->objections[0].reason, "contents-differ");
        ck_assert_ptr_nonnull(strstr(verdict->objections[0].message, cases[i].message));
    }
    world_close(&world);
}
END_TEST

START_TEST(ephemeral_containers_are_looked_at)
{
    world_open(&world);
    expect_reasons(windows_pod(&world, NULL, NULL, NULL, "{'gmsaCredentialSpec':'{}'}"),
                   "contents-without-name");
    world_close(&world);
}
END_TEST

START_TEST(what_is_not_known_is_no_objection)
{
    world_open(&world);
    expect_reasons(windows_pod(&world, "{'gmsaCredentialSpecName':'away'}", NULL, NULL, NULL), "");
    expect_reasons(windows_pod(&world, "{'gmsaCredentialSpecName':'unsure'}", NULL, NULL, NULL),
                   "contents-missing");
    world_close(&world);
}
END_TEST

#define NAMED(name) "'gmsa-identity.dev/credential-spec':'" name "'"

START_TEST(grants_are_verified)
{
    world_open(&world);
    const char *pod = mutated(&world, linux_pod(&world, NAMED("webapp01")));
    struct grant_keys *other = grant_keys_make(NULL);
    ck_assert_ptr_nonnull(other);
    world.settings.grant_keys = other;
    expect_reasons(pod, "grant-differs");
    world.settings.grant_keys = world.keys;
    world.settings.cluster_name = slice_of("other");
    expect_reasons(pod, "grant-differs");
    expect_reasons(linux_pod(&world, NAMED("webapp01")), "grant-missing");
    expect_reasons(linux_pod(&world, "'gmsa-identity.dev/grant':'x'"), "grant-unexpected");
    /* Its spec is gone: there is nothing to hold it against. */
    expect_reasons(linux_pod(&world, NAMED("absent") ",'gmsa-identity.dev/grant':'x'"),
                   "spec-not-found");
    grant_keys_free(other);
    world_close(&world);
}
END_TEST

START_TEST(without_keys_a_grant_is_not_verified)
{
    world_open(&world);
    world.settings.grant_keys = NULL;
    expect_reasons(linux_pod(&world, NAMED("webapp01") ",'gmsa-identity.dev/grant':'x'"), "");
    expect_reasons(linux_pod(&world, NAMED("webapp01")), "grant-missing");
    world_close(&world);
}
END_TEST

SUITE("decision_audit", what_is_right_has_no_objection, every_objection_is_told,
      contents_that_mean_the_same_are_told_from_others, ephemeral_containers_are_looked_at,
      what_is_not_known_is_no_objection, grants_are_verified, without_keys_a_grant_is_not_verified)
