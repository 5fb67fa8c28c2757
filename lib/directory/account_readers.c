/* Who may read a gMSA's password. */
#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/account.h"
#include "lib/directory/account_parts.h"
#include "lib/directory/filter.h"
#include "lib/directory/security_descriptor.h"
#include "lib/directory/sid.h"

/* SIDs that are the same everywhere (MS-DTYP 2.4.2.4); no entry of a domain has them. */
static const struct {
    const char *sid, *name;
} well_known[] = {
    {"S-1-1-0", "Everyone"},
    {"S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON"},
    {"S-1-5-9", "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"},
    {"S-1-5-10", "NT AUTHORITY\\SELF"},
    {"S-1-5-11", "NT AUTHORITY\\Authenticated Users"},
    {"S-1-5-15", "NT AUTHORITY\\This Organization"},
    {"S-1-5-18", "NT AUTHORITY\\SYSTEM"},
    {"S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"},
    {"S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE"},
    {"S-1-5-32-544", "BUILTIN\\Administrators"},
    {"S-1-5-32-545", "BUILTIN\\Users"},
    {"S-1-5-32-546", "BUILTIN\\Guests"},
    {"S-1-5-32-548", "BUILTIN\\Account Operators"},
    {"S-1-5-32-549", "BUILTIN\\Server Operators"},
    {"S-1-5-32-551", "BUILTIN\\Backup Operators"},
    {"S-1-5-32-554", "BUILTIN\\Pre-Windows 2000 Compatible Access"},
    {"S-1-5-32-560", "BUILTIN\\Windows Authorization Access Group"},
};

static const char *well_known_name(const char *sid)
{
    for (size_t i = 0; i < ARRAY_LENGTH(well_known); i++)
        if (strcmp(well_known[i].sid, sid) == 0)
            return well_known[i].name;
    return NULL;
}

void account_readers_release(struct account_readers *readers)
{
    for (size_t i = 0; i < readers->count; i++) {
        free(readers->items[i].sid);
        free(readers->items[i].name);
    }
    *readers = (struct account_readers){0};
}

static struct account_reader *find_reader(struct account_readers *readers, const char *sid)
{
    for (size_t i = 0; i < readers->count; i++)
        if (strcmp(readers->items[i].sid, sid) == 0)
            return &readers->items[i];
    return NULL;
}

static void add_reader(struct account_readers *readers, const char *sid, bool denied)
{
    const struct account_reader *known = find_reader(readers, sid);
    if (known && known->denied == denied)
        return;
    if (readers->count == ACCOUNT_READERS_MAX) {
        readers->cut = true;
        return;
    }
    const char *name = well_known_name(sid);
    readers->items[readers->count++] = (struct account_reader){
        .sid = xstrdup(sid),
        .name = name ? xstrdup(name) : NULL,
        .class = name ? ACCOUNT_GROUP : ACCOUNT_OTHER,
        .denied = denied,
    };
}

static int decode(const struct account *account, struct password_readers *decoded,
                  struct error **err)
{
    if (password_readers_decode(decoded, account->membership, account->membership_length, err) < 0)
        return error_prefix(err, "msDS-GroupMSAMembership of %s", account->name);
    return 0;
}

/* A filter for those whose names are not known yet; false when there are none. */
static bool append_unknown(const struct account_readers *readers, struct buffer *filter)
{
    bool any = false;
    buffer_append_text(filter, "(|");
    for (size_t i = 0; i < readers->count; i++) {
        unsigned char bytes[SID_LENGTH_MAX];
        struct sid sid;
        if (readers->items[i].name || sid_parse(&sid, slice_of(readers->items[i].sid), NULL) < 0)
            continue;
        buffer_append_text(filter, "(objectSid=");
        filter_append_octets(filter, bytes, sid_encode(&sid, bytes));
        buffer_append_byte(filter, ')');
        any = true;
    }
    buffer_append_byte(filter, ')');
    return any;
}

