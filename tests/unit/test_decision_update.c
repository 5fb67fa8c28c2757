/* UPDATE: what stays is not judged again, an identity cannot change. */
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

static void unchanged(const char *subresource, const char *pod, const char *old)
{
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++) {
        const struct verdict *verdict =
            update(&world, (enum endpoint)endpoint, subresource, pod, old);
        expect_allowed(verdict);
        ck_assert_str_eq(verdict->reason, "unchanged");
        ck_assert_ptr_null(verdict->patch);
    }
}

/* A spec that changed or went, a binding that was revoked, contents that no longer fit: none holds
 * up what already runs. */
START_TEST(what_stays_is_not_judged)
{
    static const char *const options[] = {
        "{'gmsaCredentialSpecName':'secret','gmsaCredentialSpec':'{}'}",
        "{'gmsaCredentialSpecName':'absent','gmsaCredentialSpec':'{}'}",
        "{'gmsaCredentialSpecName':'broken'}",
        "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp02@}",
        "{'gmsaCredentialSpecName':'away','runAsUserName':'a\\\\b\\\\c'}",
        "{'gmsaCredentialSpecName':'Not A Name'}",
        "{'gmsaCredentialSpec':'forged before the webhook came'}",
        "{'gmsaCredentialSpecName':'listed','gmsaCredentialSpec':@listed@,'runAsUserName':'x'}",
    };
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        for (int kind = PLACE_POD; kind <= PLACE_EPHEMERAL_CONTAINER; kind++) {
            const char *pod = windows_pod_at(&world, (enum place_kind)kind, options[i]);
            unchanged("", pod, pod);
            unchanged("ephemeralcontainers", pod, pod);
        }
    world_close(&world);
}
END_TEST

/* peers 2.3.17 and KEP-689's fourth rule. */
START_TEST(identity_cannot_change)
{
    static const char *const states[] = {
        NULL,
        "{}",
        "{'gmsaCredentialSpecName':'webapp01'}",
        "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@}",
        "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':''}",
        "{'gmsaCredentialSpecName':'webapp02','gmsaCredentialSpec':@webapp02@}",
        "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@,'runAsUserName':'u'}",
        "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@,'runAsUserName':'v'}",
        "{'gmsaCredentialSpec':@webapp01@}",
    };
    size_t count = ARRAY_LENGTH(states);
    world_open(&world);
    for (size_t from = 0; from < count; from++)
        for (size_t to = 0; to < count; to++)
            for (int kind = PLACE_POD; kind <= PLACE_INIT_CONTAINER; kind++) {
                const char *pod = windows_pod_at(&world, (enum place_kind)kind, states[to]);
                const char *old = windows_pod_at(&world, (enum place_kind)kind, states[from]);
                const struct verdict *verdict = update(&world, ENDPOINT_VALIDATE, "", pod, old);
                if (from == to || (from < 2 && to < 2))
                    expect_allowed(verdict);
                else
                    expect_refused(verdict, 422, "identity-changed", "make a new pod");
                ck_assert_ptr_null(update(&world, ENDPOINT_MUTATE, "", pod, old)->patch);
            }
    world_close(&world);
}
END_TEST

START_TEST(existing_ephemeral_container_cannot_change)
{
    static const char options[] =
        "{'gmsaCredentialSpecName':'webapp01','gmsaCredentialSpec':@webapp01@}";
    world_open(&world);
    const char *with = windows_pod(&world, NULL, NULL, NULL, options);
    const char *without = windows_pod(&world, NULL, NULL, NULL, "{}");
    const char *gone = windows_pod(&world, NULL, NULL, NULL, NULL);
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++) {
        enum endpoint at = (enum endpoint)endpoint;
        expect_refused(update(&world, at, "ephemeralcontainers", without, with), 422,
                       "identity-changed", "ephemeral container \"debug\"");
        expect_refused(update(&world, at, "ephemeralcontainers", with, without), 422,
                       "identity-changed", "ephemeral container \"debug\"");
        expect_refused(update(&world, at, "ephemeralcontainers", gone, with), 422,
                       "identity-changed", "\"debug\" with its gMSA cannot be taken out");
        expect_allowed(update(&world, at, "ephemeralcontainers", gone, without));
    }
    world_close(&world);
}
END_TEST

