#include "lib/directory/managed_tickets.h"

#include <stdbool.h>
#include <string.h>

#include "lib/directory/managed_password_read.h"

static int read_password(struct directory_connection *connection,
                         const struct directory_account *account, int64_t deadline,
                         struct managed_password *password, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer blob = {0};
    if (managed_password_read(connection, account->domain, account->name, deadline, &blob, err) < 0)
        return -1;
    return managed_password_decode(password, blob.data, blob.length, err);
}

/* Both come from the directory; how long the comparison takes tells nobody anything. */
static bool same(const struct secure_buffer *a, const struct secure_buffer *b)
{
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

struct tickets *managed_tickets(struct directory_connection *connection, struct kerberos *kerberos,
                                const struct directory_account *account, uint32_t types,
                                int64_t deadline, enum managed_password_used *used,
                                struct error **err)
{
    cleanup_managed_password struct managed_password password = {0}, later = {0};
    cleanup_error struct error *refused = NULL;
    if (read_password(connection, account, deadline, &password, err) < 0)
        return NULL;
    struct tickets *tickets = tickets_from_managed_password(kerberos, account, &password, types,
                                                            deadline, used, &refused);
    if (tickets)
        return tickets;
    if (refused->code != ERROR_DENIED ||
        read_password(connection, account, deadline, &later, NULL) < 0 ||
        same(&password.current, &later.current)) {
        (void)error_move(err, refused);
        refused = NULL;
        return NULL;
    }
    return tickets_from_managed_password(kerberos, account, &later, types, deadline, used, err);
}
