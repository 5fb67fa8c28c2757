#include "credspec/cli/doctor_compare.h"

#include "credspec/cli/account_check.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

struct domain_facts domain_facts_of(const struct domain *domain)
{
    return (struct domain_facts){
        .dns_name = slice_of(domain->dns_name),
        .forest_name = slice_of(domain->forest_name),
        .netbios_name = slice_of(domain->netbios_name),
        .sid = slice_of(domain->sid),
        .guid = slice_of(domain->guid),
    };
}

/* A text of a ping, absent where it is empty. */
static struct slice ping_text(struct arena *arena, const char *text)
{
    struct slice absent = {0};
    return text[0] == '\0' ? absent : arena_copy_slice(arena, slice_of(text));
}

struct domain_facts domain_facts_of_ping(struct arena *arena, const struct netlogon *netlogon)
{
    char guid[GUID_TEXT_SIZE];
    guid_format(&netlogon->domain_guid, guid);
    return (struct domain_facts){
        .dns_name = ping_text(arena, netlogon->domain),
        .forest_name = ping_text(arena, netlogon->forest),
        .netbios_name = ping_text(arena, netlogon->netbios_domain),
        .guid = ping_text(arena, guid),
    };
}

const char *doctor_compare(struct arena *arena, const struct credspec *spec,
                           const struct domain_facts *facts)
{
    const struct {
        const char *field;
        struct slice said, fact;
    } rows[] = {
        {"DnsName", spec->dns_name, facts->dns_name},
        {"DnsTreeName", spec->dns_tree_name, facts->forest_name},
        {"NetBiosName", spec->netbios_name, facts->netbios_name},
        {"Sid", spec->sid, facts->sid},
        {"Guid", spec->guid, facts->guid},
    };
    cleanup_buffer struct buffer text = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (!slice_present(rows[i].fact) || slice_equal_ignoring_case(rows[i].said, rows[i].fact))
            continue;
        buffer_append_format(&text, "%s%s is %s, but the domain's is %s",
                             text.length > 0 ? "; " : "", rows[i].field,
                             slice_present(rows[i].said) ? quote(arena, rows[i].said) : "missing",
                             quote(arena, rows[i].fact));
    }
    return text.length > 0 ? arena_copy(arena, text.data, text.length) : NULL;
}

/* --- Accounts -----------------------------------------------------------------------------------
 */

static bool is_own_scope(const struct credspec *spec, struct slice scope)
{
    return !slice_present(scope) || slice_equal_ignoring_case(scope, spec->dns_name) ||
           slice_equal_ignoring_case(scope, spec->netbios_name);
}

static void add_account(struct arena *arena, struct doctor_account *accounts, size_t *count,
                        struct slice name, struct slice domain)
{
    name = account_spec_name(name.data, name.length);
    for (size_t i = 0; i < *count; i++)
        if (slice_equal_ignoring_case(accounts[i].name, name) &&
            slice_equal_ignoring_case(accounts[i].domain, domain))
            return;
    accounts[(*count)++] = (struct doctor_account){
        .name = name,
        .domain = domain,
        .label = slice_present(domain)
                     ? arena_format(arena, "%.*s@%.*s", SLICE_FORMAT(name), SLICE_FORMAT(domain))
                     : arena_copy(arena, name.data, name.length),
    };
}

struct doctor_account *doctor_accounts(struct arena *arena, const struct credspec *spec,
                                       size_t *count)
{
    struct doctor_account *accounts =
        arena_allocate_array(arena, spec->account_count + 1, sizeof(*accounts));
    struct slice none = {0};
    *count = 0;
    if (spec->machine_account_name.length > 0)
        add_account(arena, accounts, count, spec->machine_account_name, none);
    for (size_t i = 0; i < spec->account_count; i++) {
        struct slice scope = spec->accounts[i].scope;
        if (spec->accounts[i].name.length > 0)
            add_account(arena, accounts, count, spec->accounts[i].name,
                        is_own_scope(spec, scope) ? none : scope);
    }
    return accounts;
}
