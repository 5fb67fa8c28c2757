/* Reading, viewing and putting together a credential spec; the whole of its rules. */
#include "credspec/spec.h"

#include "credspec/fields.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"

const struct node *credspec_parse(struct arena *arena, const char *text, size_t length,
                                  struct position *where, struct error **err)
{
    if (length > CREDSPEC_TEXT_MAX) {
        if (where)
            *where = (struct position){0};
        error_set(err, ERROR_INPUT, "the credential spec has %zu bytes, at most %d are possible",
                  length, CREDSPEC_TEXT_MAX);
        return NULL;
    }
    const struct tree_limits limits = {.depth = CREDSPEC_DEPTH_MAX};
    return json_tree_parse(arena, text, length, &limits, where, err);
}

struct credspec credspec_view(struct arena *arena, const struct node *spec)
{
    const struct node *domain = node_member(spec, "DomainJoinConfig");
    const struct node *directory = node_member(spec, "ActiveDirectoryConfig");
    const struct node *accounts = node_member(directory, "GroupManagedServiceAccounts");
    const struct node *host = node_member(directory, "HostAccountConfig");
    struct credspec view = {
        .sid = node_text(domain, "Sid"),
        .machine_account_name = node_text(domain, "MachineAccountName"),
        .guid = node_text(domain, "Guid"),
        .dns_tree_name = node_text(domain, "DnsTreeName"),
        .dns_name = node_text(domain, "DnsName"),
        .netbios_name = node_text(domain, "NetBiosName"),
        .has_plugin = host && host->type == NODE_OBJECT,
        .portable_ccg_version = node_text(host, "PortableCcgVersion"),
        .plugin_guid = node_text(host, "PluginGUID"),
        .plugin_input = node_text(host, "PluginInput"),
    };
    if (!accounts || accounts->type != NODE_ARRAY || accounts->count == 0)
        return view;
    view.accounts = arena_allocate_array(arena, accounts->count, sizeof(struct credspec_account));
    node_for_each (entry, accounts)
        view.accounts[view.account_count++] = (struct credspec_account){
            .name = node_text(entry, "Name"),
            .scope = node_text(entry, "Scope"),
        };
    return view;
}

void credspec_canonical(struct buffer *out, const struct node *spec)
{
    json_write_canonical(out, spec);
}

static struct node *set_text(struct arena *arena, struct node *object, const char *name,
                             struct slice text)
{
    if (slice_present(text))
        node_set_member(arena, object, name, node_create_text(arena, text));
    return object;
}

static void append_account(struct arena *arena, struct node *list, struct slice name,
                           struct slice scope)
{
    if (!slice_present(name) || !slice_present(scope))
        return;
    struct node *entry = node_create(arena, NODE_OBJECT);
    set_text(arena, entry, "Name", name);
    set_text(arena, entry, "Scope", scope);
    node_append(list, entry);
}

struct node *credspec_compose(struct arena *arena, const struct credspec_parts *parts)
{
    struct node *plugins = node_create(arena, NODE_ARRAY);
    node_append(plugins, node_create_text(arena, slice_of("ActiveDirectory")));

    struct node *domain = node_create(arena, NODE_OBJECT);
    set_text(arena, domain, "Sid", parts->sid);
    set_text(arena, domain, "MachineAccountName", parts->account);
    set_text(arena, domain, "Guid", parts->guid);
    set_text(arena, domain, "DnsTreeName", parts->dns_tree_name);
    set_text(arena, domain, "DnsName", parts->dns_name);
    set_text(arena, domain, "NetBiosName", parts->netbios_name);

    struct node *accounts = node_create(arena, NODE_ARRAY);
    append_account(arena, accounts, parts->account, parts->dns_name);
    append_account(arena, accounts, parts->account, parts->netbios_name);
    for (size_t i = 0; i < parts->additional_count; i++)
        append_account(arena, accounts, parts->additional[i].name,
                       slice_present(parts->additional[i].scope) ? parts->additional[i].scope
                                                                 : parts->dns_name);

    struct node *directory = node_create(arena, NODE_OBJECT);
    node_set_member(arena, directory, "GroupManagedServiceAccounts", accounts);
    if (slice_present(parts->plugin_guid) || slice_present(parts->plugin_input)) {
        struct node *host = node_create(arena, NODE_OBJECT);
        set_text(arena, host, "PortableCcgVersion", slice_of("1"));
        set_text(arena, host, "PluginGUID", parts->plugin_guid);
        set_text(arena, host, "PluginInput", parts->plugin_input);
        node_set_member(arena, directory, "HostAccountConfig", host);
    }

    struct node *spec = node_create(arena, NODE_OBJECT);
    node_set_member(arena, spec, "CmsPlugins", plugins);
    node_set_member(arena, spec, "DomainJoinConfig", domain);
    node_set_member(arena, spec, "ActiveDirectoryConfig", directory);
    return spec;
}
