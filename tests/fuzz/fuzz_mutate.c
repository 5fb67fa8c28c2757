/* The whole of /mutate (and the other endpoints) on arbitrary bodies. The answer must be JSON;
 * where /mutate allows, its patch must fit, a second /mutate must change nothing, and /validate
 * must allow what is then stored. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "tests/support/world.h"

static struct world world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *detail)
{
    (void)fprintf(stderr, "%s: %s\n", what, detail ? detail : "");
    abort();
}

__attribute__((constructor)) static void begin(void)
{
    world_open(&world);
    world.settings.random_hostname = true;
    world.settings.default_run_as_user_name = slice_of("NT AUTHORITY\\SYSTEM");
}

static void check_answer(const struct outcome *outcome)
{
    const struct verdict *verdict = &outcome->verdict;
    cleanup_buffer struct buffer out = {0};
    decision_write_response(&out, &outcome->review, verdict);
    json_t *answer =
        json_loadb(out.data, out.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (!answer)
        fail("the answer is no JSON", out.data);
    json_decref(answer);
    if (verdict->allowed != (verdict->code == 200) || verdict->allowed != !verdict->message)
        fail("half a verdict", verdict->reason);
    if (!verdict->allowed && strlen(verdict->message) > 2000)
        fail("a message without bound", verdict->message);
}

/* The body with another object in it; the rest is as it was. NULL where jansson does not take it.
 */
static char *with_object(struct slice body, const char *object)
{
    json_t *root = json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL);
    json_t *stored = root ? json_loads(object, JSON_ALLOW_NUL, NULL) : NULL;
    char *text = NULL;
    if (stored && json_object_set_new(json_object_get(root, "request"), "object", stored) == 0)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

static void check_stored(struct slice body, const struct outcome *first)
{
    const char *object =
        arena_copy(&world.arena, first->review.object.data, first->review.object.length);
    const char *stored = world_apply(&world, object, first->verdict.patch);
    cleanup_free char *text = with_object(body, stored);
    struct outcome again, validated;
    if (!text)
        return;
    if (!world_decide(&world, ENDPOINT_MUTATE, slice_of(text), &again) ||
        !world_decide(&world, ENDPOINT_VALIDATE, slice_of(text), &validated))
        fail("what is stored cannot be read", text);
    if (!again.verdict.allowed || again.verdict.patch)
        fail("a second /mutate changes more", again.verdict.patch);
    if (!validated.verdict.allowed)
        fail("/validate refuses what /mutate made", validated.verdict.message);
}

/* world_apply() takes no pod with a member twice or a number beyond its limits, and aborts. */
static bool can_apply(const struct outcome *outcome)
{
    json_t *object = json_loadb(outcome->review.object.data, outcome->review.object.length,
                                JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_decref(object);
    return object != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = {(const char *)data, size};
    struct arena kept = world.arena;
    world.arena = (struct arena){0};
    for (int endpoint = ENDPOINT_MUTATE; endpoint <= ENDPOINT_AUDIT; endpoint++) {
        struct outcome outcome;
        if (!world_decide(&world, (enum endpoint)endpoint, body, &outcome))
            break;
        check_answer(&outcome);
        if (endpoint == ENDPOINT_WARN && !outcome.verdict.allowed)
            fail("/warn refuses", outcome.verdict.message);
        if (endpoint == ENDPOINT_MUTATE && outcome.verdict.patch && can_apply(&outcome))
            check_stored(body, &outcome);
    }
    arena_release(&world.arena);
    world.arena = kept;
    return 0;
}
