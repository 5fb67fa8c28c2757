/* Loading --manifests for a command. */
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "webhook/commands/commands.h"

struct manifest_set *command_load_manifests(const struct option_list *paths,
                                            struct slice default_namespace, struct error **err)
{
    cleanup_manifest_set struct manifest_set *set =
        manifest_set_load(paths->values, paths->count, default_namespace);
    bool colour = terminal_has_colour(stderr);
    for (size_t i = 0; i < set->problems.count; i++) {
        const struct problem *problem = &set->problems.items[i];
        bool error = problem->severity == PROBLEM_ERROR;
        cleanup_buffer struct buffer place = {0};
        cleanup_buffer struct buffer message = {0};
        quote_append_visible(&place, slice_of(origin_text(problem->origin, &set->arena)));
        quote_append_visible(&message, slice_of(problem->message));
        (void)fprintf(stderr, "%s: %s%s:%s %s\n", buffer_text(&place),
                      !colour ? "" : (error ? "\033[1;31m" : "\033[1;33m"),
                      error ? "error" : "warning", colour ? "\033[0m" : "", buffer_text(&message));
    }
    if (set->problems.errors > 0) {
        error_set(err, ERROR_INPUT, "the manifests cannot be used: mend the %zu error%s above",
                  set->problems.errors, set->problems.errors == 1 ? "" : "s");
        return NULL;
    }
    return STEAL(set);
}
