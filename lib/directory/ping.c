#include "lib/directory/ping.h"

#include "lib/common/buffer.h"
#include "lib/directory/filter.h"

int directory_ping(struct directory_connection *connection, const char *domain, int64_t deadline,
                   struct netlogon *answer, struct error **err)
{
    static const char *const attributes[] = {"netlogon", NULL};
    cleanup_buffer struct buffer filter = {0};
    cleanup_directory_entries struct directory_entries entries = {0};
    buffer_append_text(&filter, "(&");
    if (domain) {
        buffer_append_text(&filter, "(DnsDomain=");
        filter_append(&filter, slice_of(domain));
        buffer_append_byte(&filter, ')');
    }
    /* NETLOGON_NT_VERSION_5 and _5EX (MS-ADTS 6.3.1.1), little-endian. */
    buffer_append_text(&filter, "(NtVer=\\06\\00\\00\\00))");
    const struct directory_search search = {
        .base = "", .filter = buffer_text(&filter), .attributes = attributes, .entries_max = 1};
    if (directory_search(connection, &search, deadline, &entries, err) < 0)
        return -1;
    struct slice value =
        entries.count > 0 ? directory_value(&entries.items[0], "netlogon") : (struct slice){0};
    /* Without an answer, or with an empty one: MS-ADTS 6.3.3.2. */
    if (value.length == 0)
        return error_set(err, ERROR_NOT_FOUND, "%s: it does not serve the domain%s%s",
                         directory_host(connection), domain ? " " : "", domain ? domain : "");
    if (netlogon_decode(answer, value.data, value.length, err) < 0)
        return error_prefix(err, "%s", directory_host(connection));
    return 0;
}
