/* The rules on CmsPlugins and DomainJoinConfig. */
#include "credspec/check.h"
#include "credspec/names.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/common/utf8.h"

static void check_cms_plugins(struct findings *findings, const struct location *spec)
{
    struct location list = location_member(spec, "CmsPlugins");
    if (!list.node || list.node->type != NODE_ARRAY)
        return;
    bool found = false;
    size_t index = 0;
    node_for_each (node, list.node) {
        struct location item = location_child(&list, node, index++);
        struct slice plugin = location_text(&item);
        if (!slice_present(plugin) || slice_is(plugin, "ActiveDirectory")) {
            found = true; /* a text with another fault may have been meant to be it */
        } else if (slice_equal_ignoring_case(plugin, slice_of("ActiveDirectory"))) {
            found = true;
            report(findings, RULE_CMS_PLUGINS, &item, "write \"ActiveDirectory\"",
                   "plug-in %s must be spelled \"ActiveDirectory\"", quoted(findings, plugin));
        } else {
            report(findings, RULE_CMS_PLUGIN_UNKNOWN, &item,
                   "CCG plug-ins are named in HostAccountConfig",
                   "%s is no plug-in that Windows knows here", quoted(findings, plugin));
        }
    }
    if (!found)
        report(findings, RULE_CMS_PLUGINS, &list, "add \"ActiveDirectory\"",
               "CmsPlugins does not list \"ActiveDirectory\"");
}

/* Reads decimal numbers separated by hyphens, each at most 2^32-1 and without leading zeros.
 * Returns how many there are, 0 where the text is anything else. */
static size_t count_sid_numbers(struct slice text, bool *all_zero)
{
    size_t count = 0;
    *all_zero = true;
    for (size_t i = 0;; i++) {
        size_t begin = i;
        uint64_t value = 0;
        for (; i < text.length && ascii_is_digit(text.data[i]) && value <= UINT32_MAX; i++)
            value = value * 10 + (uint64_t)(text.data[i] - '0');
        if (i == begin || value > UINT32_MAX || (text.data[begin] == '0' && i - begin > 1))
            return 0;
        if (value != 0)
            *all_zero = false;
        count++;
        if (i == text.length)
            return count;
        if (text.data[i] != '-')
            return 0;
    }
}

static void check_sid(struct findings *findings, const struct location *domain)
{
    static const char prefix[] = "S-1-5-21-";
    enum { PREFIX_LENGTH = sizeof(prefix) - 1 };
    struct location location = location_member(domain, "Sid");
    struct slice sid = location_text(&location);
    if (!slice_present(sid))
        return;
    const char *text = quoted(findings, sid);
    if (sid.data[0] == 's') {
        report(findings, RULE_SID_FORM, &location, "write a capital S",
               "Sid %s begins with a small s", text);
        return;
    }
    bool all_zero = false;
    size_t count = 0;
    if (slice_starts_with(sid, prefix))
        count = count_sid_numbers(
            (struct slice){sid.data + PREFIX_LENGTH, sid.length - PREFIX_LENGTH}, &all_zero);
    if (count == 4) {
        struct slice shorter = sid;
        while (shorter.data[shorter.length - 1] != '-')
            shorter.length--;
        shorter.length--;
        report(findings, RULE_SID_OF_ACCOUNT, &location,
               hint_format(findings, "without its last number it is the domain's: \"%.*s\"",
                           SLICE_FORMAT(shorter)),
               "Sid %s is the SID of an account, not of the domain: four numbers follow S-1-5-21, "
               "a domain has three",
               text);
    } else if (count != 3) {
        report(findings, RULE_SID_FORM, &location, HINT_SID,
               "Sid %s is not a domain's SID: S-1-5-21 and three decimal numbers", text);
    } else if (all_zero) {
        report(findings, RULE_SID_ZERO, &location, HINT_SID, "Sid %s is a placeholder: all zeros",
               text);
    }
}

static void check_guid(struct findings *findings, const struct location *domain)
{
    struct location location = location_member(domain, "Guid");
    struct slice guid = location_text(&location);
    if (!slice_present(guid))
        return;
    struct slice inner = without_braces(guid);
    if (is_guid(inner))
        report(findings, RULE_GUID_FORM, &location,
               hint_format(findings, "write \"%.*s\"", SLICE_FORMAT(inner)),
               "Guid %s must stand without braces", quoted(findings, guid));
    else if (!is_guid(guid))
        report(findings, RULE_GUID_FORM, &location, HINT_GUID,
               "Guid %s is not a GUID: 8-4-4-4-12 hexadecimal digits", quoted(findings, guid));
    else if (is_guid_zero(guid))
        report(findings, RULE_GUID_ZERO, &location, HINT_GUID, "Guid is a placeholder: all zeros");
}

