/* Linux pods: annotations in, a grant out. */
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

#define OURS(key, value) "'gmsa-identity.dev/" key "':'" value "'"

static const struct {
    const char *annotations;
    int code;
    const char *reason, *part;
} rows[] = {
    {OURS("credential-spec", "webapp01"), 200, NULL, NULL},
    {OURS("credential-spec.web", "webapp01"), 200, NULL, NULL},
    {OURS("credential-spec.migrate", "listed"), 200, NULL, NULL}, /* lists are for Windows */
    {OURS("credential-spec", "webapp01") "," OURS("credential-spec.migrate", "webapp02"), 200, NULL,
     NULL},
    {OURS("credential-spec", "webapp01") "," OURS("credential-spec.migrate", "webapp01"), 200, NULL,
     NULL},
    {OURS("credential-spec", ""), 422, "spec-name-invalid",
     "annotation \"gmsa-identity.dev/credential-spec\": Invalid value: \"\""},
    {OURS("credential-spec.web", "A/B"), 422, "spec-name-invalid", "\"A/B\""},
    {OURS("credential-spec", "secret"), 403, "not-authorised",
     "annotation \"gmsa-identity.dev/credential-spec\": service account \"shop/webapp\" is not"},
    {OURS("credential-spec.web", "ghost"), 403, "not-authorised", "credential-spec.web"},
    {OURS("credential-spec", "unsure"), 503, "authorisation-unavailable", "unsure"},
    {OURS("credential-spec", "absent"), 404, "spec-not-found", "absent"},
    {OURS("credential-spec", "away"), 503, "lookup-unavailable", "away"},
    {OURS("credential-spec", "broken"), 422, "spec-invalid", "broken"},
    {OURS("credential-spec.wbe", "webapp01"), 422, "container-unknown",
     "the pod has no container \"wbe\"; did you mean \"web\"?"},
    {OURS("credential-spec.", "webapp01"), 422, "container-unknown", "no container \"\""},
    {OURS("credentialspec", "webapp01"), 422, "annotation-unknown",
     "did you mean \"gmsa-identity.dev/credential-spec\"?"},
    {OURS("xyz", "1"), 422, "annotation-unknown", "there is no such annotation"},
};

START_TEST(annotations_at_mutate)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *pod = linux_pod(&world, rows[i].annotations);
        const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pod);
        if (rows[i].code != 200) {
            expect_refused(verdict, rows[i].code, rows[i].reason, rows[i].part);
            expect_refused(create(&world, ENDPOINT_VALIDATE, pod), rows[i].code, rows[i].reason,
                           rows[i].part);
            continue;
        }
        expect_allowed(verdict);
        ck_assert(verdict->concerned);
        expect_refused(create(&world, ENDPOINT_VALIDATE, pod), 422, "grant-missing",
                       "the mutating webhook did not run");
        const char *stored = world_apply(&world, pod, verdict->patch);
        expect_allowed(create(&world, ENDPOINT_VALIDATE, stored));
        ck_assert_ptr_null(create(&world, ENDPOINT_MUTATE, stored)->patch);
    }
    world_close(&world);
}
END_TEST

static const char *grant_of(const char *pod)
{
    const char *begin = strstr(pod, "\"gmsa-identity.dev/grant\":\"") + 27;
    return arena_format(&world.arena, "%.*s", (int)strcspn(begin, "\""), begin);
}

START_TEST(grant_says_what_was_asked)
{
    world_open(&world);
    const char *stored =
        mutated(&world, linux_pod(&world, OURS("credential-spec", "webapp01") "," OURS(
                                              "credential-spec.migrate", "webapp02")));
    struct grant grant;
    ck_assert_int_eq(grant_open(world.keys, slice_of(grant_of(stored)), &world.arena, &grant, NULL),
                     0);
    ck_assert(slice_is(grant.cluster, "prod"));
    ck_assert(slice_is(grant.namespace, "shop"));
    ck_assert(slice_is(grant.service_account, "webapp"));
    ck_assert_uint_eq(grant.entry_count, 2);
    ck_assert(slice_is(grant.entries[0].container, "*"));
    ck_assert(slice_is(grant.entries[0].spec_name, "webapp01"));
    ck_assert(slice_is(grant.entries[1].container, "migrate"));
    ck_assert(slice_is(grant.entries[1].spec_name, "webapp02"));
    ck_assert_uint_eq(grant.spec_count, 2);
    ck_assert(slice_is(grant.specs[1].canonical,
                       world_spec(&world, slice_of("webapp02"))->resource->canonical));
    world_close(&world);
}
END_TEST

START_TEST(forged_grants_are_written_over)
{
    world_open(&world);
    const char *names = OURS("credential-spec", "webapp01");
    const char *right = grant_of(mutated(&world, linux_pod(&world, names)));
    const char *other =
        grant_of(mutated(&world, linux_pod(&world, OURS("credential-spec", "webapp02"))));
    const char *const forged[] = {"", "x", "a.b.c", other};
    for (size_t i = 0; i < 4; i++) {
        const char *pod = linux_pod(
            &world, arena_format(&world.arena, "%s," OURS("grant", "%s"), names, forged[i]));
        expect_refused(create(&world, ENDPOINT_VALIDATE, pod), 422, "grant-differs", "grant");
        const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pod);
        expect_allowed(verdict);
        ck_assert_ptr_nonnull(strstr(verdict->patch, "[{\"op\":\"replace\",\"path\":\"/metadata/"
                                                     "annotations/gmsa-identity.dev~1grant\""));
        ck_assert_str_eq(grant_of(world_apply(&world, pod, verdict->patch)), right);
    }
    world_close(&world);
}
END_TEST

