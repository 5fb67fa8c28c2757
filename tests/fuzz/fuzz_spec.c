/* Any bytes as a credential spec and as a resource: what the rules let through must read back as
 * itself, and what they refuse must not be used. */
#include <assert.h>

#include "credspec/resource.h"
#include "lib/document/json_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_findings(const struct findings *findings)
{
    size_t errors = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        errors += finding->rule->severity == SEVERITY_ERROR;
        assert(finding->position.line > 0 && finding->position.column > 0);
        for (const char *c = finding->message; *c; c++)
            assert((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
    assert((errors == 0) == (findings->errors == 0));
    assert((errors == 0) == (findings_first_error(findings) == NULL));
}

/* A text without errors survives being written and read. */
static void check_round_trip(struct arena *arena, const char *text, size_t length)
{
    const struct node *again = credspec_parse(arena, text, length, NULL, NULL);
    assert(again);
    cleanup_buffer struct buffer canonical = {0};
    credspec_canonical(&canonical, again);
    assert(canonical.length == length && memcmp(canonical.data, text, length) == 0);
    struct findings findings = {.arena = arena};
    credspec_check(again, "", &findings);
    assert(findings.errors == 0);
}

static void check_spec(const char *text, size_t length)
{
    cleanup_arena struct arena arena = {0};
    const struct node *spec = credspec_parse(&arena, text, length, NULL, NULL);
    if (!spec)
        return;
    (void)credspec_view(&arena, spec);
    struct findings findings = {.arena = &arena};
    credspec_check(spec, "", &findings);
    check_findings(&findings);
    if (findings.errors > 0)
        return;
    cleanup_buffer struct buffer canonical = {0};
    credspec_canonical(&canonical, spec);
    check_round_trip(&arena, canonical.data, canonical.length);
}

static void check_resource(const char *text, size_t length)
{
    cleanup_arena struct arena arena = {0};
    const struct tree_limits limits = {0};
    const struct node *object = json_tree_parse(&arena, text, length, &limits, NULL, NULL);
    if (!object)
        return;
    struct findings findings = {.arena = &arena};
    credspec_check_resource(object, "", &findings);
    check_findings(&findings);
    struct credspec_resource *resource = credspec_resource_create(object, NULL);
    if (!resource)
        return;
    assert((resource->problem == NULL) == (findings.errors == 0));
    assert((resource->problem == NULL) == (resource->canonical != NULL));
    if (resource->canonical)
        check_round_trip(&arena, resource->canonical, resource->canonical_length);
    credspec_resource_free(resource);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_spec((const char *)data, size);
    check_resource((const char *)data, size);
    return 0;
}
