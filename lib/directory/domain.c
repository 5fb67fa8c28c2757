#include "lib/directory/domain.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/filter.h"
#include "lib/directory/guid.h"
#include "lib/directory/sid.h"

void domain_release(struct domain *domain)
{
    free(domain->dns_name);
    free(domain->forest_name);
    free(domain->netbios_name);
    free(domain->sid);
    free(domain->guid);
    root_dse_release(&domain->root);
    *domain = (struct domain){0};
}

static int missing(const struct directory_connection *connection, const char *what,
                   struct error **err)
{
    return error_set(err, ERROR_PROTOCOL, "%s: the directory does not tell the domain's %s",
                     directory_host(connection), what);
}

static int take_sid(const struct directory_connection *connection, struct slice value, char **sid,
                    struct error **err)
{
    struct sid decoded;
    char text[SID_TEXT_SIZE];
    if (!slice_present(value))
        return missing(connection, "SID (objectSid)", err);
    if (sid_decode(&decoded, value.data, value.length, err) < 0)
        return error_prefix(err, "%s: objectSid of the domain", directory_host(connection));
    sid_format(&decoded, text);
    *sid = xstrdup(text);
    return 0;
}

static int take_guid(const struct directory_connection *connection, struct slice value, char **guid,
                     struct error **err)
{
    struct guid decoded;
    char text[GUID_TEXT_SIZE];
    if (!slice_present(value))
        return missing(connection, "GUID (objectGUID)", err);
    if (guid_decode(&decoded, value.data, value.length, err) < 0)
        return error_prefix(err, "%s: objectGUID of the domain", directory_host(connection));
    guid_format(&decoded, text);
    *guid = xstrdup(text);
    return 0;
}

/* The names, out of the cross-reference that the forest keeps of each of its domains (MS-ADTS
 * 6.1.1.2.1.1). */
static int take_names(const struct directory_connection *connection,
                      const struct directory_entries *references, struct domain *domain,
                      struct error **err)
{
    struct slice netbios = {0}, dns = {0};
    if (references->count > 0) {
        netbios = directory_value(references->items, "nETBIOSName");
        dns = directory_value(references->items, "dnsRoot");
    }
    if (netbios.length == 0)
        return missing(connection, "NetBIOS name (nETBIOSName)", err);
    if (dns.length == 0)
        return missing(connection, "DNS name (dnsRoot)", err);
    domain->netbios_name = xstrndup(netbios.data, netbios.length);
    domain->dns_name = xstrndup(dns.data, dns.length);
    domain->forest_name =
        domain->root.root_context ? domain_of_dn(domain->root.root_context) : NULL;
    return domain->forest_name ? 0 : missing(connection, "forest (rootDomainNamingContext)", err);
}

static int read_objects(struct directory_connection *connection, int64_t deadline,
                        struct domain *domain, struct error **err)
{
    static const char *const domain_attributes[] = {"objectSid", "objectGUID", NULL};
    static const char *const names[] = {"nETBIOSName", "dnsRoot", NULL};
    cleanup_free char *partitions =
        xasprintf("CN=Partitions,%s", domain->root.configuration_context);
    cleanup_buffer struct buffer filter = {0};
    buffer_append_text(&filter, "(&(objectClass=crossRef)(nCName=");
    filter_append(&filter, slice_of(domain->root.naming_context));
    buffer_append_text(&filter, "))");
    const struct directory_search searches[] = {
        {.base = domain->root.naming_context, .attributes = domain_attributes, .entries_max = 1},
        {.base = partitions,
         .scope = DIRECTORY_ONE_LEVEL,
         .filter = buffer_text(&filter),
         .attributes = names,
         .entries_max = 1},
    };
    struct directory_entries found[ARRAY_LENGTH(searches)] = {0};
    int result =
        directory_search_all(connection, searches, ARRAY_LENGTH(searches), deadline, found, err);
    const struct directory_entry none = {0};
    const struct directory_entry *object = found[0].count > 0 ? found[0].items : &none;
    if (result == 0)
        result = take_sid(connection, directory_value(object, "objectSid"), &domain->sid, err);
    if (result == 0)
        result = take_guid(connection, directory_value(object, "objectGUID"), &domain->guid, err);
    if (result == 0)
        result = take_names(connection, &found[1], domain, err);
    directory_entries_release(&found[0]);
    directory_entries_release(&found[1]);
    return result;
}

int domain_read(struct directory_connection *connection, const char *expected, int64_t deadline,
                struct domain *domain, struct error **err)
{
    cleanup_domain struct domain read = {0};
    if (!directory_is_bound(connection))
        return error_set(err, ERROR_INTERNAL, "%s: nobody is signed in",
                         directory_host(connection));
    if (root_dse_read(connection, deadline, &read.root, err) < 0)
        return -1;
    cleanup_free char *own = domain_of_dn(read.root.naming_context);
    if (expected && (!own || !slice_equal_ignoring_case(slice_of(own), slice_of(expected))))
        return error_set(err, ERROR_INPUT, "%s: it serves the domain %s, not %s",
                         directory_host(connection), own ? own : read.root.naming_context,
                         expected);
    if (read_objects(connection, deadline, &read, err) < 0)
        return -1;
    *domain = MOVE(read);
    return 0;
}
