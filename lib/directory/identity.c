#include "lib/directory/identity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/krb5_library.h"

int identity_check(const struct identity *identity, struct error **err)
{
    if (identity->keytab && identity->user)
        return error_set(err, ERROR_INPUT, "give a keytab or a user, not both");
    if (identity->principal && !identity->keytab)
        return error_set(err, ERROR_INPUT, "a principal needs the keytab that it is in");
    if (identity->user && (!identity->password || identity->password->length == 0))
        return error_set(err, ERROR_INPUT, "the password of %s is empty", identity->user);
    return 0;
}

/* --- Its domain ------------------------------------------------------------------------------- */

static char *lower(const char *text, size_t length)
{
    char *copy = xstrndup(text, length);
    for (char *c = copy; *c; c++)
        *c = ascii_to_lower(*c);
    return copy;
}

/* What stands behind the last @ that is not escaped. */
static char *realm_of(const char *principal)
{
    const char *at = strrchr(principal, '@');
    if (!at || at[1] == '\0' || (at > principal && at[-1] == '\\'))
        return NULL;
    return lower(at + 1, strlen(at + 1));
}

static char *take_realm(krb5_const_principal principal)
{
    return principal->realm.length > 0 ? lower(principal->realm.data, principal->realm.length)
                                       : NULL;
}

static char *domain_of_cache(krb5_context context, const char *name)
{
    krb5_ccache cache = NULL;
    krb5_principal principal = NULL;
    char *domain = NULL;
    krb5_error_code code =
        name ? krb5_cc_resolve(context, name, &cache) : krb5_cc_default(context, &cache);
    if (code == 0 && krb5_cc_get_principal(context, cache, &principal) == 0) {
        domain = take_realm(principal);
        krb5_free_principal(context, principal);
    }
    if (cache)
        (void)krb5_cc_close(context, cache);
    return domain;
}

static char *domain_of_keytab(krb5_context context, const char *path)
{
    cleanup_free char *name = xasprintf("FILE:%s", path);
    krb5_keytab keytab = NULL;
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    char *domain = NULL;
    if (krb5_kt_resolve(context, name, &keytab) != 0)
        return NULL;
    if (krb5_kt_start_seq_get(context, keytab, &cursor) == 0) {
        if (krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
            domain = take_realm(entry.principal);
            (void)krb5_free_keytab_entry_contents(context, &entry);
        }
        (void)krb5_kt_end_seq_get(context, keytab, &cursor);
    }
    (void)krb5_kt_close(context, keytab);
    return domain;
}

char *identity_domain(const struct identity *identity)
{
    krb5_context context = NULL;
    if (identity->user)
        return realm_of(identity->user);
    if (identity->principal && strchr(identity->principal, '@'))
        return realm_of(identity->principal);
    if (krb5_init_context(&context) != 0)
        return NULL;
    char *domain = identity->keytab ? domain_of_keytab(context, identity->keytab)
                                    : domain_of_cache(context, identity->ccache);
    krb5_free_context(context);
    return domain;
}

/* --- A user's names --------------------------------------------------------------------------- */

char *identity_principal(const struct identity *identity, const char *domain, const char *netbios,
                         struct error **err)
{
    const char *user = identity->user, *backslash = strchr(user, '\\');
    cleanup_free char *realm = directory_realm(domain);
    if (!backslash)
        return strchr(user, '@') ? xstrdup(user) : xasprintf("%s@%s", user, realm);
    struct slice named = {user, (size_t)(backslash - user)};
    if (!slice_equal_ignoring_case(named, slice_of(netbios)) &&
        !slice_equal_ignoring_case(named, slice_of(domain))) {
        (void)error_set(err, ERROR_INPUT,
                        "%s: the domain %.*s is not the one that is asked, %s: write the user as "
                        "NAME@DNS.DOMAIN",
                        user, SLICE_FORMAT(named), domain);
        return NULL;
    }
    return xasprintf("%s@%s", backslash + 1, realm);
}

char *identity_bind_name(const struct identity *identity, const char *domain)
{
    if (strpbrk(identity->user, "@\\="))
        return xstrdup(identity->user);
    return xasprintf("%s@%s", identity->user, domain);
}