/* Names are matched one to one and by kind: no second container hides behind a first. */
START_TEST(second_container_of_a_known_name_is_new)
{
    static const char one[] = "{'apiVersion':'v1','kind':'Pod','spec':{'ephemeralContainers':["
                              "{'name':'a','securityContext':{'windowsOptions':"
                              "{'gmsaCredentialSpecName':'secret'}}}]}}";
    static const char two[] = "{'apiVersion':'v1','kind':'Pod','spec':{'ephemeralContainers':["
                              "{'name':'a','securityContext':{'windowsOptions':"
                              "{'gmsaCredentialSpecName':'secret'}}},"
                              "{'name':'a','securityContext':{'windowsOptions':"
                              "{'gmsaCredentialSpecName':'secret'}}}]}}";
    static const char moved[] = "{'apiVersion':'v1','kind':'Pod','spec':{'initContainers':["
                                "{'name':'a','securityContext':{'windowsOptions':"
                                "{'gmsaCredentialSpecName':'secret'}}}]}}";
    world_open(&world);
    expect_refused(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", world_json(&world, two),
                          world_json(&world, one)),
                   403, "not-authorised", "secret");
    expect_refused(
        update(&world, ENDPOINT_VALIDATE, "", world_json(&world, moved), world_json(&world, one)),
        422, "identity-changed", "\"a\"");
    world_close(&world);
}
END_TEST

START_TEST(order_of_containers_does_not_matter)
{
    static const char form[] =
        "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[{'name':'%s','securityContext':"
        "{'windowsOptions':{'gmsaCredentialSpecName':'%s'}}},{'name':'%s','securityContext':"
        "{'windowsOptions':{'gmsaCredentialSpecName':'%s'}}},{'name':'plain'}]}}";
    world_open(&world);
    const char *pod =
        world_json(&world, arena_format(&world.arena, form, "x", "secret", "b", "absent"));
    const char *old =
        world_json(&world, arena_format(&world.arena, form, "b", "absent", "x", "secret"));
    unchanged("", pod, old);
    world_close(&world);
}
END_TEST

