#include "lib/directory/account.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/account_parts.h"
#include "lib/directory/filter.h"
#include "lib/directory/guid.h"
#include "lib/directory/sid.h"

/* Bits of userAccountControl (MS-ADTS 2.2.16). */
enum {
    CONTROL_ACCOUNT_DISABLED = 0x00000002,
    CONTROL_TRUSTED_FOR_DELEGATION = 0x00080000,
};

/* The most special first: each entry has all classes that its own is made of. */
static const struct {
    const char *object_class;
    enum account_class class;
} classes[] = {
    {"msDS-GroupManagedServiceAccount", ACCOUNT_GMSA},
    {"msDS-ManagedServiceAccount", ACCOUNT_SMSA},
    {"msDS-DelegatedManagedServiceAccount", ACCOUNT_DMSA},
    {"computer", ACCOUNT_COMPUTER},
    {"user", ACCOUNT_USER},
    {"group", ACCOUNT_GROUP},
};

const char *account_class_name(enum account_class class)
{
    static const char *const names[] = {
        [ACCOUNT_GMSA] = "a group Managed Service Account (gMSA)",
        [ACCOUNT_SMSA] = "a standalone Managed Service Account (sMSA)",
        [ACCOUNT_DMSA] = "a delegated Managed Service Account (dMSA)",
        [ACCOUNT_COMPUTER] = "a computer account",
        [ACCOUNT_USER] = "a user account",
        [ACCOUNT_GROUP] = "a group",
        [ACCOUNT_OTHER] = "another kind of object",
    };
    return names[class];
}

enum account_class account_class_of(const struct directory_entry *entry)
{
    const struct directory_attribute *values = directory_attribute(entry, "objectClass");
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++)
        for (size_t j = 0; values && j < values->count; j++)
            if (slice_equal_ignoring_case(values->values[j], slice_of(classes[i].object_class)))
                return classes[i].class;
    return ACCOUNT_OTHER;
}

void account_names_release(struct account_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct account_names){0};
}

void account_release(struct account *account)
{
    free(account->name);
    free(account->dn);
    free(account->sid);
    free(account->guid);
    free(account->dns_host_name);
    free(account->membership);
    account_names_release(&account->service_principals);
    *account = (struct account){0};
}

/* --- One entry -------------------------------------------------------------------------------- */

static char *copy(struct slice value)
{
    return slice_present(value) ? xstrndup(value.data, value.length) : NULL;
}

static void take_principals(const struct directory_entry *entry, struct account_names *names)
{
    const struct directory_attribute *values = directory_attribute(entry, "servicePrincipalName");
    if (!values)
        return;
    names->items = xcalloc(values->count + 1, sizeof *names->items);
    for (size_t i = 0; i < values->count; i++)
        names->items[names->count++] = copy(values->values[i]);
}

static void take_membership(const struct directory_entry *entry, struct account *account)
{
    struct slice value = directory_value(entry, "msDS-GroupMSAMembership");
    account->has_membership = slice_present(value);
    if (!account->has_membership)
        return;
    account->membership = xmalloc(value.length + 1);
    memcpy(account->membership, value.data, value.length);
    account->membership_length = value.length;
}

static int take_identifiers(const struct directory_entry *entry, struct account *account,
                            struct error **err)
{
    struct slice sid_value = directory_value(entry, "objectSid");
    struct slice guid_value = directory_value(entry, "objectGUID");
    char sid_text[SID_TEXT_SIZE], guid_text[GUID_TEXT_SIZE];
    struct sid sid;
    struct guid guid;
    if (sid_decode(&sid, sid_value.data, sid_value.length, err) < 0 ||
        guid_decode(&guid, guid_value.data, guid_value.length, err) < 0)
        return error_prefix(err, "the account %s", account->name);
    sid_format(&sid, sid_text);
    guid_format(&guid, guid_text);
    account->sid = xstrdup(sid_text);
    account->guid = xstrdup(guid_text);
    return 0;
}