static void take_name(const struct directory_entry *entry, const struct domain *domain,
                      struct account_readers *readers)
{
    struct slice value = directory_value(entry, "objectSid");
    struct slice name = directory_value(entry, "sAMAccountName");
    char text[SID_TEXT_SIZE];
    struct sid sid;
    if (name.length == 0 || sid_read(&sid, value.data, value.length) == 0)
        return;
    sid_format(&sid, text);
    for (size_t i = 0; i < readers->count; i++) {
        struct account_reader *reader = &readers->items[i];
        if (reader->name || strcmp(reader->sid, text) != 0)
            continue;
        reader->name = xasprintf("%s\\%.*s", domain->netbios_name, SLICE_FORMAT(name));
        reader->class = account_class_of(entry);
    }
}

static int find_names(struct directory_connection *connection, const struct domain *domain,
                      int64_t deadline, struct account_readers *readers, struct error **err)
{
    static const char *const attributes[] = {"objectSid", "sAMAccountName", "objectClass", NULL};
    cleanup_buffer struct buffer filter = {0};
    cleanup_directory_entries struct directory_entries entries = {0};
    if (!append_unknown(readers, &filter))
        return 0;
    const struct directory_search search = {.base = domain->root.naming_context,
                                            .scope = DIRECTORY_SUBTREE,
                                            .filter = buffer_text(&filter),
                                            .attributes = attributes};
    if (directory_search(connection, &search, deadline, &entries, err) < 0)
        return -1;
    for (size_t i = 0; i < entries.count; i++)
        take_name(&entries.items[i], domain, readers);
    return 0;
}

int account_readers(struct directory_connection *connection, const struct domain *domain,
                    const struct account *account, int64_t deadline,
                    struct account_readers *readers, struct error **err)
{
    cleanup_password_readers struct password_readers decoded = {0};
    cleanup_account_readers struct account_readers found = {0};
    char text[SID_TEXT_SIZE];
    if (decode(account, &decoded, err) < 0)
        return -1;
    if (decoded.everyone)
        add_reader(&found, "S-1-1-0", false);
    for (size_t i = 0; i < decoded.count; i++) {
        sid_format(&decoded.items[i].sid, text);
        add_reader(&found, text, decoded.items[i].denied);
    }
    if (find_names(connection, domain, deadline, &found, err) < 0)
        return error_prefix(err, "the names of those who may read the password of %s",
                            account->name);
    *readers = MOVE(found);
    return 0;
}

/* --- And whether somebody is among them ------------------------------------------------------- */

static void take_sids(const struct directory_entry *entry, const char *name,
                      struct account_names *sids)
{
    const struct directory_attribute *values = directory_attribute(entry, name);
    char text[SID_TEXT_SIZE];
    struct sid sid;
    if (!values)
        return;
    sids->items = xreallocarray(sids->items, sids->count + values->count + 1, sizeof *sids->items);
    for (size_t i = 0; i < values->count; i++) {
        if (sid_read(&sid, values->values[i].data, values->values[i].length) == 0)
            continue;
        sid_format(&sid, text);
        sids->items[sids->count++] = xstrdup(text);
    }
}

int account_sids(struct directory_connection *connection, const struct account *account,
                 int64_t deadline, struct account_names *sids, struct error **err)
{
    /* A computed attribute, which only a search of the entry alone gives (MS-ADTS 3.1.1.4.5.19). */
    static const char *const attributes[] = {"objectSid", "tokenGroups", NULL};
    const struct directory_search search = {
        .base = account->dn, .attributes = attributes, .entries_max = 1};
    cleanup_directory_entries struct directory_entries entries = {0};
    *sids = (struct account_names){0};
    if (directory_search(connection, &search, deadline, &entries, err) < 0)
        return error_prefix(err, "the groups of %s", account->name);
    if (entries.count > 0) {
        take_sids(entries.items, "objectSid", sids);
        take_sids(entries.items, "tokenGroups", sids);
    }
    return 0;
}

int account_permits(const struct account *account, const struct account_names *sids, bool *permits,
                    struct error **err)
{
    cleanup_password_readers struct password_readers decoded = {0};
    cleanup_free struct sid *parsed = xcalloc(sids->count + 1, sizeof *parsed);
    size_t count = 0;
    if (decode(account, &decoded, err) < 0)
        return -1;
    for (size_t i = 0; i < sids->count; i++)
        if (sid_parse(&parsed[count], slice_of(sids->items[i]), NULL) == 0)
            count++;
    *permits = password_readers_allow(&decoded, parsed, count);
    return 0;
}
