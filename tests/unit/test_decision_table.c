/* Every row of the decision's table, at every kind of place, at CREATE and for a new ephemeral
 * container, at both endpoints. */
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

struct expectation {
    int code; /* 200: allowed */
    const char *reason, *part;
};

static const struct {
    const char *options;
    struct expectation mutate, validate;
} rows[] = {
    /* Is the name a DNS-1123 subdomain? (peers 2.3.15 among them) */
    {"{'gmsaCredentialSpecName':''}",
     {422, "spec-name-invalid", "a lowercase RFC 1123 subdomain must"},
     {422, "spec-name-invalid", "Invalid value: \"\""}},
    {"{'gmsaCredentialSpecName':'../x'}",
     {422, "spec-name-invalid", "\"../x\""},
     {422, "spec-name-invalid", "\"../x\""}},
    {"{'gmsaCredentialSpecName':'webapp01?x=1','gmsaCredentialSpec':@webapp01@}",
     {422, "spec-name-invalid", "webapp01?x=1"},
     {422, "spec-name-invalid", "webapp01?x=1"}},
    {"{'gmsaCredentialSpecName':'Webapp01'}",
     {422, "spec-name-invalid", "gmsaCredentialSpecName"},
     {422, "spec-name-invalid", "gmsaCredentialSpecName"}},
    {"{'gmsaCredentialSpecName':'web\\napp'}",
     {422, "spec-name-invalid", "\"web\\napp\""},
     {422, "spec-name-invalid", "\"web\\napp\""}},
    /* May the subject use it? */
    {"{'gmsaCredentialSpecName':'secret'}",
     {403, "not-authorised",
      "service account \"shop/webapp\" is not authorised to \"use\" GMSACredentialSpec \"secret\"; "
      "bind a role with the verb \"use\" on it"},
     {403, "not-authorised", "\"secret\""}},
    {"{'gmsaCredentialSpecName':'ghost'}",
     {403, "not-authorised",
      "service account \"shop/webapp\" is not authorised to \"use\" GMSACredentialSpec \"ghost\"; "
      "bind a role with the verb \"use\" on it"},
     {403, "not-authorised", "\"ghost\""}},
    {"{'gmsaCredentialSpecName':'unsure'}",
     {503, "authorisation-unavailable", "connection refused; try again"},
     {503, "authorisation-unavailable", "may \"use\" GMSACredentialSpec \"unsure\""}},
    /* Does it exist? */
    {"{'gmsaCredentialSpecName':'absent'}",
     {404, "spec-not-found", "GMSACredentialSpec \"absent\" does not exist"},
     {404, "spec-not-found", "\"absent\""}},
    {"{'gmsaCredentialSpecName':'away'}",
     {503, "lookup-unavailable", "cannot look up GMSACredentialSpec \"away\" now: connection"},
     {503, "lookup-unavailable", "try again"}},
    /* Is its credspec present and valid? */
    {"{'gmsaCredentialSpecName':'broken'}",
     {422, "spec-invalid", "GMSACredentialSpec \"broken\" is not valid: "},
     {422, "spec-invalid", "[CS"}},
    {"{'gmsaCredentialSpecName':'empty'}",
     {422, "spec-invalid", "\"empty\" is not valid"},
     {422, "spec-invalid", "credspec"}},
    /* Contents. */
    {"{'gmsaCredentialSpecName':'webapp01'}",
     {200, "permitted", NULL},
     {422, "contents-missing", "the mutating webhook did not run"}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':null}",
     {200, "permitted", NULL},
     {422, "contents-missing", "did not run"}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':''}",
     {200, "permitted", NULL},
     {422, "contents-missing", "did not run"}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@}",
     {200, "permitted", NULL},
     {200, "permitted", NULL}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp02@}",
     {422, "contents-differ", "differ from GMSACredentialSpec \"webapp01\""},
     {422, "contents-differ", "leave them out"}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':'no JSON'}",
     {422, "contents-differ", "differ"},
     {422, "contents-differ", "differ"}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':'{}'}",
     {422, "contents-differ", "differ"},
     {422, "contents-differ", "differ"}},
    {"{'gmsaCredentialSpec':@webapp01@}",
     {422, "contents-without-name", "does not name the GMSACredentialSpec"},
     {422, "contents-without-name", "set gmsaCredentialSpecName"}},
    {"{'gmsaCredentialSpec':''}",
     {422, "contents-without-name", "does not name"},
     {422, "contents-without-name", "does not name"}},
    /* User names: the API server's own words. */
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@,"
     "'runAsUserName':'a\\\\b\\\\c'}",
     {422, "user-name-invalid", "runAsUserName cannot contain more than one backslash"},
     {422, "user-name-invalid", "Invalid value: \"a\\b\\c\""}},
    {"{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@,'runAsUserName':''}",
     {422, "user-name-invalid", "runAsUserName cannot be an empty string"},
     {422, "user-name-invalid", "runAsUserName cannot be an empty string"}},
};

