/* The rules on account names and on where they are listed. */
#include "credspec/check.h"
#include "credspec/names.h"
#include "lib/common/ascii.h"
#include "lib/common/utf8.h"

/* Checks one name. Returns it when nothing is wrong with it, else absent. */
static struct slice check_name(struct findings *findings, const struct location *location)
{
    struct slice name = location_text(location);
    if (!slice_present(name))
        return name;
    const char *problem = account_name_problem(name);
    size_t length = utf8_count(name.data, name.length);
    if (problem) {
        report(findings, RULE_ACCOUNT_NAME_FORM, location, HINT_ACCOUNT, "account name %s %s",
               quoted(findings, name), problem);
        return (struct slice){0};
    }
    if (length > ACCOUNT_NAME_MAX) {
        report(findings, RULE_ACCOUNT_NAME_LENGTH, location, HINT_ACCOUNT,
               "account name %s has %zu characters, at most 15 are possible",
               quoted(findings, name), length);
        return (struct slice){0};
    }
    if (length == ACCOUNT_NAME_MAX)
        report(findings, RULE_ACCOUNT_NAME_FIFTEEN, location, HINT_ACCOUNT,
               "account name %s has 15 characters: New-ADServiceAccount makes names of at most 14",
               quoted(findings, name));
    return name;
}

static void check_scope(struct findings *findings, const struct location *location)
{
    struct slice scope = location_text(location);
    if (slice_present(scope) && !is_dns_name(scope) && !is_netbios_domain(scope))
        report(findings, RULE_SCOPE_FORM, location,
               "write the domain's DNS name, and in a second entry its NetBIOS name",
               "Scope %s is neither a DNS name nor a NetBIOS name", quoted(findings, scope));
}

static bool are_entries_equal(const struct node *a, const struct node *b)
{
    struct slice name = node_text(a, "Name");
    struct slice scope = node_text(a, "Scope");
    return slice_present(name) && slice_present(scope) &&
           slice_equal_ignoring_case(name, node_text(b, "Name")) &&
           slice_equal_ignoring_case(scope, node_text(b, "Scope"));
}

static void check_twice(struct findings *findings, const struct location *list,
                        const struct location *entry)
{
    node_for_each (earlier, list->node) {
        if (earlier == entry->node)
            return;
        if (!are_entries_equal(earlier, entry->node))
            continue;
        report(findings, RULE_ACCOUNT_TWICE, entry, "remove one of the two",
               "account %s is listed twice with Scope %s",
               quoted(findings, node_text(entry->node, "Name")),
               quoted(findings, node_text(entry->node, "Scope")));
        return;
    }
}

/* Checks each entry. Returns whether all of them have a name and a scope that can be compared. */
static bool check_entries(struct findings *findings, const struct location *list,
                          struct slice default_account)
{
    bool sound = true;
    size_t index = 0;
    node_for_each (node, list->node) {
        struct location entry = location_child(list, node, index++);
        struct location name = location_member(&entry, "Name");
        struct location scope = location_member(&entry, "Scope");
        struct slice text = location_text(&name);
        check_scope(findings, &scope);
        sound = sound && slice_present(text) && slice_present(location_text(&scope));
        /* A default account's own name is judged where it stands first: in MachineAccountName. */
        if (slice_present(text) && !slice_equal_ignoring_case(text, default_account) &&
            !slice_present(check_name(findings, &name)))
            sound = false;
        check_twice(findings, list, &entry);
    }
    return sound;
}

/* The default account must be found under both names of its domain. */
static void check_listed(struct findings *findings, const struct location *list,
                         struct slice account, struct slice dns_name, struct slice netbios_name)
{
    bool listed = false;
    bool by_dns = false;
    bool by_netbios = false;
    node_for_each (entry, list->node) {
        if (!slice_equal_ignoring_case(node_text(entry, "Name"), account))
            continue;
        struct slice scope = node_text(entry, "Scope");
        listed = true;
        by_dns = by_dns || slice_equal_ignoring_case(scope, dns_name);
        by_netbios = by_netbios || slice_equal_ignoring_case(scope, netbios_name);
    }
    const char *name = quoted(findings, account);
    const char *dns = quoted(findings, dns_name);
    const char *netbios = quoted(findings, netbios_name);
    if (!by_dns && !by_netbios)
        report(findings, RULE_ACCOUNT_NOT_LISTED, list,
               hint_format(findings,
                           "add {\"Name\": %s, \"Scope\": %s} and {\"Name\": %s, \"Scope\": %s}",
                           name, dns, name, netbios),
               listed ? "MachineAccountName %s is listed, but neither with Scope %s nor with %s"
                      : "MachineAccountName %s is not listed with Scope %s and %s",
               name, dns, netbios);
    else if (!by_dns)
        report(findings, RULE_ACCOUNT_DNS_SCOPE, list,
               hint_format(findings, "add {\"Name\": %s, \"Scope\": %s}", name, dns),
               "account %s is listed with its domain's NetBIOS name only: clients fall back to "
               "NTLM",
               name);
    else if (!by_netbios)
        report(findings, RULE_ACCOUNT_NETBIOS_SCOPE, list,
               hint_format(findings, "add {\"Name\": %s, \"Scope\": %s}", name, netbios),
               "account %s is listed with its domain's DNS name only", name);
}

void rules_check_accounts(struct findings *findings, const struct location *spec)
{
    struct location domain = location_member(spec, "DomainJoinConfig");
    struct location directory = location_member(spec, "ActiveDirectoryConfig");
    struct location list = location_member(&directory, "GroupManagedServiceAccounts");
    struct location account = location_member(&domain, "MachineAccountName");
    struct location dns = location_member(&domain, "DnsName");
    struct location netbios = location_member(&domain, "NetBiosName");

    struct slice name = check_name(findings, &account);
    if (!list.node || list.node->type != NODE_ARRAY)
        return;
    if (list.node->count == 0) {
        report(findings, RULE_ACCOUNTS_EMPTY, &list,
               "add the default account once with the domain's DNS name and once with its NetBIOS "
               "name as Scope",
               "GroupManagedServiceAccounts is empty");
        return;
    }
    bool sound = check_entries(findings, &list, location_text(&account));
    struct slice dns_name = location_text(&dns);
    struct slice netbios_name = location_text(&netbios);
    /* What is wrong with one of these has been said: no second finding for the same fault. */
    if (sound && slice_present(name) && is_dns_name_of_labels(dns_name) &&
        is_netbios_domain(netbios_name))
        check_listed(findings, &list, name, dns_name, netbios_name);
}
