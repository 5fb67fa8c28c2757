/* The AdmissionReview that answers, read back with jansson; and hostnames. */
#include <jansson.h>
#include <stdlib.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

/* The member "response" of an answer; the caller drops the whole. */
static json_t *respond(const char *review_text, enum endpoint endpoint, json_t **whole)
{
    struct outcome outcome;
    cleanup_buffer struct buffer out = {0};
    ck_assert(world_decide(&world, endpoint, slice_of(review_text), &outcome));
    decision_write_response(&out, &outcome.review, &outcome.verdict);
    *whole = json_loadb(out.data, out.length, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(*whole != NULL, "%s", out.data);
    ck_assert_str_eq(json_string_value(json_object_get(*whole, "apiVersion")),
                     "admission.k8s.io/v1");
    ck_assert_str_eq(json_string_value(json_object_get(*whole, "kind")), "AdmissionReview");
    return json_object_get(*whole, "response");
}

static const char *text(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

START_TEST(allowed_with_a_patch)
{
    world_open(&world);
    const char *pod = windows_pod_at(&world, PLACE_POD, "{'gmsaCredentialSpecName':'webapp01'}");
    json_t *whole,
        *response = respond(world_review(&world, "CREATE", "", pod, NULL), ENDPOINT_MUTATE, &whole);
    ck_assert_str_eq(text(response, "uid"), "705ab4f5-6393-11e8-b7cc-42010a800002");
    ck_assert(json_is_true(json_object_get(response, "allowed")));
    ck_assert_str_eq(text(response, "patchType"), "JSONPatch");
    /* "[{"op" in base64: the patch is what base64_encode() makes of it. */
    ck_assert_int_eq(strncmp(text(response, "patch"), "W3sib3Ai", 8), 0);
    ck_assert_ptr_null(json_object_get(response, "status"));
    ck_assert_ptr_null(json_object_get(response, "warnings"));
    const json_t *audit = json_object_get(response, "auditAnnotations");
    ck_assert_str_eq(text(audit, "decision"), "allowed");
    ck_assert_str_eq(text(audit, "reason"), "permitted");
    ck_assert_str_eq(text(audit, "credential-specs"), "webapp01");
    json_decref(whole);
    world_close(&world);
}
END_TEST

static const struct {
    const char *options;
    int code;
    const char *status, *reason;
} refusals[] = {
    {"{'gmsaCredentialSpecName':'secret'}", 403, "Forbidden", "not-authorised"},
    {"{'gmsaCredentialSpecName':'absent'}", 404, "NotFound", "spec-not-found"},
    {"{'gmsaCredentialSpecName':'broken'}", 422, "Invalid", "spec-invalid"},
    {"{'gmsaCredentialSpecName':'away'}", 503, "ServiceUnavailable", "lookup-unavailable"},
    {"{'gmsaCredentialSpecName':'\\u0001\\\"<'}", 422, "Invalid", "spec-name-invalid"},
};

START_TEST(refusals_carry_a_status)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        const char *pod = windows_pod(&world, "{'gmsaCredentialSpecName':'webapp01'}",
                                      refusals[i].options, NULL, NULL);
        json_t *whole, *response = respond(world_review(&world, "CREATE", "", pod, NULL),
                                           ENDPOINT_VALIDATE, &whole);
        ck_assert(json_is_false(json_object_get(response, "allowed")));
        ck_assert_ptr_null(json_object_get(response, "patch"));
        const json_t *status = json_object_get(response, "status");
        ck_assert_int_eq((int)json_integer_value(json_object_get(status, "code")),
                         refusals[i].code);
        ck_assert_str_eq(text(status, "reason"), refusals[i].status);
        ck_assert_str_eq(text(status, "status"), "Failure");
        ck_assert_ptr_nonnull(text(status, "message"));
        /* What kubectl prints in place of the message. */
        const json_t *details = json_object_get(status, "details");
        const json_t *cause = json_array_get(json_object_get(details, "causes"), 0);
        ck_assert_int_eq(details != NULL, refusals[i].code == 422);
        if (details) {
            ck_assert_str_eq(text(details, "kind"), "Pod");
            ck_assert_str_eq(text(cause, "field"), "spec");
            ck_assert_str_eq(text(cause, "message"), text(status, "message"));
        }
        const json_t *audit = json_object_get(response, "auditAnnotations");
        ck_assert_str_eq(text(audit, "decision"), "refused");
        ck_assert_str_eq(text(audit, "reason"), refusals[i].reason);
        ck_assert_int_eq(strncmp(text(audit, "credential-specs"), "webapp01", 8), 0);
        json_decref(whole);
    }
    world_close(&world);
}
END_TEST

START_TEST(malformed_requests_are_answered)
{
    world_open(&world);
    const char *review = world_review(&world, "CREATE", "", NULL, NULL);
    json_t *whole, *response = respond(review, ENDPOINT_VALIDATE, &whole);
    const json_t *status = json_object_get(response, "status");
    ck_assert_int_eq((int)json_integer_value(json_object_get(status, "code")), 400);
    ck_assert_str_eq(text(status, "reason"), "BadRequest");
    json_decref(whole);
    world_close(&world);
}
END_TEST

