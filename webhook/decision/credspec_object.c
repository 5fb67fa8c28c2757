#include "webhook/decision/credspec_object.h"

#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"

static const char *const judged[] = {"credspec", "runAsUserName", "allowedRunAsUserNames"};

static const struct node *parse(const struct slice raw, const char *which, struct opinion *opinion)
{
    cleanup_error struct error *err = NULL;
    const struct node *node =
        json_tree_parse(opinion->arena, raw.data, raw.length, NULL, NULL, &err);
    if (!node)
        opinion_refuse(opinion, REASON_MALFORMED, NULL, "%s: %.300s", which, err->message);
    return node;
}

static bool is_same_member(const struct node *a, const struct node *b)
{
    if (!a || !b)
        return a == b;
    cleanup_buffer struct buffer left = {0}, right = {0};
    json_write_canonical(&left, a);
    json_write_canonical(&right, b);
    return left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
}

static bool is_unchanged(const struct node *object, const struct node *old)
{
    for (size_t i = 0; i < ARRAY_LENGTH(judged); i++)
        if (!is_same_member(node_member(object, judged[i]), node_member(old, judged[i])))
            return false;
    return true;
}

static void refuse(struct opinion *opinion, const struct findings *findings)
{
    const struct finding *first = findings_first_error(findings);
    size_t others = findings->errors - 1;
    const char *rest = others ? arena_format(opinion->arena, " (and %zu more error%s)", others,
                                             others == 1 ? "" : "s")
                              : "";
    opinion_refuse(opinion, REASON_SPEC_OBJECT_INVALID, *first->pointer ? first->pointer : NULL,
                   "%.500s%s%.500s [%s]%s", first->message, first->hint ? "; " : "",
                   first->hint ? first->hint : "", first->rule->code, rest);
}

static void name_spec(const struct review *review, const struct node *object,
                      struct opinion *opinion)
{
    struct slice name = node_text(node_member(object, "metadata"), "name");
    if (!name.length)
        name = review->name;
    if (!name.length)
        return;
    opinion->verdict->spec_names = arena_allocate(opinion->arena, sizeof(name));
    opinion->verdict->spec_names[0] = name;
    opinion->verdict->spec_count = 1;
}

void credspec_object_judge(const struct review *review, const struct decision_settings *settings,
                           struct opinion *opinion)
{
    const struct node *object = parse(review->object, "object", opinion), *old = NULL;
    opinion->verdict->concerned = true;
    if (object && review->operation == OPERATION_UPDATE)
        old = parse(review->old_object, "oldObject", opinion);
    if (opinion->refused)
        return;
    name_spec(review, object, opinion);
    bool unchanged = old && is_unchanged(object, old);
    bool warn_only = unchanged || settings->warn_on_invalid_specs;
    opinion->verdict->reason = reason_word(unchanged ? REASON_UNCHANGED : REASON_PERMITTED);
    struct findings findings = {.arena = opinion->arena};
    credspec_check_resource(object, "", &findings);
    findings_sort(&findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        if (warn_only || finding->rule->severity == SEVERITY_WARNING)
            opinion_warn(opinion, "[%s] %.100s: %.300s", finding->rule->code, finding->pointer,
                         finding->message);
    }
    if (findings.errors == 0)
        return;
    if (!warn_only)
        refuse(opinion, &findings);
    else if (!unchanged)
        opinion->verdict->reason = reason_word(REASON_ADVICE_ONLY);
}