static void expect(const struct verdict *verdict, const struct expectation *expected,
                   const char *label)
{
    if (expected->code == 200) {
        expect_allowed(verdict);
        ck_assert_str_eq(verdict->reason, expected->reason);
        return;
    }
    expect_refused(verdict, expected->code, expected->reason, expected->part);
    ck_assert_msg(strncmp(verdict->message, label, strlen(label)) == 0, "\"%s\" begins not with %s",
                  verdict->message, label);
    ck_assert(verdict->concerned);
}

static const char *const labels[] = {"pod: ", "container \"web\": ", "init container \"migrate\": ",
                                     "ephemeral container \"debug\": "};

START_TEST(create_at_every_place)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        for (int kind = PLACE_POD; kind <= PLACE_EPHEMERAL_CONTAINER; kind++) {
            const char *pod = windows_pod_at(&world, (enum place_kind)kind, rows[i].options);
            expect(create(&world, ENDPOINT_MUTATE, pod), &rows[i].mutate, labels[kind]);
            expect(create(&world, ENDPOINT_VALIDATE, pod), &rows[i].validate, labels[kind]);
        }
    world_close(&world);
}
END_TEST

/* peers 2.2.1, 2.3.2: an ephemeral container that an UPDATE adds. */
START_TEST(update_adds_an_ephemeral_container)
{
    world_open(&world);
    const char *old = windows_pod(&world, NULL, NULL, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *pod = windows_pod(&world, NULL, NULL, NULL, rows[i].options);
        expect(update(&world, ENDPOINT_MUTATE, "ephemeralcontainers", pod, old), &rows[i].mutate,
               labels[PLACE_EPHEMERAL_CONTAINER]);
        expect(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", pod, old),
               &rows[i].validate, labels[PLACE_EPHEMERAL_CONTAINER]);
        expect(update(&world, ENDPOINT_VALIDATE, "", pod, old), &rows[i].validate,
               labels[PLACE_EPHEMERAL_CONTAINER]);
    }
    world_close(&world);
}
END_TEST

/* What /mutate allows, /validate allows once it is applied, and a second /mutate changes nothing.
 */
START_TEST(mutation_is_complete_and_idempotent)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        for (int kind = PLACE_POD; rows[i].mutate.code == 200 && kind <= PLACE_EPHEMERAL_CONTAINER;
             kind++) {
            const char *pod =
                mutated(&world, windows_pod_at(&world, (enum place_kind)kind, rows[i].options));
            expect_allowed(create(&world, ENDPOINT_VALIDATE, pod));
            ck_assert_ptr_null(create(&world, ENDPOINT_MUTATE, pod)->patch);
            ck_assert_ptr_nonnull(strstr(pod, world_contents(&world, "webapp01")));
        }
    world_close(&world);
}
END_TEST

START_TEST(precedence_is_fixed)
{
    static const struct {
        const char *pod, *web, *migrate;
        int code;
        const char *reason;
    } faults[] = {
        /* Names before authorisation, authorisation of all before any look-up, then contents, then
         * user names; a definite no before "not known now". */
        {"{'gmsaCredentialSpecName':'secret'}", "{'gmsaCredentialSpecName':'X'}", NULL, 422,
         "spec-name-invalid"},
        {"{'gmsaCredentialSpecName':'absent'}", "{'gmsaCredentialSpecName':'secret'}", NULL, 403,
         "not-authorised"},
        {"{'gmsaCredentialSpecName':'unsure'}", "{'gmsaCredentialSpecName':'secret'}", NULL, 403,
         "not-authorised"},
        {"{'gmsaCredentialSpecName':'absent'}", "{'gmsaCredentialSpecName':'unsure'}", NULL, 503,
         "authorisation-unavailable"},
        {"{'gmsaCredentialSpecName':'away'}", "{'gmsaCredentialSpecName':'absent'}", NULL, 404,
         "spec-not-found"},
        {"{'gmsaCredentialSpecName':'broken'}", "{'gmsaCredentialSpecName':'away'}", NULL, 503,
         "lookup-unavailable"},
        {"{'gmsaCredentialSpec':'x'}", "{'gmsaCredentialSpecName':'broken'}", NULL, 422,
         "spec-invalid"},
        {"{'gmsaCredentialSpec':'x'}", "{'gmsaCredentialSpecName':'secret'}", NULL, 403,
         "not-authorised"},
        {"{'runAsUserName':''}", "{'gmsaCredentialSpec':'x'}", NULL, 422, "contents-without-name"},
        {"{'runAsUserName':''}",
         "{'gmsaCredentialSpecName':'listed','gmsaCredentialSpec':@listed@}", NULL, 422,
         "user-name-invalid"},
    };
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        const char *pod =
            windows_pod(&world, faults[i].pod, faults[i].web, faults[i].migrate, NULL);
        expect_refused(create(&world, ENDPOINT_MUTATE, pod), faults[i].code, faults[i].reason, "");
        expect_refused(create(&world, ENDPOINT_VALIDATE, pod), faults[i].code, faults[i].reason,
                       "");
    }
    world_close(&world);
}
END_TEST