/* DnsName or DnsTreeName. Returns it when nothing is wrong with it, else absent. */
static struct slice check_dns_name(struct findings *findings, const struct location *domain,
                                   const char *field, const char *hint)
{
    struct location location = location_member(domain, field);
    struct slice name = location_text(&location);
    if (!slice_present(name) || is_dns_name_of_labels(name))
        return name;
    if (!is_dns_name(name))
        report(findings, RULE_DNS_NAME_FORM, &location, hint, "%s %s is not a DNS name%s", field,
               quoted(findings, name),
               name.data[name.length - 1] == '.' ? ": remove the final dot" : "");
    else
        report(findings, RULE_DNS_NAME_SINGLE_LABEL, &location, hint,
               "%s %s has no dot: this is a NetBIOS name, not a DNS name", field,
               quoted(findings, name));
    return (struct slice){0};
}

static void check_netbios_name(struct findings *findings, const struct location *domain)
{
    struct location location = location_member(domain, "NetBiosName");
    struct slice name = location_text(&location);
    if (!slice_present(name))
        return;
    size_t length = utf8_count(name.data, name.length);
    if (is_dns_name_of_labels(name))
        report(findings, RULE_NETBIOS_NAME_FORM, &location, HINT_NETBIOS,
               "NetBiosName %s is a DNS name", quoted(findings, name));
    else if (!is_netbios_name(name))
        report(findings, RULE_NETBIOS_NAME_FORM, &location, HINT_NETBIOS,
               "NetBiosName %s has one of the characters \\/:*?\"<>|. which no NetBIOS name has",
               quoted(findings, name));
    else if (length > NETBIOS_NAME_MAX)
        report(findings, RULE_NETBIOS_NAME_LENGTH, &location, HINT_NETBIOS,
               "NetBiosName %s has %zu characters, at most 15 are possible", quoted(findings, name),
               length);
}

/* Whether DnsName and NetBiosName stand in each other's place, which is one finding, not two. */
static bool are_names_swapped(struct findings *findings, const struct location *domain)
{
    struct location dns_name = location_member(domain, "DnsName");
    struct location netbios_name = location_member(domain, "NetBiosName");
    struct slice dns = location_text(&dns_name);
    struct slice netbios = location_text(&netbios_name);
    if (!slice_present(dns) || !is_netbios_name(dns) || !slice_present(netbios) ||
        !is_dns_name_of_labels(netbios))
        return false;
    report(findings, RULE_NAMES_SWAPPED, &dns_name,
           hint_format(findings, "write \"DnsName\": %s and \"NetBiosName\": %s",
                       quoted(findings, netbios), quoted(findings, dns)),
           "DnsName %s and NetBiosName %s are swapped", quoted(findings, dns),
           quoted(findings, netbios));
    return true;
}

static void check_tree(struct findings *findings, const struct location *domain, struct slice name,
                       struct slice tree)
{
    if (!slice_present(name) || !slice_present(tree) || is_domain_below(name, tree))
        return;
    struct location location = location_member(domain, "DnsTreeName");
    if (is_domain_below(tree, name))
        report(findings, RULE_DNS_TREE, &location,
               hint_format(findings, "write \"DnsName\": %s and \"DnsTreeName\": %s",
                           quoted(findings, tree), quoted(findings, name)),
               "DnsTreeName %s lies below DnsName %s: the two seem to be swapped",
               quoted(findings, tree), quoted(findings, name));
    else
        report(findings, RULE_DNS_TREE, &location, HINT_TREE,
               "DnsName %s is neither DnsTreeName %s nor below it", quoted(findings, name),
               quoted(findings, tree));
}

/* Values of the examples that everybody copies: Microsoft's manual and Kubernetes' own task page.
 */
static void check_placeholders(struct findings *findings, const struct location *domain)
{
    static const struct {
        const char *field, *value, *hint;
    } examples[] = {
        {"Sid", "S-1-5-21-702590844-1001920913-2680819671", HINT_SID},
        {"Guid", "56d9b66c-d746-4f87-bd26-26760cfdca2e", HINT_GUID},
        {"Sid", "S-1-5-21-2126449477-2524075714-3094792973", HINT_SID},
        {"Guid", "244818ae-87ac-4fcd-92ec-e79e5252348a", HINT_GUID},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
        struct location location = location_member(domain, examples[i].field);
        if (slice_equal_ignoring_case(location_text(&location), slice_of(examples[i].value)))
            report(findings, RULE_PLACEHOLDER, &location, examples[i].hint,
                   "%s %s is the documentation's example, not your domain's", examples[i].field,
                   quoted(findings, location.node->text));
    }
}

void rules_check_domain(struct findings *findings, const struct location *spec)
{
    check_cms_plugins(findings, spec);
    struct location domain = location_member(spec, "DomainJoinConfig");
    check_sid(findings, &domain);
    check_guid(findings, &domain);
    check_placeholders(findings, &domain);
    struct slice tree = check_dns_name(findings, &domain, "DnsTreeName", HINT_TREE);
    if (are_names_swapped(findings, &domain))
        return;
    check_netbios_name(findings, &domain);
    struct slice name = check_dns_name(findings, &domain, "DnsName", HINT_DNS);
    check_tree(findings, &domain, name, tree);
}
