#include "tests/support/decide.h"

#include <check.h>

static const char *options(struct world *world, const char *text)
{
    return text ? arena_format(&world->arena, "{'windowsOptions':%s}", text) : "null";
}

const char *windows_pod(struct world *world, const char *pod, const char *web, const char *migrate,
                        const char *debug)
{
    struct arena *arena = &world->arena;
    const char *ephemeral =
        debug
            ? arena_format(arena, ",'ephemeralContainers':[{'name':'debug','securityContext':%s}]",
                           options(world, debug))
            : "";
    return world_json(
        world,
        arena_format(arena,
                     "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'shop'},"
                     "'spec':{'os':{'name':'windows'},'serviceAccountName':'webapp',"
                     "'securityContext':%s,'containers':[{'name':'web','securityContext':%s}],"
                     "'initContainers':[{'name':'migrate','securityContext':%s}]%s}}",
                     options(world, pod), options(world, web), options(world, migrate), ephemeral));
}

const char *windows_pod_at(struct world *world, enum place_kind kind, const char *text)
{
    return windows_pod(world, kind == PLACE_POD ? text : NULL,
                       kind == PLACE_CONTAINER ? text : NULL,
                       kind == PLACE_INIT_CONTAINER ? text : NULL,
                       kind == PLACE_EPHEMERAL_CONTAINER ? text : NULL);
}

const char *linux_pod(struct world *world, const char *annotations)
{
    return world_json(
        world, arena_format(&world->arena,
                            "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p',"
                            "'annotations':{%s}},'spec':{'serviceAccountName':'webapp',"
                            "'containers':[{'name':'web'}],'initContainers':[{'name':'migrate'}]}}",
                            annotations));
}

static const struct outcome *decide(struct world *world, enum endpoint endpoint,
                                    const char *operation, const char *subresource, const char *pod,
                                    const char *old)
{
    struct outcome *outcome = arena_allocate(&world->arena, sizeof(*outcome));
    const char *review = world_review(world, operation, subresource, pod, old);
    ck_assert_msg(world_decide(world, endpoint, slice_of(review), outcome), "unreadable: %s",
                  review);
    return outcome;
}

const struct verdict *create(struct world *world, enum endpoint endpoint, const char *pod)
{
    return &decide(world, endpoint, "CREATE", "", pod, NULL)->verdict;
}

const struct verdict *update(struct world *world, enum endpoint endpoint, const char *subresource,
                             const char *pod, const char *old)
{
    return &decide(world, endpoint, "UPDATE", subresource, pod, old)->verdict;
}

const struct verdict *decide_request(struct world *world, enum endpoint endpoint,
                                     const char *request)
{
    struct outcome *outcome = arena_allocate(&world->arena, sizeof(*outcome));
    const char *body = world_json(
        world, arena_format(&world->arena,
                            "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview',"
                            "'request':{'uid':'u',%s}}",
                            request));
    ck_assert_msg(world_decide(world, endpoint, slice_of(body), outcome), "%s", body);
    return &outcome->verdict;
}

struct questions ask(struct world *world, enum endpoint endpoint, const char *pod)
{
    return decide(world, endpoint, "CREATE", "", pod, NULL)->questions;
}

const char *mutated(struct world *world, const char *pod)
{
    const struct verdict *verdict = create(world, ENDPOINT_MUTATE, pod);
    expect_allowed(verdict);
    return verdict->patch ? world_apply(world, pod, verdict->patch) : pod;
}

void expect_allowed(const struct verdict *verdict)
{
    ck_assert_msg(verdict->allowed, "refused: %d %s: %s", verdict->code, verdict->reason,
                  verdict->message);
    ck_assert_int_eq(verdict->code, 200);
    ck_assert_ptr_null(verdict->message);
}

void expect_refused(const struct verdict *verdict, int code, const char *reason, const char *part)
{
    ck_assert_msg(!verdict->allowed, "allowed (%s), but should be %s", verdict->reason, reason);
    ck_assert_msg(verdict->code == code && strcmp(verdict->reason, reason) == 0,
                  "%d %s (%s), but should be %d %s", verdict->code, verdict->reason,
                  verdict->message, code, reason);
    ck_assert_msg(strstr(verdict->message, part) != NULL, "\"%s\" has no \"%s\"", verdict->message,
                  part);
    ck_assert_ptr_null(strchr(verdict->message, '\n'));
    ck_assert_ptr_null(verdict->patch);
}

void expect_warning(const struct verdict *verdict, const char *part)
{
    for (size_t i = 0; i < verdict->warning_count; i++)
        if (strstr(verdict->warnings[i], part))
            return;
    ck_abort_msg("no warning contains \"%s\"; the first is \"%s\"", part,
                 verdict->warning_count ? verdict->warnings[0] : "");
}