/* peers 2.2.5, 2.3.5: no existence oracle. */
START_TEST(refusal_does_not_tell_existence)
{
    world_open(&world);
    const struct verdict *exists =
        create(&world, ENDPOINT_MUTATE,
               windows_pod_at(&world, PLACE_POD, "{'gmsaCredentialSpecName':'secret'}"));
    const struct verdict *not_there =
        create(&world, ENDPOINT_MUTATE,
               windows_pod_at(&world, PLACE_POD, "{'gmsaCredentialSpecName':'ghost'}"));
    char *changed = arena_copy(&world.arena, exists->message, strlen(exists->message));
    char *name = strstr(changed, "secret");
    memmove(name + 5, name + 6, strlen(name + 6) + 1);
    memcpy(name, "ghost", 5);
    ck_assert_str_eq(changed, not_there->message);
    ck_assert_int_eq(exists->code, not_there->code);
    world_close(&world);
}
END_TEST

START_TEST(each_name_is_asked_once)
{
    world_open(&world);
    struct questions questions = ask(&world, ENDPOINT_VALIDATE,
                                     windows_pod(&world, "{'gmsaCredentialSpecName':'webapp01'}",
                                                 "{'gmsaCredentialSpecName':'webapp02'}",
                                                 "{'gmsaCredentialSpecName':'webapp01'}",
                                                 "{'gmsaCredentialSpecName':'webapp02'}"));
    ck_assert_uint_eq(questions.count, 2);
    ck_assert_uint_eq(questions.authorise_count, 2);
    ck_assert(slice_is(questions.spec_names[0], "webapp01"));
    ck_assert(slice_is(questions.spec_names[1], "webapp02"));
    ck_assert(slice_is(questions.namespace, "shop"));
    ck_assert(slice_is(questions.service_account, "webapp"));
    /* A pod that is refused anyway asks nothing. */
    questions = ask(&world, ENDPOINT_VALIDATE,
                    windows_pod(&world, "{'gmsaCredentialSpecName':'webapp01'}",
                                "{'gmsaCredentialSpecName':'X'}", NULL, NULL));
    ck_assert_uint_eq(questions.count, 0);
    world_close(&world);
}
END_TEST

START_TEST(number_of_specs_is_bounded)
{
    world_open(&world);
    cleanup_buffer struct buffer pod = {0};
    buffer_append_text(&pod, "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[");
    for (int i = 0; i < 65; i++)
        buffer_append_format(&pod,
                             "%s{'name':'c%d','securityContext':{'windowsOptions':{"
                             "'gmsaCredentialSpecName':'s%d'}}}",
                             i ? "," : "", i, i);
    buffer_append_text(&pod, "]}}");
    const char *text = world_json(&world, buffer_text(&pod));
    expect_refused(create(&world, ENDPOINT_MUTATE, text), 422, "too-many-specs", "64");
    ck_assert_uint_eq(ask(&world, ENDPOINT_MUTATE, text).count, 0);
    world_close(&world);
}
END_TEST

START_TEST(size_of_the_patch_is_bounded)
{
    world_open(&world);
    cleanup_buffer struct buffer pod = {0};
    buffer_append_text(&pod, "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[");
    for (int i = 0; i < 100; i++)
        buffer_append_format(&pod,
                             "%s{'name':'c%d','securityContext':{'windowsOptions':{"
                             "'gmsaCredentialSpecName':'webapp01'}}}",
                             i ? "," : "", i);
    buffer_append_text(&pod, "]}}");
    struct credspec_resource *resource = world.specs[0].resource, large = *resource;
    large.canonical_length = CREDSPEC_TEXT_MAX;
    large.canonical = arena_allocate(&world.arena, CREDSPEC_TEXT_MAX + 2);
    memset(large.canonical, 'x', CREDSPEC_TEXT_MAX + 1);
    world.specs[0].resource = &large;
    const char *text = world_json(&world, buffer_text(&pod));
    expect_refused(create(&world, ENDPOINT_MUTATE, text), 422, "pod-too-large", "fewer containers");
    const char *one = windows_pod_at(&world, PLACE_POD, "{'gmsaCredentialSpecName':'webapp01'}");
    expect_allowed(create(&world, ENDPOINT_MUTATE, one));
    large.canonical_length++;
    expect_refused(create(&world, ENDPOINT_MUTATE, one), 422, "spec-invalid", "64 KiB");
    world.specs[0].resource = resource;
    world_close(&world);
}
END_TEST

