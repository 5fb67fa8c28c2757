/* All rules and why they exist, in the order of their codes, which are stable. */
#include "credspec/rules.h"

#include "credspec/spec.h"

static const struct rule rules[RULE_COUNT + 1] = {
    [RULE_SPEC_OBJECT] =
        {"CS001", "spec-object", SEVERITY_ERROR, "a credential spec is an object",
         "Windows and the webhook read the fields of an object. A spec that was pasted as JSON "
         "text in quotes is one long string to them: the API server refuses the resource, and no "
         "container gets an identity from the file.\n\n"
         "Nest the fields under \"credspec\" as they are; JSON is valid YAML."},
    [RULE_SPEC_WRAPPED] =
        {"CS002", "spec-wrapped", SEVERITY_ERROR, "a credential spec is the inner document alone",
         "Windows knows CmsPlugins, DomainJoinConfig and ActiveDirectoryConfig. Handed a whole "
         "GMSACredentialSpec it finds none of them, and reports event 3 (failed to parse the "
         "credential spec).\n\n"
         "`credspec convert --to json FILE` takes the spec out of a resource, `credspec "
         "convert --to resource --name NAME FILE` puts it into one."},
    [RULE_FIELD_MISSING] =
        {"CS003", "field-missing", SEVERITY_ERROR, "every field of a credential spec is there",
         "The cluster's schema marks no field as required and nobody reads the spec before "
         "Windows does, so a gap shows only when a container fails to start or cannot reach "
         "the domain. A host that is not joined to the domain needs all three fields of "
         "HostAccountConfig.\n\n"
         "`credspec new` writes a complete spec."},
    [RULE_FIELD_TYPE] =
        {"CS004", "field-type", SEVERITY_ERROR, "every field has its type",
         "The cluster's schema refuses the object, and Windows the text. In YAML an unquoted "
         "number, yes, no or null is not a string.\n\n"
         "Put the value in double quotes, and write CmsPlugins and GroupManagedServiceAccounts "
         "as lists even with a single item."},
    [RULE_FIELD_CASE] =
        {"CS005", "field-case", SEVERITY_ERROR,
         "field names are spelled with the right letter case",
         "Readers differ: Go takes \"SID\" for Sid, others do not see it, and a cluster's "
         "schema drops unknown names in silence. Two programs would then read two different "
         "specs out of one text.\n\n"
         "Write the names as New-CredentialSpec does: CmsPlugins, DomainJoinConfig, Sid, Guid, "
         "DnsName, NetBiosName, PluginGUID and so on."},
    [RULE_FIELD_UNKNOWN] =
        {"CS006", "field-unknown", SEVERITY_WARNING, "there are no fields that nobody knows",
         "An unknown field is mostly a known one with a slip in it. Windows ignores it, and a "
         "cluster's schema may drop it without a word.\n\n"
         "Mend the name, or remove the field."},
    [RULE_FIELD_MISPLACED] =
        {"CS007", "field-misplaced", SEVERITY_ERROR, "fields stand at their level",
         "A field at another level is not read. The classic one is HostAccountConfig beside "
         "ActiveDirectoryConfig: hosts that are not joined to the domain then never call the "
         "plug-in.\n\n"
         "HostAccountConfig and GroupManagedServiceAccounts belong into ActiveDirectoryConfig; "
         "Sid, Guid, MachineAccountName and the three names into DomainJoinConfig."},
    [RULE_TEXT_EMPTY] =
        {"CS008", "text-empty", SEVERITY_ERROR, "no field is empty",
         "An empty value passes the cluster's schema and fails on the node, as with a Helm "
         "chart whose value was not set.\n\n"
         "Fill the field in; `credspec rules` of the missing value's own rule says where to "
         "get it."},
    [RULE_TEXT_WHITE_SPACE] =
        {"CS009", "text-white-space", SEVERITY_ERROR, "there is no white space around values",
         "Windows compares names and parses the SID as they are: with a space at the end they "
         "match nothing, and nobody sees why.\n\n"
         "Remove the spaces. In YAML they only stay where the value is quoted."},
    [RULE_TEXT_CONTROL] =
        {"CS010", "text-control-characters", SEVERITY_ERROR,
         "texts and names have no control characters",
         "No name of a domain or an account has any, programs escape them differently (so the "
         "same spec has two texts), and in logs they can hide things. A line feed at the end "
         "comes from a YAML block scalar (|).\n\n"
         "Write the value in one line, in double quotes."},
    [RULE_NUMBER_FORM] =
        {"CS011", "number-form", SEVERITY_ERROR, "numbers are 64-bit integers",
         "Fractions, exponents and larger numbers come out differently in each program that "
         "reads and writes the spec, so that what runs would no longer equal what is stored. "
         "No known field is a number.\n\n"
         "Put the value in double quotes."},
    [RULE_SPEC_SIZE] =
        {"CS012", "spec-size", SEVERITY_ERROR,
         "a credential spec has at most 65536 bytes as compact JSON",
         "The API server refuses pods with more (\"gmsaCredentialSpec size must be under 64 "
         "KiB\"), so that no pod could name this spec.\n\n"
         "Split the additional accounts among several specs."},
    [RULE_SPEC_NESTING] =
        {"CS013", "spec-nesting", SEVERITY_ERROR, "values are nested at most 32 deep",
         "A credential spec needs a depth of five. Readers bound the depth each in their own "
         "way, and a spec that only some of them accept does not mean one thing.\n\n"
         "Remove the nested values; no known field holds them."},
    [RULE_PLACEHOLDER] =
        {"CS014", "placeholder", SEVERITY_WARNING, "values are not those of the documentation",
         "The SID and the GUID of the examples in Microsoft's manual and in Kubernetes' task "
         "page belong to no domain of yours. The container starts with them and then fails "
         "every logon.\n\n"
         "PowerShell on a machine of the domain: (Get-ADDomain).DomainSID.Value and "
         "(Get-ADDomain).ObjectGUID. On Linux: ldapsearch -H ldap://DC -Y GSSAPI -b "
         "DC=example,DC=com -s base objectSid objectGUID (both in base64), or `credspec new`, "
         "which asks for you."},
    [RULE_CMS_PLUGINS] = {"CS020", "cms-plugins", SEVERITY_ERROR,
                          "CmsPlugins lists \"ActiveDirectory\"",
                          "Windows hands the rest of the spec to the plug-ins named here. Without "
                          "ActiveDirectory nobody reads it, and the container has no identity.\n\n"
                          "Write \"CmsPlugins\": [\"ActiveDirectory\"]."},
    [RULE_CMS_PLUGIN_UNKNOWN] =
        {"CS021", "cms-plugin-unknown", SEVERITY_WARNING, "CmsPlugins lists nothing else",
         "Only ActiveDirectory exists. The name or GUID of a CCG plug-in does nothing here.\n\n"
         "A CCG plug-in is named by PluginGUID in ActiveDirectoryConfig.HostAccountConfig."},
    [RULE_SID_FORM] =
        {"CS022", "sid-form", SEVERITY_ERROR,
         "Sid is the SID of a domain: S-1-5-21 and three decimal numbers",
         "With anything else the container starts, and its secure channel to the domain fails: "
         "nltest and every logon report errors that name no cause.\n\n"
         "PowerShell: (Get-ADDomain).DomainSID.Value. On Linux: `net rpc info` or `rpcclient "
         "-c lsaquery DC` (Samba), or `credspec new`."},
    [RULE_SID_OF_ACCOUNT] =
        {"CS023", "sid-of-account", SEVERITY_ERROR, "Sid is the domain's SID, not the account's",
         "The most frequent mistake, since manuals were wrong about it for years "
         "(Virtualization-Documentation 1508, azure-aks-docs 44): the SID of the gMSA has a "
         "fourth number, the account's own. The container starts, and netlogon fails.\n\n"
         "Leave out the last number, or ask the domain: (Get-ADDomain).DomainSID.Value."},
    [RULE_SID_ZERO] =
        {"CS024", "sid-zero", SEVERITY_ERROR, "Sid is not all zeros",
         "A domain's SID is random. Zeros are a placeholder that was never filled in; netlogon "
         "fails.\n\n"
         "PowerShell: (Get-ADDomain).DomainSID.Value, or `credspec new`."},
    [RULE_GUID_FORM] =
        {"CS025", "guid-form", SEVERITY_ERROR, "Guid is a GUID without braces",
         "Windows parses it as 8-4-4-4-12 hexadecimal digits. Braces belong to PluginGUID "
         "alone.\n\n"
         "PowerShell: (Get-ADDomain).ObjectGUID. It is the domain's, not the account's."},
    [RULE_GUID_ZERO] =
        {"CS026", "guid-zero", SEVERITY_WARNING, "Guid is not all zeros",
         "Zeros are a placeholder that was never filled in. It is the objectGUID of the domain "
         "and helps a client to find its domain controllers by DNS (GUID.domains._msdcs).\n\n"
         "PowerShell: (Get-ADDomain).ObjectGUID, or `credspec new`."},
    [RULE_DNS_NAME_FORM] =
        {"CS027", "dns-name-form", SEVERITY_ERROR, "DnsName, DnsTreeName are DNS names",
         "A client finds its domain controllers by this name (_ldap._tcp.dc._msdcs.NAME) and "
         "makes the Kerberos realm from it. Addresses, trailing dots and other characters lead "
         "nowhere.\n\n"
         "PowerShell: (Get-ADDomain).DNSRoot for DnsName, (Get-ADDomain).Forest for "
         "DnsTreeName."},
    [RULE_DNS_NAME_SINGLE_LABEL] =
        {"CS028", "dns-name-single-label", SEVERITY_ERROR,
         "DnsName, DnsTreeName have at least two labels",
         "A name without a dot is the NetBIOS name. Domain controllers cannot be found by it "
         "over DNS. (Windows has not created domains with a single-label DNS name since Server "
         "2008.)\n\n"
         "PowerShell: (Get-ADDomain).DNSRoot for DnsName, (Get-ADDomain).Forest for "
         "DnsTreeName."},
    [RULE_NETBIOS_NAME_FORM] =
        {"CS029", "netbios-name-form", SEVERITY_ERROR, "NetBiosName is a NetBIOS name",
         "It is the part before the backslash in DOMAIN\\user, not the DNS name. With the DNS "
         "name in its place, logons by the short name fail in the container.\n\n"
         "PowerShell: (Get-ADDomain).NetBIOSName."},
    [RULE_NETBIOS_NAME_LENGTH] =
        {"CS030", "netbios-name-length", SEVERITY_ERROR, "NetBiosName has at most 15 characters",
         "No domain has a longer one. Mostly this is the first label of the DNS name, which "
         "need not be the NetBIOS name.\n\n"
         "PowerShell: (Get-ADDomain).NetBIOSName."},
    [RULE_NAMES_SWAPPED] =
        {"CS031", "names-swapped", SEVERITY_ERROR, "DnsName and NetBiosName are not swapped",
         "Domain controllers cannot be found by the short name over DNS, and logons by the "
         "short name fail.\n\n"
         "PowerShell: Get-ADDomain | Select DNSRoot, NetBIOSName."},
    [RULE_DNS_TREE] =
        {"CS032", "dns-tree", SEVERITY_WARNING, "DnsName is DnsTreeName or lies below it",
         "DnsTreeName is the DNS name of the forest's root domain, DnsName that of the gMSA's "
         "own domain. Manuals swapped them more than once (Virtualization-Documentation 627, "
         "711, 618). Only in a forest of several trees may the one not lie below the other.\n\n"
         "PowerShell: Get-ADDomain | Select DNSRoot, Forest."},
    [RULE_ACCOUNT_NAME_FORM] =
        {"CS040", "account-name-form", SEVERITY_ERROR,
         "account names are a gMSA's sAMAccountName without '$'",
         "Windows adds the '$' and the domain itself, and does not find \"web$$\" or "
         "\"DOMAIN\\web$\". Other characters no account name can have.\n\n"
         "PowerShell: (Get-ADServiceAccount NAME).SamAccountName, without its last character."},
    [RULE_ACCOUNT_NAME_LENGTH] =
        {"CS041", "account-name-length", SEVERITY_ERROR, "account names have at most 15 characters",
         "A sAMAccountName of a computer or a gMSA has at most 16 characters with its '$'. A "
         "longer name is the display name or the name of the object (CN), which is another "
         "one.\n\n"
         "PowerShell: (Get-ADServiceAccount NAME).SamAccountName."},
    [RULE_ACCOUNT_NAME_FIFTEEN] =
        {"CS042", "account-name-fifteen", SEVERITY_WARNING,
         "account names have at most 14 characters",
         "New-ADServiceAccount refuses more than 15 with the '$' (windows-powershell-docs "
         "2196), so a name of 15 is one that was made with other tools, or, more often, one "
         "that was cut.\n\n"
         "PowerShell: (Get-ADServiceAccount NAME).SamAccountName. Nothing is wrong if it says "
         "the same."},
    [RULE_ACCOUNTS_EMPTY] =
        {"CS043", "accounts-empty", SEVERITY_ERROR, "GroupManagedServiceAccounts has entries",
         "Windows fetches the passwords of the accounts in this list. When it is empty, the "
         "container has no identity.\n\n"
         "List the default account twice: with the DNS name and with the NetBIOS name of its "
         "domain as Scope."},
    [RULE_ACCOUNT_NOT_LISTED] =
        {"CS044", "account-not-listed", SEVERITY_ERROR,
         "MachineAccountName is listed in GroupManagedServiceAccounts",
         "MachineAccountName says who the container is, the list says whose passwords are "
         "fetched. An account that is not listed under its domain has no password in the "
         "container.\n\n"
         "List it twice: with DnsName and with NetBiosName as Scope."},
    [RULE_ACCOUNT_DNS_SCOPE] =
        {"CS045", "account-dns-scope", SEVERITY_WARNING,
         "the default account is listed with the DNS name as Scope",
         "With the NetBIOS name alone Kerberos does not find the account's credentials, and "
         "clients fall back to NTLM (aksArc 382), which many servers refuse.\n\n"
         "Add an entry with DnsName as Scope."},
    [RULE_ACCOUNT_NETBIOS_SCOPE] =
        {"CS046", "account-netbios-scope", SEVERITY_WARNING,
         "the default account is listed with the NetBIOS name as Scope",
         "Programs that log on as DOMAIN\\account do not find the account by the DNS name. "
         "New-CredentialSpec always writes both entries.\n\n"
         "Add an entry with NetBiosName as Scope."},
    [RULE_ACCOUNT_TWICE] =
        {"CS047", "account-twice", SEVERITY_WARNING,
         "no account is listed twice with the same scope",
         "The second entry does nothing. Mostly one of the two was meant to have the other "
         "name of the domain as its Scope.\n\n"
         "Remove it, or mend its Scope. Letter case does not make two names different."},
    [RULE_SCOPE_FORM] =
        {"CS048", "scope-form", SEVERITY_ERROR, "Scope is a DNS name or a NetBIOS name of a domain",
         "Windows finds the domain of each account by its Scope. An account with a scope that "
         "is no domain's name gets no password.\n\n"
         "Write the domain's DNS name: (Get-ADDomain).DNSRoot, and in a second entry its "
         "NetBIOS name."},
    [RULE_CCG_VERSION] =
        {"CS060", "portable-ccg-version", SEVERITY_ERROR, "PortableCcgVersion is the string \"1\"",
         "Windows knows this version alone, and compares text. In YAML an unquoted 1 is a "
         "number, which the cluster's schema refuses.\n\n"
         "Write \"PortableCcgVersion\": \"1\", with the quotes, in YAML too."},
    [RULE_PLUGIN_GUID] =
        {"CS061", "plugin-guid", SEVERITY_ERROR, "PluginGUID is a GUID in braces",
         "Windows looks the text up below "
         "HKLM\\SYSTEM\\CurrentControlSet\\Control\\CCG\\COMClasses, braces included; without "
         "them the plug-in is never called. The much-copied {GDMA0342-...} of the "
         "documentation is not even hexadecimal.\n\n"
         "Take the CLSID from the plug-in's own documentation, or from that registry key on a "
         "node."},
    [RULE_PLUGIN_PASSWORD] =
        {"CS062", "plugin-password", SEVERITY_ERROR, "PluginInput holds no password",
         "A credential spec lies open: in the cluster's store, in every pod that uses it, in "
         "files on nodes. The sample plug-in of Microsoft's manual reads domain:user:password "
         "from it, which was never meant for use (Virtualization-Documentation 1680).\n\n"
         "Change the password. Then use a plug-in that reads it from a secret store, and name "
         "the store's entry in PluginInput."},
    [RULE_PLUGIN_PERHAPS_PASSWORD] =
        {"CS063", "plugin-perhaps-password", SEVERITY_WARNING,
         "PluginInput does not look like a password",
         "It has the form domain:user:password or DOMAIN\\user:password, and this plug-in is "
         "not known. A credential spec lies open in the cluster's store, in pods and on nodes.\n\n"
         "If it is a password: change it, and use a plug-in that reads it from a secret store."},
    [RULE_PLUGIN_INPUT_FORM] =
        {"CS064", "plugin-input-form", SEVERITY_ERROR, "PluginInput has the form its plug-in reads",
         "The plug-in refuses anything else, and the node logs event 6 (failed to fetch "
         "credentials from the plug-in) with a number in place of a reason.\n\n"
         "This project's plug-in: NAMESPACE/NAME or NAME of an account entry. Azure Key Vault: "
         "ObjectId=...;SecretUri=https://... Rancher: NAMESPACE:SECRET. AWS: the text "
         "{\"credentialArn\":\"arn:...\"} as a string."},
    [RULE_PLUGIN_INPUT_OBJECT] =
        {"CS065", "plugin-input-object", SEVERITY_WARNING, "PluginInput is a string",
         "AWS' credentials-fetcher for Linux takes an object with CredentialArn. Windows does "
         "not, and the cluster's schema, which says string, refuses the resource.\n\n"
         "For Windows and Kubernetes write the object's JSON text as a string; for the Linux "
         "daemon alone leave it."},
    [RULE_API_VERSION] =
        {"CS080", "api-version", SEVERITY_ERROR, "apiVersion is windows.k8s.io/v1",
         "The API server finds the kind by its group and version, and knows no other for a "
         "credential spec.\n\n"
         "Write apiVersion: windows.k8s.io/v1."},
    [RULE_API_VERSION_OLD] =
        {"CS081", "api-version-old", SEVERITY_WARNING, "apiVersion is not windows.k8s.io/v1alpha1",
         "v1alpha1 is still served, but deprecated; v1 has the same fields, and objects are "
         "stored as v1 anyway.\n\n"
         "Write apiVersion: windows.k8s.io/v1."},
    [RULE_KIND] = {"CS082", "kind", SEVERITY_ERROR, "kind is GMSACredentialSpec",
                   "The API server has one kind for credential specs, and letter case counts.\n\n"
                   "Write kind: GMSACredentialSpec."},
    [RULE_RESOURCE_NAME] =
        {"CS083", "resource-name", SEVERITY_ERROR, "metadata.name is a DNS subdomain in lower case",
         "The API server refuses the object otherwise, and pods could not name it in "
         "gmsaCredentialSpecName. The example gmsa-WebApp1 of Kubernetes' own task page is one "
         "of these.\n\n"
         "Lower-case letters, digits, '-' and '.', beginning and ending with a letter or a "
         "digit."},
    [RULE_CREDSPEC_FIELD] =
        {"CS084", "credspec-field", SEVERITY_ERROR, "the credential spec stands under \"credspec\"",
         "Unlike other kinds this one has no \"spec\". Whatever stands elsewhere is dropped, "
         "and pods that name the object are refused (\"does not have a credspec key\").\n\n"
         "Rename \"spec\" to \"credspec\", or nest CmsPlugins, DomainJoinConfig and "
         "ActiveDirectoryConfig under it."},
    [RULE_RUN_AS_USER] =
        {"CS085", "run-as-user-name", SEVERITY_ERROR,
         "user names have the form that the API server accepts",
         "The default is written into pods. The API server would refuse each of them, with "
         "Kubernetes' own words, which this message repeats.\n\n"
         "Write USER or DOMAIN\\USER, as \"NT AUTHORITY\\NETWORK SERVICE\". In double quotes "
         "YAML and JSON need two backslashes."},
    [RULE_RUN_AS_USER_DEFAULT] =
        {"CS086", "run-as-user-default", SEVERITY_ERROR,
         "runAsUserName is one of allowedRunAsUserNames",
         "The default would be written into pods and then refused in them, so that every pod "
         "without a user name of its own fails.\n\n"
         "Add the default to the list, or choose one of the list. An empty list allows every "
         "name."},
    [RULE_RUN_AS_USER_TWICE] =
        {"CS087", "run-as-user-twice", SEVERITY_WARNING,
         "allowedRunAsUserNames lists each name once",
         "Names are compared without regard to letter case, so the second one does nothing.\n\n"
         "Remove it."},
    [RULE_RUN_AS_USER_LOCAL] =
        {"CS088", "run-as-user-local", SEVERITY_WARNING,
         "runAsUserName is an account that has the gMSA",
         "In a container the gMSA stands behind Local System and Network Service. ContainerUser "
         "is a local account: programs that run as it reach the network without the gMSA's "
         "identity.\n\n"
         "Use \"NT AUTHORITY\\NETWORK SERVICE\", or \"NT AUTHORITY\\SYSTEM\" where "
         "administrator's rights are needed."},
};

const struct rule *rule_of(enum rule_number number)
{
    return &rules[number];
}

const struct rule *credspec_rules(void)
{
    return rules;
}

const struct rule *credspec_rule(const char *code)
{
    for (const struct rule *rule = rules; rule->code; rule++)
        if (slice_is(slice_of(code), rule->code))
            return rule;
    return NULL;
}
