/* runAsUserName: defaults, lists and effective pairs as kubelet computes them. */
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

#define SPEC(name)      "'gmsaCredentialSpecName':'" name "'"
#define USER(name)      "'runAsUserName':'" name "'"
#define SYSTEM          "NT AUTHORITY\\\\SYSTEM"
#define NETWORK_SERVICE "NT AUTHORITY\\\\NETWORK SERVICE"
#define CORP            "CORP\\\\svc"
#define POD_PATH        "/spec/securityContext"
#define WEB_PATH        "/spec/containers/0/securityContext"

/* What /mutate makes of user names: pod, container "web", cluster default; then the names that are
 * written, or the refusal. */
static const struct {
    const char *pod, *web, *cluster;
    const char *pod_gets, *web_gets;
    int code;
    const char *reason;
} rows[] = {
    /* No default anywhere. */
    {"{" SPEC("webapp01") "}", "{}", NULL, NULL, NULL, 200, NULL},
    /* The spec's default, at the place that names it. */
    {"{" SPEC("defaulted") "}", "{}", NULL, NETWORK_SERVICE, NULL, 200, NULL},
    {"{}", "{" SPEC("defaulted") "}", NULL, NULL, NETWORK_SERVICE, 200, NULL},
    /* The cluster's default, where the spec has none of its own ... */
    {"{" SPEC("webapp01") "}", "{}", SYSTEM, SYSTEM, NULL, 200, NULL},
    {"{" SPEC("defaulted") "}", "{}", SYSTEM, NETWORK_SERVICE, NULL, 200, NULL},
    /* ... and only where its list is empty or holds it, in any letter case. */
    {"{" SPEC("listed") "}", "{}", SYSTEM, SYSTEM, NULL, 200, NULL},
    {"{" SPEC("listed") "}", "{}", "nt authority\\\\system", "nt authority\\\\system", NULL, 200,
     NULL},
    {"{" SPEC("listed") "}", "{}", NETWORK_SERVICE, NULL, NULL, 422, "user-name-missing"},
    {"{" SPEC("listed") "}", "{}", NULL, NULL, NULL, 422, "user-name-missing"},
    /* What the user set stays. */
    {"{" SPEC("defaulted") "," USER("CORP\\\\x") "}", "{}", SYSTEM, NULL, NULL, 200, NULL},
    {"{" SPEC("strict") "," USER(SYSTEM) "}", "{}", NULL, NULL, NULL, 200, NULL},
    {"{" SPEC("strict") "," USER("corp\\\\SVC") "}", "{}", NULL, NULL, NULL, 200, NULL},
    {"{" SPEC("strict") "," USER("CORP\\\\x") "}", "{}", NULL, NULL, NULL, 422,
     "user-name-not-allowed"},
    {"{}", "{" SPEC("strict") "," USER("x") "}", NULL, NULL, NULL, 422, "user-name-not-allowed"},
    /* A container that inherits the pod's gMSA and has a user of its own. */
    {"{" SPEC("strict") "}", "{" USER("x") "}", NULL, NULL, NULL, 422, "user-name-not-allowed"},
    {"{" SPEC("strict") "}", "{" USER(SYSTEM) "}", NULL, CORP, NULL, 200, NULL},
    {"{" SPEC("listed") "}", "{" USER(SYSTEM) "}", NULL, NULL, NULL, 422, "user-name-missing"},
    /* A container with its own spec, under a pod's user that the user set. */
    {"{" USER("CORP\\\\x") "}", "{" SPEC("defaulted") "}", NULL, NULL, NULL, 200, NULL},
    {"{" USER("CORP\\\\x") "}", "{" SPEC("strict") "}", NULL, NULL, CORP, 200, NULL},
    {"{" USER("CORP\\\\x") "}", "{" SPEC("listed") "}", SYSTEM, NULL, SYSTEM, 200, NULL},
    {"{" USER("CORP\\\\x") "}", "{" SPEC("listed") "}", NULL, NULL, NULL, 422,
     "user-name-not-allowed"},
    {"{" USER(SYSTEM) "}", "{" SPEC("strict") "}", NULL, NULL, NULL, 200, NULL},
    /* Both name a spec: each spec's default at its own place. */
    {"{" SPEC("defaulted") "}", "{" SPEC("strict") "}", NULL, NETWORK_SERVICE, CORP, 200, NULL},
    {"{" SPEC("strict") "}", "{" SPEC("strict") "}", NULL, CORP, NULL, 200, NULL},
    {"{" SPEC("defaulted") "}", "{" SPEC("webapp01") "}", NULL, NETWORK_SERVICE, NULL, 200, NULL},
    {"{" SPEC("defaulted") "}", "{" SPEC("webapp01") "}", SYSTEM, NETWORK_SERVICE, SYSTEM, 200,
     NULL},
    {"{" SPEC("defaulted") "}", "{" SPEC("listed") "}", NULL, NULL, NULL, 422,
     "user-name-not-allowed"},
};

