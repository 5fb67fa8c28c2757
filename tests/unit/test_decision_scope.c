/* What is ours, what is malformed, and who the subject is. */
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

#define PODS     "'resource':{'group':'','version':'v1','resource':'pods'},'namespace':'shop',"
#define POD_KIND "'kind':{'group':'','version':'v1','kind':'Pod'},"
#define EVIL                                                                                       \
    "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[{'name':'a','securityContext':{"        \
    "'windowsOptions':{'gmsaCredentialSpec':'evil'}}}]}}"
#define PLAIN "{'apiVersion':'v1','kind':'Pod','spec':{}}"

/* peers 2.3.12: one of our resources that is not what it must be is a way round. */
static const struct {
    const char *request;
    const char *part;
} malformed[] = {
    {PODS POD_KIND "'operation':'CREATE'", "object is missing"},
    {PODS POD_KIND "'operation':'CREATE','object':null", "object is missing"},
    {PODS POD_KIND "'operation':'UPDATE','object':" PLAIN, "oldObject is missing"},
    {PODS POD_KIND "'operation':'UPDATE','oldObject':" PLAIN, "object is missing"},
    {PODS POD_KIND "'operation':'UPDATE','object':" PLAIN ",'oldObject':null",
     "oldObject is missing"},
    {PODS POD_KIND "'object':" EVIL, "the operation is missing"},
    {PODS POD_KIND "'operation':'PATCH','object':" EVIL, "the operation is missing or not"},
    {PODS POD_KIND "'operation':'create','object':" EVIL, "the operation is missing or not"},
    {PODS "'operation':'CREATE','object':" EVIL, "kind is not the one"},
    {PODS "'kind':{'group':'example.com','version':'v1','kind':'Pod'},'operation':'CREATE',"
          "'object':" EVIL,
     "kind is not the one"},
    {PODS "'kind':{'group':'','version':'v2','kind':'Pod'},'operation':'CREATE','object':" EVIL,
     "kind is not the one"},
    {PODS "'kind':{'group':'','version':'v1','kind':'ConfigMap'},'operation':'CREATE','object'"
          ":" EVIL,
     "kind is not the one"},
    {PODS POD_KIND "'operation':'CREATE','object':{'apiVersion':'v1','kind':'ConfigMap','spec':{"
                   "'securityContext':{'windowsOptions':{'gmsaCredentialSpec':'e'}}}}",
     "object is of another kind"},
    {PODS POD_KIND "'operation':'CREATE','object':{'kind':'Pod'}", "object is of another kind"},
    {PODS POD_KIND "'operation':'CREATE','object':{'apiVersion':'v2','kind':'Pod'}",
     "object is of another kind"},
    {PODS POD_KIND "'operation':'UPDATE','object':" EVIL ",'oldObject':{'apiVersion':'v1','kind':"
                   "'X'}",
     "oldObject is of another kind"},
    /* kind EphemeralContainers of 1.20, and operations the subresource does not have. */
    {PODS "'subResource':'ephemeralcontainers','kind':{'group':'','version':'v1','kind':"
          "'EphemeralContainers'},'operation':'UPDATE','object':{'apiVersion':'v1','kind':"
          "'EphemeralContainers'},'oldObject':{'apiVersion':'v1','kind':'EphemeralContainers'}",
     "kind is not the one"},
    {PODS POD_KIND "'subResource':'ephemeralcontainers','operation':'CREATE','object':" EVIL,
     "the operation is missing or not"},
    /* peers 2.3.14: no namespace, no judgement. */
    {"'resource':{'group':'','version':'v1','resource':'pods'}," POD_KIND
     "'operation':'CREATE','object':" EVIL,
     "namespace \"\" is not valid"},
    {"'resource':{'group':'','version':'v1','resource':'pods'},'namespace':'a:b'," POD_KIND
     "'operation':'CREATE','object':" EVIL,
     "namespace \"a:b\" is not valid"},
};

START_TEST(malformed_requests)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++)
        for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++)
            expect_refused(decide_request(&world, (enum endpoint)endpoint, malformed[i].request),
                           400, "malformed-request", malformed[i].part);
    world_close(&world);
}
END_TEST

