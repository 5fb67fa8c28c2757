#include "credspec/fields.h"

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/common/suggest.h"

static const struct form account_form = {
    "an entry of GroupManagedServiceAccounts",
    (const struct field[]){
        {.name = "Name", .type = NODE_STRING, .required = true},
        {.name = "Scope", .type = NODE_STRING, .required = true},
        {0},
    },
};

static const struct form host_account_form = {
    "HostAccountConfig",
    (const struct field[]){
        {.name = "PortableCcgVersion",
         .type = NODE_STRING,
         .required = true,
         .hint = "write \"PortableCcgVersion\": \"1\"",
         .own_type_rule = true},
        {.name = "PluginGUID", .type = NODE_STRING, .required = true},
        {.name = "PluginInput", .type = NODE_STRING, .required = true, .own_type_rule = true},
        {0},
    },
};

static const struct form directory_form = {
    "ActiveDirectoryConfig",
    (const struct field[]){
        {.name = "GroupManagedServiceAccounts",
         .type = NODE_ARRAY,
         .required = true,
         .form = &account_form},
        {.name = "HostAccountConfig", .type = NODE_OBJECT, .form = &host_account_form},
        {0},
    },
};

static const struct form domain_form = {
    "DomainJoinConfig",
    (const struct field[]){
        {.name = "Sid", .type = NODE_STRING, .required = true, .hint = HINT_SID},
        {.name = "MachineAccountName", .type = NODE_STRING, .required = true, .hint = HINT_ACCOUNT},
        {.name = "Guid", .type = NODE_STRING, .required = true, .hint = HINT_GUID},
        {.name = "DnsTreeName", .type = NODE_STRING, .required = true, .hint = HINT_TREE},
        {.name = "DnsName", .type = NODE_STRING, .required = true, .hint = HINT_DNS},
        {.name = "NetBiosName", .type = NODE_STRING, .required = true, .hint = HINT_NETBIOS},
        {0},
    },
};

const struct form spec_form = {
    "the credential spec",
    (const struct field[]){
        {.name = "CmsPlugins",
         .type = NODE_ARRAY,
         .required = true,
         .hint = "write \"CmsPlugins\": [\"ActiveDirectory\"]"},
        {.name = "DomainJoinConfig", .type = NODE_OBJECT, .required = true, .form = &domain_form},
        {.name = "ActiveDirectoryConfig",
         .type = NODE_OBJECT,
         .required = true,
         .form = &directory_form},
        {0},
    },
};

/* The objects of a spec that stand at one place each: where fields go by mistake, and belong. */
static const struct home {
    const char *pointer;
    const struct form *form;
} homes[] = {
    {"", &spec_form},
    {"/DomainJoinConfig", &domain_form},
    {"/ActiveDirectoryConfig", &directory_form},
    {"/ActiveDirectoryConfig/HostAccountConfig", &host_account_form},
};

const struct node *fields_member_ignoring_case(const struct node *object, const char *name)
{
    if (!object || object->type != NODE_OBJECT)
        return NULL;
    node_for_each (member, object)
        if (slice_equal_ignoring_case(member->name, slice_of(name)))
            return member;
    return NULL;
}

static const struct field *find_field(const struct form *form, struct slice name)
{
    for (const struct field *field = form->fields; field->name; field++)
        if (slice_equal_ignoring_case(name, slice_of(field->name)))
            return field;
    return NULL;
}

/* Where a field belongs that is none of the form at hand. */
static const struct home *find_home(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(homes); i++)
        if (find_field(homes[i].form, name))
            return &homes[i];
    return NULL;
}

/* Whether a missing field of this form stands at another level of the spec. */
static bool stands_elsewhere(const struct node *spec, const struct form *form, const char *name)
{
    for (size_t i = 0; spec && i < ARRAY_LENGTH(homes); i++)
        if (homes[i].form != form &&
            fields_member_ignoring_case(node_at_pointer(spec, homes[i].pointer), name))
            return true;
    return false;
}

static void report_unknown(struct findings *findings, const struct location *member,
                           const struct form *form)
{
    enum { CANDIDATES_MAX = 16 };
    const char *candidates[CANDIDATES_MAX + 1];
    size_t count = 0;
    for (const struct field *field = form->fields; field->name && count < CANDIDATES_MAX; field++)
        candidates[count++] = field->name;
    candidates[count] = NULL;
    const char *nearest = suggest_nearest(member->node->name.data, candidates);
    report_name(findings, RULE_FIELD_UNKNOWN, member,
                nearest ? hint_format(findings, "did you mean \"%s\"?", nearest) : NULL,
                "%s has no field %s", form->title, quoted(findings, member->node->name));
}

