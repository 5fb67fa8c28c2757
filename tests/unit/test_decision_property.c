/* For random pods: validate(apply(mutate(pod))) is allowed exactly when every named spec exists, is
 * valid and may be used, contents, if any, have a name and mean the same, and every effective user
 * name is valid and allowed. The expectation comes from tests/support/decision_oracle.h. */
#include <jansson.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/decision_oracle.h"
#include "tests/support/suite.h"

static struct world world;

/* splitmix64: the same pods in every run. */
static uint64_t state;

static unsigned random_below(unsigned bound)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (unsigned)((z ^ (z >> 31)) % bound);
}

#define PICK(array, count) ((array)[random_below(count)])

/* The first of each list are harmless. */
static const char *const names[] = {"webapp01", "webapp02", "defaulted", "listed", "strict",
                                    "broken",   "empty",    "secret",    "ghost",  "absent",
                                    "unsure",   "away",     "unheard",   "",       "A b"};
enum { GOOD_NAMES = 5 };
static const char *const users[] = {"NT AUTHORITY\\SYSTEM",
                                    "nt authority\\system",
                                    "ContainerAdministrator",
                                    "CORP\\svc",
                                    "NT AUTHORITY\\NETWORK SERVICE",
                                    "",
                                    "a\\b\\c",
                                    "a@b",
                                    "\\x",
                                    "..."};
enum { GOOD_USERS = 5 };
static const struct oracle_spec usable[] = {
    {"webapp01", NULL, NULL, {NULL}},
    {"webapp02", NULL, NULL, {NULL}},
    {"defaulted", NULL, "NT AUTHORITY\\NETWORK SERVICE", {NULL}},
    {"listed", NULL, NULL, {"ContainerAdministrator", "NT AUTHORITY\\SYSTEM"}},
    {"strict", NULL, "CORP\\svc", {"CORP\\svc", "NT AUTHORITY\\SYSTEM"}},
};

/* One in `odds` is a fault; 0: none. */
static bool fault(unsigned odds)
{
    return odds && random_below(odds) == 0;
}

static const char *real_contents(const char *name)
{
    const struct world_spec *spec = world_spec(&world, slice_of(name));
    return spec && spec->resource->canonical ? spec->resource->canonical : "{}";
}

/* Contents in another text: the same meaning, then other meanings. */
static json_t *random_contents(const char *name, unsigned odds)
{
    const char *real = real_contents(name);
    if (fault(odds))
        switch (random_below(5)) {
        case 0:
            return json_string(real_contents(PICK(names, GOOD_NAMES)));
        case 1:
            return json_sprintf("{\"CmsPlugins\":[],%s", real + 1); /* a duplicate key */
        case 2:
            return json_sprintf("%s %s", real, "x");
        case 3:
            return json_string("{}");
        default:
            return json_string("no JSON");
        }
    switch (random_below(4)) {
    case 0:
        return json_string(real);
    case 1:
        return json_sprintf(" %s\n", real);
    case 2:
        return json_string("");
    default:
        return NULL;
    }
}

static json_t *random_options(unsigned odds)
{
    json_t *options = json_object();
    if (random_below(3) > 0) {
        const char *name = fault(odds) ? PICK(names, ARRAY_LENGTH(names)) : PICK(names, GOOD_NAMES);
        json_object_set_new(options, "gmsaCredentialSpecName", json_string(name));
        json_t *contents = random_contents(name, odds);
        if (contents)
            json_object_set_new(options, "gmsaCredentialSpec", contents);
    } else if (fault(odds)) {
        json_object_set_new(options, "gmsaCredentialSpec", json_string(real_contents("webapp01")));
    }
    if (random_below(3) == 0)
        json_object_set_new(
            options, "runAsUserName",
            json_string(fault(odds) ? PICK(users, ARRAY_LENGTH(users)) : PICK(users, GOOD_USERS)));
    return options;
}

static void add_context(json_t *place, unsigned odds)
{
    switch (random_below(4)) {
    case 0:
        break;
    case 1:
        json_object_set_new(place, "securityContext",
                            random_below(2) ? json_null() : json_object());
        break;
    default:
        json_object_set_new(place, "securityContext",
                            json_pack("{s:o}", "windowsOptions", random_options(odds)));
    }
}

static void add_containers(json_t *spec, const char *list, bool windows, unsigned odds)
{
    json_t *containers = json_array();
    unsigned count = random_below(3);
    for (unsigned i = 0; i < count; i++) {
        json_t *container = json_pack("{s:o}", "name", json_sprintf("%.1s%u", list, i));
        if (windows)
            add_context(container, odds);
        json_array_append_new(containers, container);
    }
    json_object_set_new(spec, list, containers);
}