static void expect_written(const struct verdict *verdict, const char *path, const char *user)
{
    const char *pointer =
        arena_format(&world.arena, "\"path\":\"%s/windowsOptions/runAsUserName\"", path);
    const char *at = verdict->patch ? strstr(verdict->patch, pointer) : NULL;
    if (!user) {
        ck_assert_msg(!at, "%s", verdict->patch);
        return;
    }
    const char *value = arena_format(&world.arena, "%s,\"value\":\"%s\"", pointer, user);
    ck_assert_msg(at && strncmp(at, value, strlen(value)) == 0, "%s lacks %s", verdict->patch,
                  value);
}

START_TEST(defaults_and_lists)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *pod = windows_pod(&world, rows[i].pod, rows[i].web, NULL, NULL);
        /* The init container "migrate" only inherits: it has nothing to say against it. */
        cleanup_buffer struct buffer cluster = {0};
        for (const char *at = rows[i].cluster; at && *at; at += *at == '\\' ? 2 : 1)
            buffer_append_byte(&cluster, *at);
        world.settings.default_run_as_user_name =
            rows[i].cluster ? slice_of(buffer_text(&cluster)) : (struct slice){0};
        const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pod);
        if (rows[i].code != 200) {
            expect_refused(verdict, rows[i].code, rows[i].reason, "runAsUserName");
            continue;
        }
        ck_assert_msg(verdict->allowed, "row %zu: %s", i, verdict->message);
        expect_written(verdict, POD_PATH, rows[i].pod_gets);
        expect_written(verdict, WEB_PATH, rows[i].web_gets);
        const char *stored = verdict->patch ? world_apply(&world, pod, verdict->patch) : pod;
        expect_allowed(create(&world, ENDPOINT_VALIDATE, stored));
        ck_assert_ptr_null(create(&world, ENDPOINT_MUTATE, stored)->patch);
    }
    world_close(&world);
}
END_TEST

/* At /validate nothing is written any more: the pair is what it is. */
static const struct {
    const char *pod, *web, *migrate, *debug;
    int code;
    const char *reason, *part;
} pairs[] = {
    {"{" SPEC("strict") ",'gmsaCredentialSpec':@strict@}", "{}", NULL, NULL, 422,
     "user-name-missing",
     "container \"web\": GMSACredentialSpec \"strict\" demands a "
     "runAsUserName and none is set: the mutating webhook did not run"},
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@}", "{}", NULL, NULL, 422,
     "user-name-missing", "set one of \"ContainerAdministrator\", \"NT AUTHORITY\\SYSTEM\""},
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@," USER(SYSTEM) "}", "{}", "{}", "{}", 200,
     NULL, NULL},
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@," USER(SYSTEM) "}", "{" USER("x") "}", "{}",
     NULL, 422, "user-name-not-allowed", "container \"web\": runAsUserName \"x\" is not one that"},
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@," USER(SYSTEM) "}", "{}", "{" USER("x") "}",
     NULL, 422, "user-name-not-allowed", "init container \"migrate\""},
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@," USER(SYSTEM) "}", "{}", "{}",
     "{" USER("x") "}", 422, "user-name-not-allowed", "ephemeral container \"debug\""},
    /* The container's own spec counts instead of the pod's: its user may be any. */
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@," USER(SYSTEM) "}",
     "{" SPEC("webapp01") ",'gmsaCredentialSpec':@webapp01@," USER("x") "}", "{}", NULL, 200, NULL,
     NULL},
    /* The pod's own pair reaches no container here. */
    {"{" SPEC("listed") ",'gmsaCredentialSpec':@listed@}", "{" USER(SYSTEM) "}",
     "{" USER("containeradministrator") "}", NULL, 200, NULL, NULL},
    /* No gMSA, no list. */
    {"{" USER("x") "}", "{" SPEC("webapp01") ",'gmsaCredentialSpec':@webapp01@}", "{" USER("y") "}",
     NULL, 200, NULL, NULL},
};

START_TEST(effective_pairs_at_validate)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        const struct verdict *verdict = create(
            &world, ENDPOINT_VALIDATE,
            windows_pod(&world, pairs[i].pod, pairs[i].web, pairs[i].migrate, pairs[i].debug));
        if (pairs[i].code == 200)
            expect_allowed(verdict);
        else
            expect_refused(verdict, pairs[i].code, pairs[i].reason, pairs[i].part);
    }
    world_close(&world);
}
END_TEST

