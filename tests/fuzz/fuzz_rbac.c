/* Any bytes as manifests: RBAC objects are read, resolved and asked; what is none is judged as a
 * pod by the API server's rules. What is refused, is refused with a message of one line. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/document/documents.h"
#include "webhook/admission/api_rules.h"
#include "webhook/sources/manifests.h"
#include "webhook/sources/rbac_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct arena arena;
    struct rbac rbac;
};

static void check_message(const char *message)
{
    if (!message || !message[0] || strchr(message, '\n'))
        abort();
}

static bool read_document(const struct document *document, void *context)
{
    struct state *state = context;
    cleanup_error struct error *err = NULL;
    struct position where = {0};
    if (!document->root)
        return true;
    if (!rbac_is_object(document->root)) {
        struct api_errors errors = {.arena = document->arena};
        api_rules_check_pod(document->root, &errors);
        for (size_t i = 0; i < errors.count; i++)
            check_message(errors.messages[i]);
    } else if (rbac_read(&state->rbac, document->root, slice_of("default"), "input", &state->arena,
                         &where, &err) < 0) {
        check_message(err->message);
        if (where.line == 0)
            abort();
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct documents_options options = {.limits = {.nodes = 2000}};
    struct state state = {0};
    struct problems problems = {.arena = &state.arena};
    (void)documents_visit_text("input", (const char *)data, size, &options, read_document, &state);
    rbac_resolve(&state.rbac, &state.arena, &problems);
    struct rbac_question question =
        manifest_use_question(slice_of("shop"), slice_of("app"), slice_of("web"), &state.arena);
    const struct rbac_binding *grant = rbac_find_grant(&state.rbac, &question);
    if (grant && (!grant->role || !rbac_role_allows(grant->role, &question)))
        abort();
    rbac_release(&state.rbac);
    problems_release(&problems);
    arena_release(&state.arena);
    return 0;
}