START_TEST(grant_without_spec_is_removed)
{
    world_open(&world);
    const char *on_windows =
        world_json(&world, "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations':{"
                           "'gmsa-identity.dev/grant':'x'}},'spec':{'os':{'name':'windows'},"
                           "'securityContext':{'windowsOptions':{'gmsaCredentialSpecName':"
                           "'webapp01','gmsaCredentialSpec':@webapp01@}}}}");
    const char *pods[] = {linux_pod(&world, OURS("grant", "x")), on_windows};
    for (size_t i = 0; i < 2; i++) {
        expect_refused(create(&world, ENDPOINT_VALIDATE, pods[i]), 422, "grant-unexpected",
                       "the pod names no credential spec");
        const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pods[i]);
        expect_allowed(verdict);
        ck_assert_str_eq(
            verdict->patch,
            "[{\"op\":\"remove\",\"path\":\"/metadata/annotations/gmsa-identity.dev~1grant\"}]");
        const char *stored = world_apply(&world, pods[i], verdict->patch);
        expect_allowed(create(&world, ENDPOINT_VALIDATE, stored));
    }
    world_close(&world);
}
END_TEST

START_TEST(not_on_windows)
{
    static const char *const specs[] = {
        "'os':{'name':'windows'}",
        "'nodeSelector':{'kubernetes.io/os':'windows'}",
        "'securityContext':{'windowsOptions':{}}",
        "'containers':[{'name':'a','securityContext':{'windowsOptions':{'runAsUserName':'x'}}}]",
        ("'initContainers':[{'name':'a','securityContext':{'windowsOptions':{"
         "'gmsaCredentialSpecName':'webapp01'}}}]"),
    };
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(specs); i++) {
        const char *pod = world_json(
            &world, arena_format(&world.arena,
                                 "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations':{"
                                 "'gmsa-identity.dev/credential-spec':'webapp01'}},'spec':{%s}}",
                                 specs[i]));
        for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++)
            expect_refused(create(&world, (enum endpoint)endpoint, pod), 422,
                           "annotation-on-windows-pod", "windowsOptions.gmsaCredentialSpecName");
    }
    world_close(&world);
}
END_TEST

START_TEST(not_without_a_key)
{
    world_open(&world);
    const char *stored = mutated(&world, linux_pod(&world, OURS("credential-spec", "webapp01")));
    world.settings.grant_keys = NULL;
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++)
        expect_refused(create(&world, (enum endpoint)endpoint, stored), 422, "grant-key-missing",
                       "--linux-grant-key");
    world_close(&world);
}
END_TEST

START_TEST(grant_is_bound)
{
    world_open(&world);
    const char *stored = mutated(&world, linux_pod(&world, OURS("credential-spec", "webapp01")));
    world.settings.cluster_name = slice_of("test");
    expect_refused(create(&world, ENDPOINT_VALIDATE, stored), 422, "grant-differs", "grant");
    world_close(&world);
}
END_TEST

START_TEST(annotations_cannot_change)
{
    static const char *const states[] = {
        "'other.dev/x':'1'",
        OURS("credential-spec", "webapp01"),
        OURS("credential-spec", "webapp02"),
        OURS("credential-spec.web", "webapp01"),
        OURS("credential-spec", "webapp01") "," OURS("grant", "x"),
        OURS("credential-spec", "webapp01") "," OURS("grant", "y"),
        OURS("grant", "x"),
    };
    size_t count = ARRAY_LENGTH(states);
    world_open(&world);
    for (size_t from = 0; from < count; from++)
        for (size_t to = 0; to < count; to++) {
            const char *pod = linux_pod(&world, states[to]), *old = linux_pod(&world, states[from]);
            const struct verdict *verdict = update(&world, ENDPOINT_VALIDATE, "", pod, old);
            const struct verdict *ephemeral =
                update(&world, ENDPOINT_MUTATE, "ephemeralcontainers", pod, old);
            if (from == to) {
                expect_allowed(verdict);
                expect_allowed(ephemeral);
                ck_assert_ptr_null(ephemeral->patch);
                continue;
            }
            expect_refused(verdict, 422, "identity-changed", "annotation \"gmsa-identity.dev/");
            expect_refused(ephemeral, 422, "identity-changed", "make a new pod");
        }
    world_close(&world);
}
END_TEST

/* `*` covers containers that are added later. */
START_TEST(ephemeral_container_on_linux)
{
    static const char form[] =
        "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations':{"
        "'gmsa-identity.dev/credential-spec':'secret',"
        "'gmsa-identity.dev/grant':'x'}},'spec':{'ephemeralContainers':[%s]}}";
    world_open(&world);
    const char *old = world_json(&world, arena_format(&world.arena, form, ""));
    const char *pod = world_json(&world, arena_format(&world.arena, form, "{'name':'debug'}"));
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++) {
        const struct verdict *verdict =
            update(&world, (enum endpoint)endpoint, "ephemeralcontainers", pod, old);
        expect_allowed(verdict);
        ck_assert_ptr_null(verdict->patch);
    }
    world_close(&world);
}
END_TEST

SUITE("decision_linux", annotations_at_mutate, grant_says_what_was_asked,
      forged_grants_are_written_over, grant_without_spec_is_removed, not_on_windows,
      not_without_a_key, grant_is_bound, annotations_cannot_change, ephemeral_container_on_linux)
