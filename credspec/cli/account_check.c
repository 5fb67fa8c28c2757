#include "credspec/cli/account_check.h"

#include "lib/common/memory.h"
#include "lib/common/suggest.h"
#include "lib/directory/encryption_types.h"

struct slice account_spec_name(const char *text, size_t length)
{
    if (length > 1 && text[length - 1] == '$')
        length--;
    return (struct slice){text, length};
}

/* --- What it is ---------------------------------------------------------------------------------
 */

/* What to do about an account that is no gMSA. */
static const char *class_hint(enum account_class class)
{
    switch (class) {
    case ACCOUNT_USER:
    case ACCOUNT_OTHER:
        return "name a gMSA: `Get-ADServiceAccount -Filter *` lists them, New-ADServiceAccount "
               "makes one";
    case ACCOUNT_COMPUTER:
        return "name the gMSA; a computer account is what hosts read its password as";
    case ACCOUNT_SMSA:
        return "only one computer can use it; make a gMSA with New-ADServiceAccount -DNSHostName, "
               "without -RestrictToSingleComputer";
    case ACCOUNT_DMSA:
        return "Windows containers do not know this kind; make a gMSA with New-ADServiceAccount";
    case ACCOUNT_GROUP:
        return "name the gMSA; a group is what it lists in PrincipalsAllowedToRetrieve"
               "ManagedPassword";
    case ACCOUNT_GMSA:
        break;
    }
    return NULL;
}

static void judge_class(struct arena *arena, const struct account *account,
                        struct account_verdict *verdict)
{
    struct slice name = account_spec_name(account->name, strlen(account->name));
    if (account->class != ACCOUNT_GMSA) {
        verdict->problem = arena_format(arena, "%s is %s, not a gMSA", account->name,
                                        account_class_name(account->class));
        verdict->hint = class_hint(account->class);
    } else if (!account->enabled) {
        verdict->problem = arena_format(arena, "%s is disabled", account->name);
        verdict->hint =
            arena_format(arena,
                         "Set-ADServiceAccount -Identity %.*s -Enabled $true, or with Samba "
                         "`samba-tool user enable '%s'`",
                         SLICE_FORMAT(name), account->name);
    }
}

/* --- What does not keep it from being used ------------------------------------------------------
 */

static void warn(struct account_verdict *verdict, const char *text)
{
    verdict->warnings[verdict->warning_count++] = text;
}

static void judge_encryption(struct arena *arena, const struct account *account,
                             struct account_verdict *verdict)
{
    uint32_t bits = account->encryption_types > 0 ? (uint32_t)account->encryption_types : 0;
    if (!encryption_types_lack_aes(bits))
        return;
    struct slice name = account_spec_name(account->name, strlen(account->name));
    cleanup_buffer struct buffer words = {0};
    encryption_types_words(bits, &words);
    const char *what =
        bits == 0 ? arena_format(arena,
                                 "%s has no encryption types (msDS-SupportedEncryptionTypes is not "
                                 "set): domain controllers encrypt tickets for its services with "
                                 "their default, which is RC4 on many",
                                 account->name)
                  : arena_format(arena,
                                 "%s has no encryption type of AES (msDS-SupportedEncryptionTypes "
                                 "is %lld: %s): tickets for its services are encrypted with RC4, "
                                 "which clients and domain controllers more and more refuse",
                                 account->name, (long long)account->encryption_types,
                                 buffer_text(&words));
    warn(verdict, arena_format(arena,
                               "%s; Set-ADServiceAccount -Identity %.*s -KerberosEncryptionType "
                               "AES128,AES256",
                               what, SLICE_FORMAT(name)));
}

static bool anybody_may_read(const struct account_readers *readers)
{
    for (size_t i = 0; i < readers->count; i++)
        if (!readers->items[i].denied)
            return true;
    return readers->cut;
}

void account_judge(struct arena *arena, const struct account *account,
                   const struct account_readers *readers, struct account_verdict *verdict)
{
    *verdict = (struct account_verdict){0};
    judge_class(arena, account, verdict);
    if (account->class != ACCOUNT_GMSA)
        return;
    struct slice name = account_spec_name(account->name, strlen(account->name));
    if (readers && !anybody_may_read(readers))
        warn(verdict, arena_format(arena,
                                   "nobody may read the password of %s, so no host can use it; "
                                   "Set-ADServiceAccount -Identity %.*s "
                                   "-PrincipalsAllowedToRetrieveManagedPassword GROUP",
                                   account->name, SLICE_FORMAT(name)));
    judge_encryption(arena, account, verdict);
    if (account->service_principals.count == 0)
        warn(verdict, arena_format(arena,
                                   "%s has no service principal names: it can sign in at other "
                                   "services, but clients get no Kerberos ticket for a service of "
                                   "its own; setspn -S http/HOST %s",
                                   account->name, account->name));
}

const char *account_readers_text(struct arena *arena, const struct account_readers *readers)
{
    cleanup_buffer struct buffer text = {0};
    for (size_t i = 0; i < readers->count; i++) {
        const struct account_reader *reader = &readers->items[i];
        if (reader->denied)
            continue;
        bool group = reader->name && reader->class == ACCOUNT_GROUP;
        buffer_append_format(&text, "%s%s%s", text.length > 0 ? ", " : "", group ? "group " : "",
                             reader->name ? reader->name : reader->sid);
    }
    if (readers->cut)
        buffer_append_text(&text, ", and more");
    return text.length > 0 ? arena_copy(arena, text.data, text.length) : NULL;
}

/* --- Names that are like another ----------------------------------------------------------------
 */

enum { NEAREST_LOOKED_AT = 1000 };

const char *account_nearest(struct arena *arena, struct directory_connection *connection,
                            const struct domain *domain, const char *name, int64_t deadline)
{
    static const char *const attributes[] = {"sAMAccountName", NULL};
    const struct directory_search search = {
        .base = domain->root.naming_context,
        .scope = DIRECTORY_SUBTREE,
        .filter = "(objectClass=msDS-GroupManagedServiceAccount)",
        .attributes = attributes,
        .entries_max = NEAREST_LOOKED_AT,
    };
    cleanup_directory_entries struct directory_entries entries = {0};
    if (directory_search(connection, &search, deadline, &entries, NULL) != 0)
        return NULL;
    const char **names = arena_allocate_array(arena, entries.count + 1, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < entries.count; i++) {
        struct slice found = directory_value(&entries.items[i], "sAMAccountName");
        if (!slice_present(found))
            continue;
        found = account_spec_name(found.data, found.length);
        names[count++] = arena_copy(arena, found.data, found.length);
    }
    struct slice wanted = account_spec_name(name, strlen(name));
    return suggest_nearest(arena_copy(arena, wanted.data, wanted.length), names);
}