START_TEST(only_new_ephemeral_containers_are_patched)
{
    world_open(&world);
    const char *old = windows_pod(&world, "{'gmsaCredentialSpecName':'absent'}", NULL, NULL, NULL);
    const char *pod = windows_pod(&world, "{'gmsaCredentialSpecName':'absent'}", NULL, NULL,
                                  "{'gmsaCredentialSpecName':'defaulted'}");
    const struct verdict *verdict =
        update(&world, ENDPOINT_MUTATE, "ephemeralcontainers", pod, old);
    expect_allowed(verdict);
    ck_assert_str_eq(verdict->reason, "permitted");
    ck_assert_str_eq(
        verdict->patch,
        world_json(&world,
                   "[{'op':'add','path':'/spec/ephemeralContainers/0/securityContext/"
                   "windowsOptions/gmsaCredentialSpec','value':@defaulted@},{'op':'add','path':"
                   "'/spec/ephemeralContainers/0/securityContext/windowsOptions/runAsUserName',"
                   "'value':'NT AUTHORITY\\\\NETWORK SERVICE'}]"));
    const char *stored = world_apply(&world, pod, verdict->patch);
    expect_allowed(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", stored, old));
    ck_assert_ptr_null(update(&world, ENDPOINT_MUTATE, "ephemeralcontainers", stored, old)->patch);
    world_close(&world);
}
END_TEST

static struct questions ask_update(const char *pod, const char *old)
{
    struct outcome outcome;
    const char *review = world_review(&world, "UPDATE", "ephemeralcontainers", pod, old);
    ck_assert(world_decide(&world, ENDPOINT_VALIDATE, slice_of(review), &outcome));
    return outcome.questions;
}

/* An ephemeral container that names nothing gets the pod's gMSA: the list counts for it too, though
 * the pod's own right to the spec is not asked for again. */
START_TEST(inheriting_ephemeral_container_is_checked)
{
    static const char listed[] =
        "{'gmsaCredentialSpecName':'listed','gmsaCredentialSpec':@listed@}";
    static const char strict[] =
        "{'gmsaCredentialSpecName':'strict','gmsaCredentialSpec':@strict@}";
    static const char named[] = "{'gmsaCredentialSpecName':'listed','gmsaCredentialSpec':@listed@,"
                                "'runAsUserName':'ContainerAdministrator'}";
    world_open(&world);
    const char *old = windows_pod(&world, listed, NULL, NULL, NULL);
    const char *bad = windows_pod(&world, listed, NULL, NULL, "{'runAsUserName':'other'}");
    const char *good =
        windows_pod(&world, listed, NULL, NULL, "{'runAsUserName':'CONTAINERADMINISTRATOR'}");
    const char *plain = windows_pod(&world, listed, NULL, NULL, "{}");
    struct questions questions = ask_update(bad, old);
    ck_assert_uint_eq(questions.count, 1);
    ck_assert_uint_eq(questions.authorise_count, 0);
    expect_refused(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", bad, old), 422,
                   "user-name-not-allowed", "ephemeral container \"debug\"");
    expect_refused(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", plain, old), 422,
                   "user-name-missing", "demands a runAsUserName");
    expect_allowed(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", good, old));
    /* The pod's own name is inherited, and allowed. */
    expect_allowed(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers",
                          windows_pod(&world, named, NULL, NULL, "{}"),
                          windows_pod(&world, named, NULL, NULL, NULL)));
    /* The pod cannot be patched any more, the new container can. */
    for (int i = 0; i < 2; i++) {
        const char *before = windows_pod(&world, strict, NULL, NULL, NULL);
        const char *after =
            i ? world_json(&world,
                           "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p'},'spec':{"
                           "'serviceAccountName':'webapp','securityContext':{"
                           "'windowsOptions':{'gmsaCredentialSpecName':'strict',"
                           "'gmsaCredentialSpec':@strict@}},'containers':[{'name':'web'}],"
                           "'initContainers':[{'name':'migrate'}],"
                           "'ephemeralContainers':[{'name':'debug'}]}}")
              : windows_pod(&world, strict, NULL, NULL, "{}");
        const struct verdict *verdict =
            update(&world, ENDPOINT_MUTATE, "ephemeralcontainers", after, before);
        expect_allowed(verdict);
        const char *stored = world_apply(&world, after, verdict->patch);
        expect_allowed(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", stored, before));
        expect_refused(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers", after, before), 422,
                       "user-name-missing", "the mutating webhook did not run");
    }
    world_close(&world);
}
END_TEST

/* Nothing demands a name here, so nothing is written. */
START_TEST(inheriting_ephemeral_container_without_a_list)
{
    static const char defaulted[] = "{'gmsaCredentialSpecName':'defaulted'}";
    world_open(&world);
    const struct verdict *verdict = update(&world, ENDPOINT_MUTATE, "ephemeralcontainers",
                                           windows_pod(&world, defaulted, NULL, NULL, "{}"),
                                           windows_pod(&world, defaulted, NULL, NULL, NULL));
    expect_allowed(verdict);
    ck_assert_ptr_null(verdict->patch);
    world_close(&world);
}
END_TEST

/* The right was revoked or the spec is gone since: a debug container still comes up, unless whether
 * its user name is allowed cannot be known. */
START_TEST(inheriting_does_not_ask_for_the_right_again)
{
    static const char *const specs[] = {"secret", "absent", "broken"};
    world_open(&world);
    for (size_t i = 0; i < 3; i++) {
        const char *options =
            arena_format(&world.arena, "{'gmsaCredentialSpecName':'%s'}", specs[i]);
        const char *pod = windows_pod(&world, options, NULL, NULL, "{'runAsUserName':'u'}");
        const char *old = windows_pod(&world, options, NULL, NULL, NULL);
        for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_VALIDATE; endpoint++)
            expect_allowed(
                update(&world, (enum endpoint)endpoint, "ephemeralcontainers", pod, old));
    }
    static const char away[] = "{'gmsaCredentialSpecName':'away'}";
    expect_refused(update(&world, ENDPOINT_VALIDATE, "ephemeralcontainers",
                          windows_pod(&world, away, NULL, NULL, "{}"),
                          windows_pod(&world, away, NULL, NULL, NULL)),
                   503, "lookup-unavailable", "away");
    /* A caller that authorised it all the same and then looked up nothing. */
    struct outcome outcome;
    static const char listed[] = "{'gmsaCredentialSpecName':'listed'}";
    const char *review =
        world_review(&world, "UPDATE", "ephemeralcontainers",
                     windows_pod(&world, listed, NULL, NULL, "{'runAsUserName':'u'}"),
                     windows_pod(&world, listed, NULL, NULL, NULL));
    ck_assert(world_decide(&world, ENDPOINT_VALIDATE, slice_of(review), &outcome));
    const struct answer denied = {.authorisation = AUTHORISATION_DENIED};
    decision_verdict(&outcome.review, ENDPOINT_VALIDATE, &world.settings, &outcome.questions,
                     &denied, &world.arena, &outcome.verdict);
    expect_refused(&outcome.verdict, 403, "not-authorised", "listed");
    world_close(&world);
}
END_TEST

SUITE("decision_update", what_stays_is_not_judged, identity_cannot_change,
      existing_ephemeral_container_cannot_change, second_container_of_a_known_name_is_new,
      order_of_containers_does_not_matter, only_new_ephemeral_containers_are_patched,
      inheriting_ephemeral_container_is_checked, inheriting_ephemeral_container_without_a_list,
      inheriting_does_not_ask_for_the_right_again)