static int take_account(const struct directory_entry *entry, struct account *account,
                        struct error **err)
{
    struct slice name = directory_value(entry, "sAMAccountName");
    cleanup_account struct account taken = {
        .class = account_class_of(entry),
        .name = copy(name),
        .dn = xstrdup(entry->dn),
        .dns_host_name = copy(directory_value(entry, "dNSHostName")),
        .control = (uint32_t)directory_integer(entry, "userAccountControl", 0),
        .key_version = directory_integer(entry, "msDS-KeyVersionNumber", -1),
        .encryption_types = directory_integer(entry, "msDS-SupportedEncryptionTypes", -1),
        .password_interval = directory_integer(entry, "msDS-ManagedPasswordInterval", -1),
    };
    taken.enabled = !(taken.control & CONTROL_ACCOUNT_DISABLED);
    taken.trusted_for_delegation = (taken.control & CONTROL_TRUSTED_FOR_DELEGATION) != 0;
    take_principals(entry, &taken.service_principals);
    take_membership(entry, &taken);
    if (take_identifiers(entry, &taken, err) < 0)
        return -1;
    *account = MOVE(taken);
    return 0;
}

/* --- Finding it ------------------------------------------------------------------------------- */

static void append_match(struct buffer *filter, struct slice name, const char *behind)
{
    buffer_append_text(filter, "(sAMAccountName=");
    filter_append(filter, name);
    buffer_append_text(filter, behind);
    buffer_append_byte(filter, ')');
}

/* The one that is meant: of several a gMSA, else that with the final $. */
static const struct directory_entry *choose(const struct directory_entries *entries)
{
    const struct directory_entry *chosen = NULL;
    for (size_t i = 0; i < entries->count; i++) {
        const struct directory_entry *entry = &entries->items[i];
        struct slice name = directory_value(entry, "sAMAccountName");
        bool has_dollar = name.length > 0 && name.data[name.length - 1] == '$';
        if (name.length == 0)
            continue;
        if (account_class_of(entry) == ACCOUNT_GMSA)
            return entry;
        if (!chosen || has_dollar)
            chosen = entry;
    }
    return chosen;
}

static int check_domain(const struct domain *domain, const struct account_reference *reference,
                        struct error **err)
{
    if (!slice_present(reference->domain) ||
        slice_equal_ignoring_case(reference->domain, slice_of(domain->dns_name)) ||
        slice_equal_ignoring_case(reference->domain, slice_of(domain->netbios_name)))
        return 0;
    return error_set(err, ERROR_INPUT, "%.*s is an account of %.*s, not of %s: ask that domain",
                     SLICE_FORMAT(reference->name), SLICE_FORMAT(reference->domain),
                     domain->dns_name);
}

int account_find(struct directory_connection *connection, const struct domain *domain,
                 const char *name, int64_t deadline, struct account *account, struct error **err)
{
    static const char *const attributes[] = {"objectClass",
                                             "sAMAccountName",
                                             "objectSid",
                                             "objectGUID",
                                             "dNSHostName",
                                             "servicePrincipalName",
                                             "userAccountControl",
                                             "msDS-KeyVersionNumber",
                                             "msDS-SupportedEncryptionTypes",
                                             "msDS-ManagedPasswordInterval",
                                             "msDS-GroupMSAMembership",
                                             NULL};
    struct account_reference reference;
    cleanup_buffer struct buffer filter = {0};
    cleanup_directory_entries struct directory_entries entries = {0};
    if (account_reference_read(name, &reference, err) < 0 ||
        check_domain(domain, &reference, err) < 0)
        return -1;
    buffer_append_text(&filter, "(|");
    append_match(&filter, reference.name, "");
    if (reference.name.data[reference.name.length - 1] != '$')
        append_match(&filter, reference.name, "$");
    buffer_append_byte(&filter, ')');
    const struct directory_search search = {.base = domain->root.naming_context,
                                            .scope = DIRECTORY_SUBTREE,
                                            .filter = buffer_text(&filter),
                                            .attributes = attributes};
    if (directory_search(connection, &search, deadline, &entries, err) < 0)
        return -1;
    const struct directory_entry *chosen = choose(&entries);
    if (!chosen)
        return error_set(err, ERROR_NOT_FOUND, "the domain %s has no account %.*s",
                         domain->dns_name, SLICE_FORMAT(reference.name));
    return take_account(chosen, account, err);
}
