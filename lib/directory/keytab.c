#include "lib/directory/keytab.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "lib/directory/kerberos_context.h"
#include "lib/directory/keytab_internal.h"
#include "lib/directory/staging.h"

int keytab_add(krb5_context context, krb5_keytab keytab, const char *principal, uint32_t version,
               const struct account_keys *keys, struct error **err)
{
    krb5_principal client;
    krb5_error_code code = krb5_parse_name(context, principal, &client);
    if (code != 0)
        return error_set(err, ERROR_INPUT, "%.300s is no principal: %s", principal,
                         error_message(code));
    for (size_t i = 0; code == 0 && i < keys->count; i++) {
        const struct account_key *key = &keys->items[i];
        krb5_keytab_entry entry = {
            .principal = client,
            .vno = version,
            .key = {.enctype = key->type,
                    .length = (unsigned)key->length,
                    .contents = (krb5_octet *)key->bytes}, /* it copies */
        };
        code = krb5_kt_add_entry(context, keytab, &entry);
    }
    krb5_free_principal(context, client);
    if (code != 0)
        return error_set(err, ERROR_INTERNAL, "cannot add to a keytab: %s", error_message(code));
    return 0;
}

static int fill(krb5_context context, krb5_keytab keytab, const struct keytab_contents *contents,
                struct error **err)
{
    for (size_t i = 0; contents->principals[i]; i++) {
        const char *principal = contents->principals[i];
        if (keytab_add(context, keytab, principal, contents->version, contents->current, err) < 0)
            return -1;
        if (contents->previous && contents->version > 0 &&
            keytab_add(context, keytab, principal, contents->version - 1, contents->previous, err) <
                0)
            return -1;
    }
    return 0;
}

int keytab_write(const char *path, const struct keytab_contents *contents, struct error **err)
{
    cleanup_staging struct staging staging = {0};
    krb5_context context;
    krb5_keytab keytab;
    if (staging_create(&staging, path, err) < 0 || kerberos_context(&context, err) < 0)
        return -1;
    cleanup_free char *name = xasprintf("WRFILE:%s", staging.file);
    krb5_error_code code = krb5_kt_resolve(context, name, &keytab);
    int result = code != 0 ? error_set(err, ERROR_INTERNAL, "%s: %s", path, error_message(code))
                           : fill(context, keytab, contents, err);
    if (code == 0)
        (void)krb5_kt_close(context, keytab);
    krb5_free_context(context);
    if (result < 0)
        return error_prefix(err, "%s", path);
    return staging_commit(&staging, path, err);
}
