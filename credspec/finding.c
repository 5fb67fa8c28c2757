#include "credspec/finding.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"

static struct finding *append(struct findings *findings)
{
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity ? findings->capacity * 2 : 8;
        struct finding *items =
            arena_allocate_array(findings->arena, capacity, sizeof(struct finding));
        if (findings->count > 0)
            memcpy(items, findings->items, findings->count * sizeof(struct finding));
        findings->items = items;
        findings->capacity = capacity;
    }
    return &findings->items[findings->count++];
}

void findings_add(struct findings *findings, const struct rule *rule, const char *pointer,
                  struct position position, const char *hint, const char *format, va_list arguments)
{
    size_t *number = rule->severity == SEVERITY_ERROR ? &findings->errors : &findings->warnings;
    if ((*number)++ >= FINDINGS_KEPT_MAX)
        return;
    struct finding *finding = append(findings);
    cleanup_free char *message = xvasprintf(format, arguments);
    *finding = (struct finding){
        .rule = rule,
        .pointer = arena_copy(findings->arena, pointer, strlen(pointer)),
        .position = position,
        .message = arena_copy(findings->arena, message, strlen(message)),
        .hint = hint ? arena_copy(findings->arena, hint, strlen(hint)) : NULL,
    };
}

const struct finding *findings_first_error(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].rule->severity == SEVERITY_ERROR)
            return &findings->items[i];
    return NULL;
}

static int compare(const void *left, const void *right)
{
    const struct finding *a = left;
    const struct finding *b = right;
    if (a->position.line != b->position.line)
        return a->position.line < b->position.line ? -1 : 1;
    if (a->position.column != b->position.column)
        return a->position.column < b->position.column ? -1 : 1;
    int order = strcmp(a->rule->code, b->rule->code);
    return order != 0 ? order : strcmp(a->pointer, b->pointer);
}

void findings_sort(struct findings *findings)
{
    if (findings->count > 1)
        qsort(findings->items, findings->count, sizeof(struct finding), compare);
}
