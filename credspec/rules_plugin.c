/* The rules on HostAccountConfig: the CCG plug-in of hosts that are not joined to the domain. */
#include "credspec/check.h"
#include "credspec/names.h"
#include "credspec/plugin_input.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"

#define AWS_PLUGIN "{859E1386-BDB4-49E8-85C7-3070B13920E1}"

static void check_version(struct findings *findings, const struct location *host)
{
    struct location location = location_member(host, "PortableCcgVersion");
    if (!location.node)
        return;
    const char *hint = "write \"PortableCcgVersion\": \"1\"";
    if (location.node->type != NODE_STRING) {
        report(findings, RULE_CCG_VERSION, &location, hint,
               "PortableCcgVersion must be the string \"1\", not %s",
               node_type_name(location.node));
        return;
    }
    struct slice version = location_text(&location);
    if (slice_present(version) && !slice_is(version, "1"))
        report(findings, RULE_CCG_VERSION, &location, hint,
               "PortableCcgVersion must be \"1\", not %s", quoted(findings, version));
}

/* Returns the GUID when it is one in braces, else absent. */
static struct slice check_guid(struct findings *findings, const struct location *host)
{
    struct location location = location_member(host, "PluginGUID");
    struct slice guid = location_text(&location);
    if (!slice_present(guid))
        return guid;
    struct slice inner = without_braces(guid);
    const char *hint =
        "it is the CLSID under HKLM\\SYSTEM\\CurrentControlSet\\Control\\CCG\\COMClasses";
    if (is_guid(inner) && !is_guid_zero(inner))
        return guid;
    if (is_guid(guid))
        report(findings, RULE_PLUGIN_GUID, &location,
               hint_format(findings, "write \"{%.*s}\"", SLICE_FORMAT(guid)),
               "PluginGUID %s must stand in braces", quoted(findings, guid));
    else if (is_guid_zero(inner))
        report(findings, RULE_PLUGIN_GUID, &location, hint,
               "PluginGUID is a placeholder: all zeros");
    else if (slice_equal_ignoring_case(guid, slice_of("{GDMA0342-266A-4D1P-831J-20990E82944F}")))
        report(findings, RULE_PLUGIN_GUID, &location, hint,
               "PluginGUID %s is the documentation's made-up example: G, M, P and J are no "
               "hexadecimal digits",
               quoted(findings, guid));
    else
        report(findings, RULE_PLUGIN_GUID, &location, hint, "PluginGUID %s is not a GUID in braces",
               quoted(findings, guid));
    return (struct slice){0};
}

static void check_object(struct findings *findings, const struct location *location,
                         struct slice guid)
{
    if (location->node->type == NODE_OBJECT &&
        slice_equal_ignoring_case(guid, slice_of(AWS_PLUGIN)))
        report(findings, RULE_PLUGIN_INPUT_OBJECT, location,
               "for Windows and for Kubernetes write it as a string: "
               "\"{\\\"credentialArn\\\":\\\"arn:...\\\"}\"",
               "PluginInput is an object, which only AWS' credentials-fetcher for Linux reads");
    else
        report(findings, RULE_FIELD_TYPE, location, NULL, "PluginInput must be a string, not %s",
               node_type_name(location->node));
}

static void check_input(struct findings *findings, const struct location *host, struct slice guid,
                        const struct location *domain)
{
    struct location location = location_member(host, "PluginInput");
    if (!location.node)
        return;
    if (location.node->type != NODE_STRING) {
        check_object(findings, &location, guid);
        return;
    }
    struct slice input = location_text(&location);
    if (!slice_present(input))
        return;
    const struct slice domains[] = {
        node_text(domain->node, "DnsName"),
        node_text(domain->node, "NetBiosName"),
        node_text(domain->node, "DnsTreeName"),
    };
    const char *hint = "change this password, since it has been written down, and name an entry "
                       "of a secret store here";
    const struct plugin *plugin = plugin_find(guid);
    enum password_likelihood password =
        plugin_input_password(input, domains, ARRAY_LENGTH(domains));
    if (plugin && !plugin->problem)
        report(findings, RULE_PLUGIN_PASSWORD, &location, hint,
               "PluginInput holds a password in clear: that is all %s can read", plugin->title);
    else if (password == PASSWORD_CLEAR)
        report(findings, RULE_PLUGIN_PASSWORD, &location, hint,
               "PluginInput holds a password in clear, as domain:user:password");
    else if (plugin) {
        const char *problem = plugin->problem(findings->arena, input);
        if (problem)
            report(findings, RULE_PLUGIN_INPUT_FORM, &location, plugin->form,
                   "PluginInput %s, as %s needs it", problem, plugin->title);
    } else if (password == PASSWORD_PERHAPS)
        report(findings, RULE_PLUGIN_PERHAPS_PASSWORD, &location, hint,
               "PluginInput looks like a user name and a password in clear");
}

void rules_check_plugin(struct findings *findings, const struct location *spec)
{
    struct location directory = location_member(spec, "ActiveDirectoryConfig");
    struct location domain = location_member(spec, "DomainJoinConfig");
    struct location host = location_member(&directory, "HostAccountConfig");
    if (!host.node || host.node->type != NODE_OBJECT)
        return;
    check_version(findings, &host);
    struct slice guid = check_guid(findings, &host);
    check_input(findings, &host, guid, &domain);
}