/* A too wide rule must not block a cluster. */
static const char *const foreign[] = {
    "'resource':{'group':'','version':'v1','resource':'configmaps'},'operation':'CREATE'",
    "'resource':{'group':'example.com','version':'v1','resource':'pods'},'operation':'CREATE',"
    "'namespace':'shop','kind':{'group':'example.com','version':'v1','kind':'Pod'}",
    "'resource':{'group':'apps','version':'v1','resource':'deployments'},'operation':'UPDATE'",
    "'resource':{'group':'windows.k8s.io','version':'v1','resource':'gmsacredentialspecs'},"
    "'operation':'CREATE'",
    PODS "'subResource':'status','operation':'UPDATE','object':" PLAIN ",'oldObject':" PLAIN,
    PODS "'subResource':'binding','operation':'CREATE','object':{'apiVersion':'v1','kind':"
         "'Binding'}",
    PODS "'subResource':'exec','operation':'CONNECT'",
    "'resource':{},'operation':''",
    "'operation':'CREATE'",
};

START_TEST(foreign_resources_are_allowed)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(foreign); i++)
        for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++) {
            const struct verdict *verdict =
                decide_request(&world, (enum endpoint)endpoint, foreign[i]);
            expect_allowed(verdict);
            ck_assert_str_eq(verdict->reason, "not-ours");
            ck_assert_ptr_null(verdict->patch);
            ck_assert(!verdict->concerned);
            expect_warning(verdict, "narrow the webhook's rules");
        }
    world_close(&world);
}
END_TEST

START_TEST(deletion_is_allowed)
{
    world_open(&world);
    expect_allowed(decide_request(&world, ENDPOINT_VALIDATE,
                                  PODS POD_KIND "'operation':'DELETE','oldObject':" EVIL));
    expect_allowed(
        decide_request(&world, ENDPOINT_VALIDATE, PODS POD_KIND "'operation':'CONNECT'"));
    expect_allowed(decide_request(&world, ENDPOINT_VALIDATE_CREDSPEC,
                                  "'resource':{'group':'windows.k8s.io','version':'v1','resource':"
                                  "'gmsacredentialspecs'},'operation':'DELETE'"));
    world_close(&world);
}
END_TEST

static const struct {
    const char *request, *metadata;
    const char *reason; /* NULL: allowed */
} names[] = {
    {"'name':'p'", "{'name':'p','namespace':'shop'}", NULL},
    {"'name':''", "{'generateName':'p-'}", NULL},
    {"'name':'p'", "{}", NULL},
    {"'name':'p'", "{'name':'p','namespace':''}", NULL},
    {"'name':'p'", "{'name':'p','namespace':'kube-system'}", "namespace-differs"},
    {"'name':'p'", "{'name':'q'}", "name-differs"},
};

START_TEST(names_must_agree)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const char *request = arena_format(
            &world.arena,
            PODS POD_KIND "%s,'operation':'CREATE','object':{'apiVersion':'v1','kind':'Pod',"
                          "'metadata':%s,'spec':{}}",
            names[i].request, names[i].metadata);
        const char *old = arena_format(&world.arena,
                                       PODS POD_KIND "%s,'operation':'UPDATE','object':" PLAIN
                                                     ",'oldObject':{'apiVersion':"
                                                     "'v1','kind':'Pod','metadata':%s,'spec':{}}",
                                       names[i].request, names[i].metadata);
        if (names[i].reason) {
            expect_refused(decide_request(&world, ENDPOINT_MUTATE, request), 400, names[i].reason,
                           "the request");
            expect_refused(decide_request(&world, ENDPOINT_VALIDATE, old), 400, names[i].reason,
                           "the request");
        } else {
            expect_allowed(decide_request(&world, ENDPOINT_MUTATE, request));
            expect_allowed(decide_request(&world, ENDPOINT_VALIDATE, old));
        }
    }
    world_close(&world);
}
END_TEST

/* peers 2.3.14: an empty name is the default account, not "". */
static const struct {
    const char *spec, *account;
} subjects[] = {
    {"'serviceAccountName':'a'", "a"},      {"'serviceAccountName':'a','serviceAccount':'b'", "a"},
    {"'serviceAccount':'b'", "b"},          {"'serviceAccountName':'','serviceAccount':'b'", "b"},
    {"'serviceAccountName':''", "default"}, {"'serviceAccountName':null", "default"},
    {"'hostname':'x'", "default"},
};

