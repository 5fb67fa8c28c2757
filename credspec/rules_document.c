/* The rules on a spec as a document, and all rules in their order. */
#include "credspec/fields.h"
#include "credspec/spec.h"
#include "lib/common/ascii.h"
#include "lib/common/utf8.h"
#include "lib/document/json_write.h"

static bool holds_control(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]))
            return true;
    return false;
}

/* Whatever would not read back, or not the same in all programs, wherever it stands. Goes no deeper
 * than a spec may be nested. */
static void check_values(struct findings *findings, const struct location *value, size_t depth)
{
    const struct node *node = value->node;
    const char *hint = "write it in one line; in YAML in quotes, since a block (|) ends with a "
                       "line feed";
    if (slice_present(node->name) && holds_control(node->name))
        report_name(findings, RULE_TEXT_CONTROL, value, NULL,
                    "field name %s has a control character", quoted(findings, node->name));
    if (node->type == NODE_STRING && holds_control(node->text))
        report(findings, RULE_TEXT_CONTROL, value, hint, "there is a control character in %s",
               slice_present(node->name) ? quoted(findings, node->name) : "this text");
    if (node->type == NODE_NUMBER)
        report(findings, RULE_NUMBER_FORM, value, "put the value in double quotes",
               "the number %s is no 64-bit integer", quoted(findings, node->text));
    if (node->type != NODE_ARRAY && node->type != NODE_OBJECT)
        return;
    if (depth > CREDSPEC_DEPTH_MAX) {
        report(findings, RULE_SPEC_NESTING, value, NULL, "values are nested more than %d deep",
               CREDSPEC_DEPTH_MAX);
        return;
    }
    size_t index = 0;
    node_for_each (child, node) {
        struct location location = location_child(value, child, index++);
        check_values(findings, &location, depth + 1);
    }
}

/* What the document is, when it is no spec at all. Returns whether one may go on. */
static bool check_kind(struct findings *findings, const struct location *spec)
{
    const struct node *node = spec->node;
    if (node->type == NODE_STRING) {
        report(findings, RULE_SPEC_OBJECT, spec,
               "write the fields themselves here, not their JSON text in quotes",
               "the credential spec is a string, not an object");
        return false;
    }
    if (node->type != NODE_OBJECT) {
        report(findings, RULE_SPEC_OBJECT, spec,
               "write an object with CmsPlugins, DomainJoinConfig and ActiveDirectoryConfig",
               "the credential spec must be an object, not %s", node_type_name(node));
        return false;
    }
    const struct node *inner = node_member(node, "credspec");
    if (inner || (node_member(node, "apiVersion") && node_member(node, "kind"))) {
        report(findings, RULE_SPEC_WRAPPED, spec,
               inner ? "take what stands under its \"credspec\"" : NULL,
               inner ? "this is a GMSACredentialSpec or a part of one, not a credential spec"
                     : "this is a Kubernetes object, not a credential spec");
        return false;
    }
    return true;
}

/* Also keeps all other rules from endless work: they see 64 KiB at most. */
static bool check_size(struct findings *findings, const struct location *spec)
{
    cleanup_buffer struct buffer canonical = {0};
    credspec_canonical(&canonical, spec->node);
    if (canonical.length <= CREDSPEC_TEXT_MAX)
        return true;
    report(findings, RULE_SPEC_SIZE, spec, "remove additional accounts, or fields nobody reads",
           "the credential spec has %zu bytes as compact JSON, at most %d are possible",
           canonical.length, CREDSPEC_TEXT_MAX);
    return false;
}

void credspec_check(const struct node *spec, const char *pointer, struct findings *findings)
{
    struct location top = location_top(pointer, spec);
    if (check_kind(findings, &top) && check_size(findings, &top)) {
        check_values(findings, &top, 1);
        fields_check(findings, &top, &spec_form, spec);
        rules_check_domain(findings, &top);
        rules_check_accounts(findings, &top);
        rules_check_plugin(findings, &top);
    }
    findings_sort(findings);
}
