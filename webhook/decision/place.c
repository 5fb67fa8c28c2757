/* How places are called. */
#include "webhook/decision/review.h"

#include "lib/common/utf8.h"

static const struct {
    const char *list;  /* the member of spec */
    const char *label; /* one of them, in a message */
} place_names[] = {
    [PLACE_POD] = {"", "pod"},
    [PLACE_CONTAINER] = {"containers", "container"},
    [PLACE_INIT_CONTAINER] = {"initContainers", "init container"},
    [PLACE_EPHEMERAL_CONTAINER] = {"ephemeralContainers", "ephemeral container"},
};

/* Valid names have at most 63 characters; at /mutate a name can still be anything. */
enum { SHOWN_NAME_MAX = 63 };

const char *place_pointer(const struct place *place, struct arena *arena)
{
    if (place->kind == PLACE_POD)
        return "/spec";
    return arena_format(arena, "/spec/%s/%zu", place_names[place->kind].list, place->index);
}

/* The name as it can be shown: cut between characters, control characters and quotes replaced. */
static const char *shown_name(struct slice name, struct arena *arena)
{
    size_t most = name.length < SHOWN_NAME_MAX ? name.length : SHOWN_NAME_MAX;
    size_t length = utf8_valid_prefix(name.data, most);
    char *shown = arena_copy(arena, name.data, length);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)shown[i];
        if (byte < 0x20 || byte == 0x7f || byte == '"')
            shown[i] = '?';
    }
    return shown;
}

const char *place_label(const struct place *place, struct arena *arena)
{
    const char *label = place_names[place->kind].label;
    if (place->kind == PLACE_POD)
        return label;
    if (place->name.length == 0)
        return arena_format(arena, "%s spec.%s[%zu]", label, place_names[place->kind].list,
                            place->index);
    return arena_format(arena, "%s \"%s%s\"", label, shown_name(place->name, arena),
                        place->name.length > SHOWN_NAME_MAX ? "..." : "");
}
