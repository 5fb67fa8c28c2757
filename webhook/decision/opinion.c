#include "webhook/decision/opinion.h"

#include "lib/common/memory.h"
#include "lib/common/utf8.h"

enum { UNAVAILABLE = 503 };

struct opinion opinion_begin(struct arena *arena, struct verdict *verdict, enum reason reason)
{
    *verdict = (struct verdict){
        .allowed = true,
        .code = reason_status(reason),
        .reason = reason_word(reason),
    };
    return (struct opinion){.arena = arena, .verdict = verdict};
}

/* Cuts after whole code points, with "..." as the last three characters. */
static const char *cut(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    if (utf8_count(text, length) <= VERDICT_WARNING_MAX)
        return arena_copy(arena, text, length);
    size_t at = 0;
    for (int i = 0; i < VERDICT_WARNING_MAX - 3; i++) {
        uint32_t code_point;
        size_t step = utf8_decode(text + at, length - at, &code_point);
        at += step ? step : 1;
    }
    return arena_format(arena, "%.*s...", (int)at, text);
}

static void add_warning(struct opinion *opinion, const char *text)
{
    struct verdict *verdict = opinion->verdict;
    if (verdict->warning_count == WARNINGS_MAX)
        return;
    const char *warning = cut(opinion->arena, text);
    for (size_t i = 0; i < verdict->warning_count; i++)
        if (strcmp(verdict->warnings[i], warning) == 0)
            return;
    if (!verdict->warnings)
        verdict->warnings =
            arena_allocate_array(opinion->arena, WARNINGS_MAX, sizeof(*verdict->warnings));
    if (verdict->warning_count == WARNINGS_MAX - 1)
        warning = "there are more warnings than are shown here";
    verdict->warnings[verdict->warning_count++] = warning;
}

static void add_objection(struct opinion *opinion, enum reason reason, const char *message)
{
    struct verdict *verdict = opinion->verdict;
    struct objection *objections = (struct objection *)verdict->objections;
    /* What could not be found out speaks against nobody. */
    if (verdict->objection_count == OBJECTIONS_MAX || reason_status(reason) == UNAVAILABLE)
        return;
    if (!objections)
        objections = arena_allocate_array(opinion->arena, OBJECTIONS_MAX, sizeof(*objections));
    objections[verdict->objection_count++] = (struct objection){reason_word(reason), message};
    verdict->objections = objections;
}

void opinion_refuse(struct opinion *opinion, enum reason reason, const char *where,
                    const char *format, ...)
{
    if (opinion_settled(opinion))
        return;
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *text = xvasprintf(format, arguments);
    va_end(arguments);
    const char *message =
        arena_format(opinion->arena, "%s%s%s", where ? where : "", where ? ": " : "", text);
    if (opinion->collect == COLLECT_WARNINGS)
        add_warning(opinion, message);
    else if (opinion->collect == COLLECT_OBJECTIONS)
        add_objection(opinion, reason, message);
    if (opinion->refused)
        return;
    opinion->refused = true;
    opinion->verdict->allowed = false;
    opinion->verdict->code = reason_status(reason);
    opinion->verdict->reason = reason_word(reason);
    opinion->verdict->message = message;
}

bool opinion_settled(const struct opinion *opinion)
{
    switch (opinion->collect) {
    case COLLECT_WARNINGS:
        return opinion->refused && opinion->verdict->warning_count == WARNINGS_MAX;
    case COLLECT_OBJECTIONS:
        return opinion->verdict->objection_count == OBJECTIONS_MAX;
    case COLLECT_NOTHING:
        break;
    }
    return opinion->refused;
}

void opinion_warn(struct opinion *opinion, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *text = xvasprintf(format, arguments);
    va_end(arguments);
    add_warning(opinion, text);
}