/* peers 2.2.3: two readers must not read two things. */
START_TEST(contents_are_read_strictly)
{
    world_open(&world);
    const char *quoted = world_contents(&world, "webapp01"); /* "{...}" */
    const char *inner = arena_format(&world.arena, "%.*s", (int)strlen(quoted) - 3, quoted + 2);
    for (size_t i = 0; i < 3; i++) {
        char *text =
            i == 0   ? arena_format(&world.arena,
                                    "{\\\"DomainJoinConfig\\\":{\\\"Sid\\\":\\\"e\\\"},%s", inner)
            : i == 1 ? arena_format(&world.arena, "{%s x", inner)
                     : arena_format(&world.arena, "\xef\xbb\xbf{%s", inner);
        const char *pod = windows_pod_at(
            &world, PLACE_INIT_CONTAINER,
            arena_format(&world.arena,
                         "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':\"%s\"}",
                         text));
        expect_refused(create(&world, ENDPOINT_MUTATE, pod), 422, "contents-differ", "differ");
        expect_refused(create(&world, ENDPOINT_VALIDATE, pod), 422, "contents-differ", "differ");
    }
    /* The same meaning in another text is replaced, byte for byte. */
    const char *pod = windows_pod_at(
        &world, PLACE_POD,
        arena_format(&world.arena,
                     "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':\" { %s \\n\"}",
                     inner));
    const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pod);
    expect_allowed(verdict);
    ck_assert_ptr_nonnull(strstr(verdict->patch, "\"op\":\"replace\""));
    expect_refused(create(&world, ENDPOINT_VALIDATE, pod), 422, "contents-differ", "differ");
    expect_allowed(create(&world, ENDPOINT_VALIDATE, mutated(&world, pod)));
    world_close(&world);
}
END_TEST

START_TEST(contents_over_the_limit)
{
    world_open(&world);
    char *large = arena_allocate(&world.arena, 65538);
    memset(large, ' ', 65537);
    const char *pod = windows_pod_at(
        &world, PLACE_CONTAINER,
        arena_format(&world.arena,
                     "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':'%s'}", large));
    expect_refused(create(&world, ENDPOINT_MUTATE, pod), 422, "contents-differ",
                   "gmsaCredentialSpec size must be under 64 KiB");
    world_close(&world);
}
END_TEST

/* kubelet takes nothing from the pod for a container that names a spec. */
START_TEST(every_place_gets_its_own_contents)
{
    world_open(&world);
    const char *pod = windows_pod(&world, "{'gmsaCredentialSpecName':'webapp01'}",
                                  "{'gmsaCredentialSpecName':'webapp01'}",
                                  "{'gmsaCredentialSpecName':'webapp02'}", NULL);
    const struct verdict *verdict = create(&world, ENDPOINT_MUTATE, pod);
    ck_assert_str_eq(
        verdict->patch,
        world_json(&world,
                   "[{'op':'add','path':'/spec/securityContext/windowsOptions/gmsaCredentialSpec',"
                   "'value':@webapp01@},{'op':'add','path':'/spec/containers/0/securityContext/"
                   "windowsOptions/gmsaCredentialSpec','value':@webapp01@},{'op':'add','path':"
                   "'/spec/initContainers/0/securityContext/windowsOptions/gmsaCredentialSpec',"
                   "'value':@webapp02@}]"));
    world_close(&world);
}
END_TEST

START_TEST(pods_without_identity_are_left_alone)
{
    world_open(&world);
    const char *pod = windows_pod(&world, "{'runAsUserName':'a\\\\b\\\\c'}", NULL, "{}", NULL);
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++) {
        const struct verdict *verdict = create(&world, (enum endpoint)endpoint, pod);
        expect_allowed(verdict);
        ck_assert_str_eq(verdict->reason, "no-identity");
        ck_assert(!verdict->concerned);
        ck_assert_ptr_null(verdict->patch);
        ck_assert_uint_eq(verdict->warning_count, 0);
        ck_assert_uint_eq(ask(&world, (enum endpoint)endpoint, pod).count, 0);
    }
    world_close(&world);
}
END_TEST

SUITE("decision_table", create_at_every_place, update_adds_an_ephemeral_container,
      mutation_is_complete_and_idempotent, precedence_is_fixed, refusal_does_not_tell_existence,
      each_name_is_asked_once, number_of_specs_is_bounded, size_of_the_patch_is_bounded,
      contents_are_read_strictly, contents_over_the_limit, every_place_gets_its_own_contents,
      pods_without_identity_are_left_alone)