START_TEST(uid_and_warnings_are_escaped)
{
    world_open(&world);
    const char *review = world_json(
        &world, "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':"
                "'\\\"\\n\\u2028','resource':{'group':'','version':'v1','resource':'x\\\"y'},"
                "'operation':'CREATE'}}");
    json_t *whole, *response = respond(review, ENDPOINT_MUTATE, &whole);
    ck_assert_str_eq(text(response, "uid"), "\"\n\xe2\x80\xa8");
    ck_assert_uint_eq(json_array_size(json_object_get(response, "warnings")), 1);
    ck_assert_ptr_nonnull(
        strstr(json_string_value(json_array_get(json_object_get(response, "warnings"), 0)), "x"));
    json_decref(whole);
    world_close(&world);
}
END_TEST

/* --- Hostnames ----------------------------------------------------------------------------------
 */

static const struct {
    const char *metadata, *spec;
    bool named;
} hosts[] = {
    {"{}", "'dnsPolicy':'ClusterFirst'", true},
    {"{}", "'hostname':''", true},
    {"{'annotations':{'gmsa-identity.dev/keep-hostname':'false'}}", "'dnsPolicy':'x'", true},
    {"{}", "'hostname':'web'", false},
    {"{}", "'hostNetwork':true", false},
    {"{'annotations':{'gmsa-identity.dev/keep-hostname':'true'}}", "'dnsPolicy':'x'", false},
};

static const char *host_pod(size_t row, const char *options)
{
    return world_json(&world, arena_format(&world.arena,
                                           "{'apiVersion':'v1','kind':'Pod','metadata':%s,'spec':{"
                                           "%s,'securityContext':{'windowsOptions':{%s}}}}",
                                           hosts[row].metadata, hosts[row].spec, options));
}

#define WEBAPP "'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@"

START_TEST(hostnames)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
        world.settings.random_hostname = false;
        const char *pod = host_pod(i, WEBAPP);
        ck_assert_ptr_null(create(&world, ENDPOINT_MUTATE, pod)->patch);
        world.settings.random_hostname = true;
        ck_assert_ptr_null(create(&world, ENDPOINT_MUTATE, host_pod(i, ""))->patch);
        const char *patch = create(&world, ENDPOINT_MUTATE, pod)->patch;
        if (!hosts[i].named) {
            ck_assert_ptr_null(patch);
            continue;
        }
        const char *name = strstr(patch, "\"path\":\"/spec/hostname\",\"value\":\"") + 33;
        ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz234567"), 15);
        ck_assert(name[0] >= 'a' && name[0] <= 'z' && name[15] == '"');
        const char *stored = world_apply(&world, pod, patch);
        ck_assert_ptr_null(create(&world, ENDPOINT_MUTATE, stored)->patch);
        expect_allowed(create(&world, ENDPOINT_VALIDATE, stored));
    }
    world_close(&world);
}
END_TEST

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

START_TEST(hostnames_differ)
{
    enum { PODS = 10000 };
    static char names[PODS][16];
    world_open(&world);
    world.settings.random_hostname = true;
    const char *pod = host_pod(0, WEBAPP);
    const char *review = world_review(&world, "CREATE", "", pod, NULL);
    struct outcome outcome;
    ck_assert(world_decide(&world, ENDPOINT_MUTATE, slice_of(review), &outcome));
    for (int i = 0; i < PODS; i++) {
        cleanup_arena struct arena arena = {0};
        struct answer answer = {AUTHORISATION_ALLOWED, LOOKUP_FOUND, world.specs[0].resource, NULL};
        outcome.review.uid = slice_of(arena_format(&arena, "uid-%d", i));
        decision_verdict(&outcome.review, ENDPOINT_MUTATE, &world.settings, &outcome.questions,
                         &answer, &arena, &outcome.verdict);
        memcpy(names[i], strstr(outcome.verdict.patch, "\"value\":\"") + 9, 15);
    }
    qsort(names, PODS, sizeof(names[0]), by_text);
    for (int i = 1; i < PODS; i++)
        ck_assert_str_ne(names[i - 1], names[i]);
    world_close(&world);
}
END_TEST

START_TEST(not_on_linux_and_not_at_update)
{
    world_open(&world);
    world.settings.random_hostname = true;
    const char *pod = linux_pod(&world, "'gmsa-identity.dev/credential-spec':'webapp01'");
    ck_assert_ptr_null(strstr(create(&world, ENDPOINT_MUTATE, pod)->patch, "hostname"));
    const char *old = windows_pod(&world, NULL, NULL, NULL, NULL);
    const char *with = windows_pod(&world, NULL, NULL, NULL, "{" WEBAPP "}");
    ck_assert_ptr_null(update(&world, ENDPOINT_MUTATE, "ephemeralcontainers", with, old)->patch);
    world_close(&world);
}
END_TEST

SUITE("decision_response", allowed_with_a_patch, refusals_carry_a_status,
      malformed_requests_are_answered, uid_and_warnings_are_escaped, hostnames, hostnames_differ,
      not_on_linux_and_not_at_update)
