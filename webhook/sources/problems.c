#include "webhook/sources/problems.h"

#include "lib/common/memory.h"

void problems_add(struct problems *problems, enum problem_severity severity, struct origin origin,
                  const char *format, ...)
{
    if (problems->count == problems->capacity) {
        problems->capacity = problems->capacity ? problems->capacity * 2 : 8;
        problems->items =
            xreallocarray(problems->items, problems->capacity, sizeof(problems->items[0]));
    }
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *message = xvasprintf(format, arguments);
    va_end(arguments);
    problems->items[problems->count++] = (struct problem){
        .severity = severity,
        .origin = origin,
        .message = arena_format(problems->arena, "%s", message),
    };
    if (severity == PROBLEM_ERROR)
        problems->errors++;
}

void problems_release(struct problems *problems)
{
    free(problems->items);
    *problems = (struct problems){0};
}

const char *origin_text(struct origin origin, struct arena *arena)
{
    if (!origin.file)
        return "built in";
    if (origin_is_cluster(origin))
        return "in the cluster";
    if (origin.position.line == 0)
        return origin.file;
    return arena_format(arena, "%s:%u:%u", origin.file, origin.position.line,
                        origin.position.column);
}
