/* `credspec new`: writes a credential spec out of a live directory (new_online.c), or out of what
 * the user says of account and domain (new_offline.c). */
#include <stdlib.h>
#include <string.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/new.h"
#include "credspec/cli/output.h"
#include "credspec/cli/resource_name.h"
#include "credspec/resource.h"
#include "credspec/spec.h"
#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "lib/document/yaml_write.h"

/* --- What must be given -------------------------------------------------------------------------
 */

static int check_options(const struct new_options *options)
{
    if (options->plugin_guid && !options->plugin_input)
        return output_usage_error("--plugin-guid needs --plugin-input: what the plug-in finds the "
                                  "account's credentials by");
    if (options->plugin_input && !options->plugin_guid)
        return output_usage_error("--plugin-input needs --plugin-guid: the plug-in that reads it");
    bool resource = strcmp(options->as, "resource") == 0;
    if (options->name && !resource)
        return output_usage_error("--name needs --as resource: a bare credential spec has no name");
    if (options->run_as_user_name && !resource)
        return output_usage_error("--run-as-user-name needs --as resource: a bare credential spec "
                                  "has no place for it");
    return 0;
}

/* --- Putting it together ------------------------------------------------------------------------
 */

static struct node *compose_resource(struct arena *arena, const struct new_options *options,
                                     const struct node *spec, struct slice account,
                                     struct error **err)
{
    const char *name = options->name;
    if (!name)
        name = resource_name_from(arena, account);
    if (resource_name_check(
            options->name ? "--name" : "the account makes no name; give --name:", name, err) != 0)
        return NULL;
    return credspec_wrap(arena, spec, name, slice_of(options->run_as_user_name));
}

/* --- Checking it --------------------------------------------------------------------------------
 */

