/* The answer to an LDAP ping. What is taken is text that may be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/utf8.h"
#include "lib/directory/netlogon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *name)
{
    size_t length = strnlen(name, NETLOGON_NAME_SIZE);
    if (length > 253 || !utf8_valid(name, length))
        abort();
    for (size_t i = 0; i < length; i++)
        if (ascii_is_control(name[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netlogon netlogon;
    memset(&netlogon, 0xFF, sizeof(netlogon));
    if (netlogon_decode(&netlogon, data, size, NULL) < 0)
        return 0;
    const char *const names[] = {netlogon.forest,         netlogon.domain,       netlogon.host,
                                 netlogon.netbios_domain, netlogon.netbios_host, netlogon.user,
                                 netlogon.dc_site,        netlogon.client_site};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        check(names[i]);
    return 0;
}
