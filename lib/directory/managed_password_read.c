#include "lib/directory/managed_password_read.h"

#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/filter.h"

int managed_password_read(struct directory_connection *connection, const char *domain,
                          const char *name, int64_t deadline, struct secure_buffer *blob,
                          struct error **err)
{
    static const char *const attributes[] = {"msDS-ManagedPassword", NULL};
    cleanup_free char *base = domain_to_dn(domain);
    cleanup_buffer struct buffer filter = {0};
    struct directory_secret secret = {0};
    size_t length = strlen(name);
    buffer_append_text(&filter, "(&(objectClass=msDS-GroupManagedServiceAccount)(sAMAccountName=");
    filter_append(&filter, (struct slice){name, length});
    if (length == 0 || name[length - 1] != '$')
        buffer_append_byte(&filter, '$');
    buffer_append_text(&filter, "))");
    const struct directory_search search = {.base = base,
                                            .scope = DIRECTORY_SUBTREE,
                                            .filter = buffer_text(&filter),
                                            .attributes = attributes};
    if (directory_read_secret(connection, &search, MANAGED_PASSWORD_BLOB_MAX, deadline, &secret,
                              err) < 0)
        return error_prefix(err, "password of %s", name);
    if (secret.entries == 0)
        return error_set(err, ERROR_NOT_FOUND, "%s: the domain %s has no gMSA %s",
                         directory_host(connection), domain, name);
    /* How a domain controller refuses: MS-ADTS 3.1.1.4.5.39. */
    if (!secret.value.data)
        return error_set(
            err, ERROR_DENIED,
            "%s: whoever is signed in may not read the password of %s: add the account "
            "or a group of its to PrincipalsAllowedToRetrieveManagedPassword "
            "(msDS-GroupMSAMembership); after a change of groups it needs a new "
            "ticket",
            directory_host(connection), name);
    *blob = secret.value;
    return 0;
}