START_TEST(subject_is_the_pods_service_account)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(subjects); i++) {
        const char *pod = world_json(
            &world, arena_format(&world.arena,
                                 "{'apiVersion':'v1','kind':'Pod','spec':{%s,'securityContext':{"
                                 "'windowsOptions':{'gmsaCredentialSpecName':'secret'}}}}",
                                 subjects[i].spec));
        struct questions questions = ask(&world, ENDPOINT_VALIDATE, pod);
        ck_assert(slice_is(questions.service_account, subjects[i].account));
        expect_refused(
            create(&world, ENDPOINT_VALIDATE, pod), 403, "not-authorised",
            arena_format(&world.arena, "service account \"shop/%s\"", subjects[i].account));
    }
    const char *pod =
        world_json(&world, "{'apiVersion':'v1','kind':'Pod','spec':{"
                           "'serviceAccountName':'x:y','securityContext':{"
                           "'windowsOptions':{'gmsaCredentialSpecName':'webapp01'}}}}");
    expect_refused(create(&world, ENDPOINT_MUTATE, pod), 422, "service-account-invalid", "\"x:y\"");
    ck_assert_uint_eq(ask(&world, ENDPOINT_MUTATE, pod).count, 0);
    world_close(&world);
}
END_TEST

START_TEST(mirror_pods)
{
    static const char form[] = "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations':{"
                               "'kubernetes.io/config.mirror':'x'}},'spec':{'securityContext':{"
                               "'windowsOptions':{%s}}}}";
    world_open(&world);
    const char *with = world_json(
        &world,
        arena_format(&world.arena, form,
                     "'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@"));
    const char *without = world_json(&world, arena_format(&world.arena, form, ""));
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++) {
        expect_refused(create(&world, (enum endpoint)endpoint, with), 422, "mirror-pod", "static");
        expect_allowed(create(&world, (enum endpoint)endpoint, without));
    }
    expect_allowed(update(&world, ENDPOINT_VALIDATE, "", with, with));
    static const char debugged[] =
        "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations':{"
        "'kubernetes.io/config.mirror':'x'}},'spec':{'securityContext':{'windowsOptions':{}},"
        "'ephemeralContainers':[{'name':'debug','securityContext':{'windowsOptions':{"
        "'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@}}}]}}";
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++)
        expect_refused(update(&world, (enum endpoint)endpoint, "ephemeralcontainers",
                              world_json(&world, debugged), without),
                       422, "mirror-pod", "static");
    world_close(&world);
}
END_TEST

/* peers 2.3.16, 2.3.18: fields that are none of our business, and lists that are null. */
START_TEST(odd_pods)
{
    static const char *const specs[] = {
        "null",
        "{'containers':null}",
        "{'containers':[{'name':'a','resources':{'limits':{'cpu':'abc'}}}]}",
        "{'securityContext':null,'containers':[{'name':'a','securityContext':null}]}",
        "{'securityContext':{'WINDOWSOPTIONS':{'gmsaCredentialSpec':'x'}}}",
        "{'securityContext':{'windowsOptions':{'GMSACREDENTIALSPECNAME':'x'}}}",
    };
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(specs); i++) {
        const char *pod = world_json(
            &world,
            arena_format(&world.arena, "{'apiVersion':'v1','kind':'Pod','spec':%s}", specs[i]));
        expect_allowed(create(&world, ENDPOINT_MUTATE, pod));
        expect_allowed(create(&world, ENDPOINT_VALIDATE, pod));
    }
    world_close(&world);
}
END_TEST

/* What a user typed is bounded and on one line, whatever it is. */
START_TEST(messages_are_bounded)
{
    world_open(&world);
    char *large = arena_allocate(&world.arena, 100001);
    memset(large, 'A', 100000);
    const char *pods[] = {
        windows_pod_at(&world, PLACE_CONTAINER,
                       arena_format(&world.arena, "{'gmsaCredentialSpecName':'%s'}", large)),
        world_json(&world, arena_format(&world.arena,
                                        "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations'"
                                        ":{'gmsa-identity.dev/%s':'x'}},'spec':{}}",
                                        large)),
        world_json(&world,
                   arena_format(&world.arena,
                                "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[{'name':'%s"
                                "\\n','securityContext':{'windowsOptions':{"
                                "'gmsaCredentialSpecName':'A\\r\\n%%s%%n'}}}]}}",
                                large)),
    };
    for (size_t i = 0; i < 3; i++) {
        const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pods[i]);
        ck_assert(!verdict->allowed);
        ck_assert_uint_le(strlen(verdict->message), 1000);
        for (const char *at = verdict->message; *at; at++)
            ck_assert_int_ge((unsigned char)*at, 0x20);
    }
    world_close(&world);
}
END_TEST

SUITE("decision_scope", malformed_requests, foreign_resources_are_allowed, deletion_is_allowed,
      names_must_agree, subject_is_the_pods_service_account, mirror_pods, odd_pods,
      messages_are_bounded)