static void add_annotations(json_t *metadata, unsigned odds)
{
    static const char *const keys[] = {
        "credential-spec",    "credential-spec.c0", "grant", "keep-hostname",
        "credential-spec.i0", "credential-spec.z",  "xyz"};
    json_t *annotations = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *name = fault(odds) ? PICK(names, ARRAY_LENGTH(names)) : PICK(names, GOOD_NAMES);
        bool wanted = i < 4 ? random_below(2) == 0 : fault(odds);
        if (wanted)
            json_object_set_new(annotations,
                                arena_format(&world.arena, "gmsa-identity.dev/%s", keys[i]),
                                json_string(name));
    }
    json_object_set_new(metadata, "annotations", annotations);
}

static json_t *random_pod(void)
{
    unsigned odds = random_below(3) == 0 ? 0 : 6 + random_below(20);
    bool windows = random_below(4) > 0;
    json_t *metadata = json_object(), *spec = json_object();
    if (windows && random_below(2))
        json_object_set_new(spec, "os", json_pack("{s:s}", "name", "windows"));
    if (windows)
        add_context(spec, odds);
    add_containers(spec, "containers", windows, odds);
    add_containers(spec, "initContainers", windows, odds);
    add_containers(spec, "ephemeralContainers", windows, odds);
    if (!windows || fault(odds))
        add_annotations(metadata, odds);
    return json_pack("{s:s,s:s,s:o,s:o}", "apiVersion", "v1", "kind", "Pod", "metadata", metadata,
                     "spec", spec);
}

/* The audit objects to exactly what /validate refuses, for the same reason first; but for what
 * could not be found out, which is no objection. */
static void compare_audit(const char *pod)
{
    const struct verdict *validation = create(&world, ENDPOINT_VALIDATE, pod);
    const struct verdict *audit = create(&world, ENDPOINT_AUDIT, pod);
    if (validation->allowed)
        ck_assert_msg(audit->allowed && audit->objection_count == 0, "%s", pod);
    else if (validation->code != 503)
        ck_assert_msg(!audit->allowed && audit->objection_count > 0 &&
                          strcmp(audit->objections[0].reason, validation->reason) == 0,
                      "%s: refused for %s", pod, validation->reason);
}

/* Runs both endpoints as the API server would. */
static bool admit(const char *pod)
{
    compare_audit(pod);
    const struct verdict *mutation = create(&world, ENDPOINT_MUTATE, pod);
    if (!mutation->allowed) {
        /* A refusal is no accident of /mutate: /validate refuses the pod as it came, too. */
        ck_assert_msg(!create(&world, ENDPOINT_VALIDATE, pod)->allowed, "%s", pod);
        return false;
    }
    const char *stored = mutation->patch ? world_apply(&world, pod, mutation->patch) : pod;
    ck_assert_msg(!create(&world, ENDPOINT_MUTATE, stored)->patch, "not idempotent: %s", pod);
    compare_audit(stored);
    const struct verdict *validation = create(&world, ENDPOINT_VALIDATE, stored);
    ck_assert_msg(validation->allowed, "%s: mutate allows, validate says %s", pod,
                  validation->message);
    return true;
}

START_TEST(random_pods)
{
    const unsigned pods = suite_rounds(6000);
    unsigned counts[ORACLE_OPINIONS] = {0}, with_patch = 0;
    world_open(&world);
    struct oracle_spec specs[ARRAY_LENGTH(usable)];
    for (size_t i = 0; i < ARRAY_LENGTH(usable); i++) {
        specs[i] = usable[i];
        specs[i].contents = real_contents(usable[i].name);
    }
    struct oracle oracle = {.usable = specs, .count = ARRAY_LENGTH(specs)};
    struct arena kept = world.arena;
    world.arena = (struct arena){0};
    for (unsigned i = 0; i < pods; i++) {
        oracle.cluster_user = random_below(2) ? PICK(users, GOOD_USERS) : NULL;
        world.settings.default_run_as_user_name = slice_of(oracle.cluster_user);
        json_t *pod = random_pod();
        char *text = json_dumps(pod, JSON_COMPACT);
        enum oracle_opinion expected = oracle_judge(&oracle, pod);
        bool allowed = admit(text);
        ck_assert_msg(allowed == (expected == ORACLE_ALLOWED),
                      "pod %u with cluster user %s is %s, the oracle says %d: %s", i,
                      oracle.cluster_user, allowed ? "allowed" : "refused", expected, text);
        counts[expected]++;
        with_patch += create(&world, ENDPOINT_MUTATE, text)->patch != NULL;
        free(text);
        json_decref(pod);
        arena_reset(&world.arena);
    }
    arena_release(&world.arena);
    world.arena = kept;
    for (int i = 0; i < ORACLE_OPINIONS; i++)
        ck_assert_msg(counts[i] >= pods / 200, "only %u pods of kind %d", counts[i], i);
    ck_assert_uint_ge(counts[ORACLE_ALLOWED], pods / 4);
    ck_assert_uint_ge(with_patch, pods / 4);
    world_close(&world);
}
END_TEST

SUITE("decision_property", random_pods)