static const struct {
    const char *pod, *web, *warning;
} warned[] = {
    {"{" SPEC("webapp01") "," USER("ContainerUser") "}", "{}", "ContainerUser has no network"},
    {"{" SPEC("webapp01") "," USER("User Manager\\\\containeruser") "}", "{}", "ContainerUser has"},
    {"{" SPEC("webapp01") "}", "{" USER("CONTAINERUSER") "}", "container \"web\": ContainerUser"},
    {"{" SPEC("webapp01") ",'hostProcess':true}", "{}", "hostProcess"},
    {"{" SPEC("webapp01") "}", "{'hostProcess':true}", "container \"web\": Windows may ignore"},
};

START_TEST(warnings_about_containers)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(warned); i++) {
        const char *pod =
            mutated(&world, windows_pod(&world, warned[i].pod, warned[i].web, NULL, NULL));
        expect_warning(create(&world, ENDPOINT_VALIDATE, pod), warned[i].warning);
        ck_assert_uint_eq(create(&world, ENDPOINT_MUTATE, pod)->warning_count, 0);
    }
    const char *quiet =
        mutated(&world, windows_pod(&world, "{" SPEC("webapp01") ",'hostProcess':true}",
                                    "{" USER("CORP\\\\ContainerUsers") ",'hostProcess':false}",
                                    "{'hostProcess':false}", NULL));
    ck_assert_uint_eq(create(&world, ENDPOINT_VALIDATE, quiet)->warning_count, 0);
    /* A container without a gMSA may run as what it likes. */
    const char *other = mutated(&world, windows_pod(&world, NULL, "{" USER("ContainerUser") "}",
                                                    "{" SPEC("webapp01") "}", NULL));
    ck_assert_uint_eq(create(&world, ENDPOINT_VALIDATE, other)->warning_count, 0);
    world_close(&world);
}
END_TEST

static const struct {
    const char *spec, *warning;
} systems[] = {
    {"'os':{'name':'windows'}", NULL},
    {"'nodeSelector':{'kubernetes.io/os':'windows'}", NULL},
    {"'nodeSelector':{'kubernetes.io/arch':'amd64'}", "neither spec.os.name nor nodeSelector"},
    {"'os':{'name':'linux'}", "pod is for Linux"},
    {"'nodeSelector':{'kubernetes.io/os':'linux'}", "pod is for Linux"},
};

START_TEST(warnings_about_the_system)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(systems); i++) {
        const char *pod = world_json(
            &world,
            arena_format(&world.arena,
                         "{'apiVersion':'v1','kind':'Pod','spec':{%s,'containers':[{'name':'web',"
                         "'securityContext':{'runAsNonRoot':true,'windowsOptions':{"
                         "'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@,"
                         "'runAsUserName':'ContainerAdministrator'}}}]}}",
                         systems[i].spec));
        const struct verdict *verdict = create(&world, ENDPOINT_VALIDATE, pod);
        expect_allowed(verdict);
        expect_warning(verdict, "kubelet will not start it");
        ck_assert_uint_eq(verdict->warning_count, systems[i].warning ? 2 : 1);
        if (systems[i].warning)
            expect_warning(verdict, systems[i].warning);
    }
    world_close(&world);
}
END_TEST

/* Kubernetes' advice: 120 characters; and no flood of them. */
START_TEST(warnings_are_bounded)
{
    world_open(&world);
    cleanup_buffer struct buffer pod = {0};
    buffer_append_text(&pod, "{'apiVersion':'v1','kind':'Pod','spec':{'securityContext':{"
                             "'windowsOptions':{'gmsaCredentialSpecName':'webapp01',"
                             "'gmsaCredentialSpec':@webapp01@,'runAsUserName':'ContainerUser'}},"
                             "'containers':[");
    for (int i = 0; i < 30; i++)
        buffer_append_format(&pod,
                             "%s{'name':'%dééééééééééééééééééééééééééééééééééééééééééééé"
                             "éééééééééééééééééééééé'}",
                             i ? "," : "", i);
    buffer_append_text(&pod, "]}}");
    const struct verdict *verdict =
        create(&world, ENDPOINT_VALIDATE, world_json(&world, buffer_text(&pod)));
    expect_allowed(verdict);
    ck_assert_uint_eq(verdict->warning_count, 16);
    ck_assert_str_eq(verdict->warnings[15], "there are more warnings than are shown here");
    for (size_t i = 0; i < 16; i++) {
        size_t characters = 0;
        for (const char *at = verdict->warnings[i]; *at; at++)
            characters += ((unsigned char)*at & 0xc0) != 0x80;
        ck_assert_uint_le(characters, VERDICT_WARNING_MAX);
    }
    world_close(&world);
}
END_TEST

SUITE("decision_users", defaults_and_lists, effective_pairs_at_validate, warnings_about_containers,
      warnings_about_the_system, warnings_are_bounded)
