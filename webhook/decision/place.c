/* How places are called. */
#include "webhook/decision/review.h"

#include "lib/common/quote.h"

static const struct {
    const char *list;  /* the member of spec */
    const char *label; /* one of them, in a message */
} place_names[] = {
    [PLACE_POD] = {"", "pod"},
    [PLACE_CONTAINER] = {"containers", "container"},
    [PLACE_INIT_CONTAINER] = {"initContainers", "init container"},
    [PLACE_EPHEMERAL_CONTAINER] = {"ephemeralContainers", "ephemeral container"},
};

const char *place_pointer(const struct place *place, struct arena *arena)
{
    if (place->kind == PLACE_POD)
        return "/spec";
    return arena_format(arena, "/spec/%s/%zu", place_names[place->kind].list, place->index);
}

const char *place_label(const struct place *place, struct arena *arena)
{
    const char *label = place_names[place->kind].label;
    if (place->kind == PLACE_POD)
        return label;
    if (place->name.length == 0)
        return arena_format(arena, "%s spec.%s[%zu]", label, place_names[place->kind].list,
                            place->index);
    return arena_format(arena, "%s %s", label, quote(arena, place->name));
}