/* The flag that a finding is about, so that the message speaks of what the user typed. */
static const char *flag_of_pointer(const char *pointer, bool offline)
{
    static const struct {
        const char *field;
        const char *flag;
        bool from_directory; /* unless --offline */
    } flags[] = {
        {"/DomainJoinConfig/MachineAccountName", "--account", false},
        {"/DomainJoinConfig/DnsName", "--dns-name", true},
        {"/DomainJoinConfig/DnsTreeName", "--forest", true},
        {"/DomainJoinConfig/NetBiosName", "--netbios-name", true},
        {"/DomainJoinConfig/Sid", "--sid", true},
        {"/DomainJoinConfig/Guid", "--guid", true},
        {"/ActiveDirectoryConfig/GroupManagedServiceAccounts", "--account, --additional-account",
         false},
        {"/ActiveDirectoryConfig/HostAccountConfig/PluginGUID", "--plugin-guid", false},
        {"/ActiveDirectoryConfig/HostAccountConfig/PluginInput", "--plugin-input", false},
        {"/runAsUserName", "--run-as-user-name", false},
        {"/metadata/name", "--name", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        if (strstr(pointer, flags[i].field))
            return offline || !flags[i].from_directory ? flags[i].flag : "the directory";
    return "new";
}

static bool is_correct(struct arena *arena, const struct new_options *options,
                       const struct node *object, bool resource)
{
    struct findings findings = {.arena = arena};
    if (resource)
        credspec_check_resource(object, "", &findings);
    else
        credspec_check(object, "", &findings);
    for (size_t i = 0; i < findings.count; i++) {
        struct finding finding = findings.items[i];
        const char *flag = flag_of_pointer(finding.pointer, options->offline);
        finding.position = (struct position){0};
        finding.pointer = "";
        output_finding(stderr, flag, &finding);
    }
    return findings.errors == 0;
}

/* --- Writing it ---------------------------------------------------------------------------------
 */

static int write_out(const struct new_options *options, const struct buffer *text)
{
    if (!options->out || strcmp(options->out, "-") == 0) {
        fwrite(text->data, 1, text->length, stdout);
        return EXIT_SUCCESS;
    }
    cleanup_error struct error *error = NULL;
    if (output_file(options->out, text, options->force, &error) != 0)
        return output_error(error);
    return EXIT_SUCCESS;
}

static int run_new(const struct command_row *command, const void *values,
                   const char *const *operands)
{
    (void)command, (void)operands;
    const struct new_options *options = values;
    int code = check_options(options);
    if (code != 0)
        return code;
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    bool resource = strcmp(options->as, "resource") == 0;
    struct credspec_parts parts = {
        .plugin_guid = slice_of(options->plugin_guid),
        .plugin_input = slice_of(options->plugin_input),
    };
    code = options->offline ? new_offline_parts(&arena, options, &parts)
                            : new_online_parts(&arena, options, &parts);
    if (code != 0)
        return code;
    struct node *object = credspec_compose(&arena, &parts);
    if (resource)
        object = compose_resource(&arena, options, object, parts.account, &error);
    if (!object)
        return output_error(error);
    if (!is_correct(&arena, options, object, resource))
        return EXIT_NEGATIVE;
    cleanup_buffer struct buffer text = {0};
    if (resource) {
        yaml_write(&text, object);
    } else {
        json_write_pretty(&text, object);
        buffer_append_byte(&text, '\n');
    }
    return write_out(options, &text);
}

/* --- The table ----------------------------------------------------------------------------------
 */

static const char *const as_choices[] = {"json", "resource", NULL};

static const struct option_row options[] = {
    {
        .type = OPTION_TEXT,
        .letter = 'a',
        .name = "account",
        .argument = "NAME",
        .offset = offsetof(struct new_options, account),
        .heading = "Accounts",
        .help = "the gMSA's sAMAccountName, with or without the $ at its end",
    },
    {
        .type = OPTION_LIST,
        .name = "additional-account",
        .argument = "NAME[@DOMAIN]",
        .offset = offsetof(struct new_options, additional),
        .help = "another gMSA for the container; DOMAIN is its domain (default: the same); "
                "may be given several times",
    },
    DIRECTORY_OPTION_ROWS(struct new_options),
    {
        .type = OPTION_FLAG,
        .name = "offline",
        .offset = offsetof(struct new_options, offline),
        .heading = "Without a directory",
        .help = "take everything from the flags, ask no directory",
    },
    {
        .type = OPTION_TEXT,
        .name = "dns-name",
        .argument = "DOMAIN",
        .offset = offsetof(struct new_options, dns_name),
        .help = "DNS name of the account's domain: (Get-ADDomain).DNSRoot",
    },
    {
        .type = OPTION_TEXT,
        .name = "netbios-name",
        .argument = "NAME",
        .offset = offsetof(struct new_options, netbios_name),
        .help = "NetBIOS name of that domain: (Get-ADDomain).NetBIOSName",
    },
    {
        .type = OPTION_TEXT,
        .name = "sid",
        .argument = "SID",
        .offset = offsetof(struct new_options, sid),
        .help = "SID of that domain, not of the account: (Get-ADDomain).DomainSID",
    },
    {
        .type = OPTION_TEXT,
        .name = "guid",
        .argument = "GUID",
        .offset = offsetof(struct new_options, guid),
        .help = "GUID of that domain, without braces: (Get-ADDomain).ObjectGUID",
    },
    {
        .type = OPTION_TEXT,
        .name = "forest",
        .argument = "DOMAIN",
        .offset = offsetof(struct new_options, forest),
        .help = "DNS name of the forest's root domain: (Get-ADDomain).Forest; "
                "without it the domain itself",
    },
    {
        .type = OPTION_TEXT,
        .name = "plugin-guid",
        .argument = "GUID",
        .offset = offsetof(struct new_options, plugin_guid),
        .heading = "Hosts that are not joined to the domain",
        .help = "the CCG plug-in that knows an account which may read the password, in braces",
    },
    {
        .type = OPTION_TEXT,
        .name = "plugin-input",
        .argument = "TEXT",
        .offset = offsetof(struct new_options, plugin_input),
        .help = "what that plug-in finds the account by; never a password",
    },
    {
        .type = OPTION_CHOICE,
        .name = "as",
        .argument = "FORM",
        .offset = offsetof(struct new_options, as),
        .fallback = "json",
        .choices = as_choices,
        .heading = "Output",
        .help = "json: the bare spec, for Docker; resource: a GMSACredentialSpec, for kubectl",
    },
    {
        .type = OPTION_TEXT,
        .name = "name",
        .argument = "NAME",
        .offset = offsetof(struct new_options, name),
        .help = "the resource's name (default: the account in lower case)",
    },
    {
        .type = OPTION_TEXT,
        .name = "run-as-user-name",
        .argument = "USER",
        .offset = offsetof(struct new_options, run_as_user_name),
        .help = "the resource's default runAsUserName for pods, like NT AUTHORITY\\SYSTEM",
    },
    {
        .type = OPTION_TEXT,
        .name = "out",
        .argument = "FILE",
        .offset = offsetof(struct new_options, out),
        .help = "write to FILE, as a whole or not at all (default: standard output)",
    },
    {
        .type = OPTION_FLAG,
        .name = "force",
        .offset = offsetof(struct new_options, force),
        .help = "replace FILE where it is already there",
    },
    {.name = NULL},
};

#define EXAMPLE_DOMAIN                                                                             \
    "--account WebApp01 --dns-name contoso.com --netbios-name CONTOSO "                            \
    "--sid S-1-5-21-1987540392-1215364810-3376921054 "                                             \
    "--guid 7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3"

static const struct option_example examples[] = {
    {"kinit admin@CONTOSO.COM && credspec new --account webapp01 --domain contoso.com",
     "out of the live domain, with your own ticket"},
    {"credspec new --account webapp01 --domain contoso.com --user admin --as resource "
     "| kubectl apply -f -",
     "a cluster resource; the password is asked for"},
    {"credspec new --account webapp01 --keytab /etc/krb5.keytab --principal 'NODE1$@CONTOSO.COM'",
     "as a computer, such as a job that runs on a host"},
    {"credspec new --offline " EXAMPLE_DOMAIN " --out webapp01.json",
     "what New-CredentialSpec writes, for Docker"},
    {"credspec new --offline --as resource " EXAMPLE_DOMAIN " | kubectl apply -f -",
     "the same as a cluster resource"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 written",
    ("1 there is no such account, no container can use it, or the values make no correct "
     "credential spec; nothing was written"),
    "2 the call is wrong or a file could not be read or written",
    "3 the directory could not be reached or refused to answer",
    NULL,
};

const struct command_row new_command = {
    .name = "new",
    .summary = "write a credential spec",
    .description =
        "Writes what PowerShell's New-CredentialSpec writes on a machine joined to the domain, and "
        "what it cannot: the block for hosts that are not joined, and the cluster resource. "
        "Nothing that `credspec lint` refuses is ever written.\n"
        "\n"
        "The values come out of the directory, over LDAP sealed by Kerberos: no domain join, no "
        "krb5.conf and no PowerShell are needed. Any user of the domain may sign in for that, with "
        "a Kerberos ticket, a keytab, or a password that is typed or read from a file. Accounts "
        "that no container can use are refused; what does not keep the account from being used, "
        "but is rarely meant, is said as a warning on standard error.\n"
        "\n"
        "With --offline the values come from the flags. On Windows with the Active Directory "
        "module, `Get-ADDomain` shows all values of the "
        "domain. Elsewhere `rpcclient -c lsaquery` gives the domain's SID and NetBIOS name, and an "
        "LDAP search of the domain's own entry objectSid and objectGUID.",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct new_options),
    .run = run_new,
};