/* A member whose name is none of the form's fields. */
static void check_stranger(struct findings *findings, const struct location *member,
                           const struct form *form, const struct node *spec)
{
    struct slice name = member->node->name;
    const struct field *field = find_field(form, name);
    if (field) {
        report_name(findings, RULE_FIELD_CASE, member,
                    hint_format(findings, "write \"%s\"", field->name),
                    "field %s must be spelled \"%s\": letter case counts", quoted(findings, name),
                    field->name);
        return;
    }
    const struct home *home = spec ? find_home(name) : NULL;
    if (home) {
        field = find_field(home->form, name);
        report_name(findings, RULE_FIELD_MISPLACED, member,
                    hint_format(findings, "move \"%s\" into %s", field->name, home->form->title),
                    "\"%s\" belongs into %s, not into %s", field->name, home->form->title,
                    form->title);
        return;
    }
    report_unknown(findings, member, form);
}

/* Does not quote the text, which may be a secret (PluginInput). */
static void check_text(struct findings *findings, const struct location *value)
{
    struct slice text = value->node->text;
    struct slice name = slice_present(value->name) ? value->name : value->parent->name;
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]))
            return; /* another finding, which says more */
    if (text.length == 0)
        report(findings, RULE_TEXT_EMPTY, value, NULL, "%.*s is empty", SLICE_FORMAT(name));
    else if (text.data[0] == ' ' || text.data[text.length - 1] == ' ')
        report(findings, RULE_TEXT_WHITE_SPACE, value, "remove the white space",
               "there is white space around the value of %.*s", SLICE_FORMAT(name));
}

static const char *type_title(enum node_type type)
{
    return node_type_name(&(struct node){.type = type});
}

static bool check_type(struct findings *findings, const struct location *value, const char *name,
                       enum node_type type)
{
    if (value->node->type == type)
        return true;
    const char *hint = NULL;
    if (type == NODE_STRING &&
        (value->node->type == NODE_INTEGER || value->node->type == NODE_NUMBER ||
         value->node->type == NODE_BOOLEAN))
        hint = "put the value in double quotes";
    report(findings, RULE_FIELD_TYPE, value, hint, "%s must be %s, not %s", name, type_title(type),
           node_type_name(value->node));
    return false;
}

static void check_items(struct findings *findings, const struct location *list,
                        const struct field *field, const struct node *spec)
{
    enum node_type type = field->form ? NODE_OBJECT : NODE_STRING;
    size_t index = 0;
    node_for_each (node, list->node) {
        struct location item = location_child(list, node, index++);
        if (node->type != type)
            check_type(findings, &item, hint_format(findings, "an item of %s", field->name), type);
        else if (field->form)
            fields_check(findings, &item, field->form, spec);
        else
            check_text(findings, &item);
    }
}

static void check_member(struct findings *findings, const struct location *member,
                         const struct field *field, const struct node *spec)
{
    if (field->own_type_rule && member->node->type != field->type)
        return;
    if (!check_type(findings, member, field->name, field->type))
        return;
    if (field->type == NODE_STRING)
        check_text(findings, member);
    else if (field->type == NODE_ARRAY)
        check_items(findings, member, field, spec);
    else if (field->type == NODE_OBJECT && field->form)
        fields_check(findings, member, field->form, spec);
}

static void check_missing(struct findings *findings, const struct location *object,
                          const struct form *form, const struct node *spec)
{
    for (const struct field *field = form->fields; field->name; field++) {
        if (!field->required || fields_member_ignoring_case(object->node, field->name) ||
            stands_elsewhere(spec, form, field->name))
            continue;
        struct location member = location_member(object, field->name);
        report(findings, RULE_FIELD_MISSING, &member, field->hint, "%s lacks \"%s\"", form->title,
               field->name);
    }
}

void fields_check(struct findings *findings, const struct location *object, const struct form *form,
                  const struct node *spec)
{
    node_for_each (node, object->node) {
        struct location member = location_child(object, node, 0);
        const struct field *field = find_field(form, node->name);
        if (field && slice_is(node->name, field->name))
            check_member(findings, &member, field, spec);
        else
            check_stranger(findings, &member, form, spec);
    }
    check_missing(findings, object, form, spec);
}
