/* Tickets by keys: from a keytab file, from derived keys, from a managed password. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/keytab.h"
#include "lib/directory/keytab_internal.h"
#include "lib/directory/tickets_internal.h"

/* The principal of a keytab's first entry; the caller frees. */
static char *first_principal(krb5_context context, krb5_keytab keytab)
{
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    char *name = NULL, *copy = NULL;
    if (krb5_kt_start_seq_get(context, keytab, &cursor) != 0)
        return NULL;
    if (krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
        if (krb5_unparse_name(context, entry.principal, &name) == 0) {
            copy = xstrdup(name);
            krb5_free_unparsed_name(context, name);
        }
        (void)krb5_free_keytab_entry_contents(context, &entry);
    }
    (void)krb5_kt_end_seq_get(context, keytab, &cursor);
    return copy;
}

static char *first_principal_of_file(const char *path, const char *name, struct error **err)
{
    krb5_context context;
    krb5_keytab keytab;
    char *principal = NULL;
    if (kerberos_context(&context, err) < 0)
        return NULL;
    if (krb5_kt_resolve(context, name, &keytab) == 0) {
        principal = first_principal(context, keytab);
        (void)krb5_kt_close(context, keytab);
    }
    krb5_free_context(context);
    if (!principal)
        (void)error_set(err, ERROR_INPUT, "%s: no keytab, or an empty one", path);
    return principal;
}

/* libkrb5 says of a file that cannot be read only that it has no key. */
static int check_readable(const char *path, struct error **err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0)
        return 0;
    return error_set_errno(err,
                           errno == ENOENT   ? ERROR_NOT_FOUND
                           : errno == EACCES ? ERROR_DENIED
                                             : ERROR_INPUT,
                           errno, "keytab %s", path);
}

struct tickets *tickets_from_keytab(struct kerberos *kerberos, const char *principal,
                                    const char *keytab, int64_t deadline, struct error **err)
{
    cleanup_free char *name = xasprintf("FILE:%s", keytab);
    cleanup_free char *first = NULL;
    const struct initial_secret secret = {.keytab = name};
    if (check_readable(keytab, err) < 0)
        return NULL;
    if (!principal) {
        first = first_principal_of_file(keytab, name, err);
        if (!first)
            return NULL;
        principal = first;
    }
    struct tickets *tickets = tickets_initial(kerberos, principal, &secret, deadline, NULL, err);
    if (!tickets)
        (void)error_prefix(err, "keytab %s", keytab);
    return tickets;
}

/* --- Keys ------------------------------------------------------------------------------------- */

/* A keytab in memory; libkrb5 wipes it when the last one closes it. */
struct memory_keytab {
    krb5_context context;
    krb5_keytab keytab;
    char *name;
};

static void memory_keytab_release(struct memory_keytab *memory)
{
    if (memory->keytab)
        (void)krb5_kt_close(memory->context, memory->keytab);
    krb5_free_context(memory->context);
    free(memory->name);
}
#define cleanup_memory_keytab __attribute__((cleanup(memory_keytab_release)))

static int memory_keytab_create(struct memory_keytab *memory, const char *principal,
                                const struct account_keys *keys, struct error **err)
{
    static _Atomic unsigned long number;
    memory->name = xasprintf("MEMORY:gmsa-%lu", atomic_fetch_add(&number, 1));
    if (kerberos_context(&memory->context, err) < 0)
        return -1;
    krb5_error_code code = krb5_kt_resolve(memory->context, memory->name, &memory->keytab);
    if (code != 0)
        return error_set(err, ERROR_INTERNAL, "cannot make a keytab: %s", error_message(code));
    return keytab_add(memory->context, memory->keytab, principal, 0, keys, err);
}

static struct tickets *from_keys(struct kerberos *kerberos, const struct directory_account *account,
                                 const struct account_keys *keys, int64_t deadline,
                                 krb5_error_code *code, struct error **err)
{
    cleanup_free char *principal = directory_account_principal(account);
    cleanup_memory_keytab struct memory_keytab memory = {0};
    if (memory_keytab_create(&memory, principal, keys, err) < 0)
        return NULL;
    const struct initial_secret secret = {.keytab = memory.name};
    return tickets_initial(kerberos, principal, &secret, deadline, code, err);
}

struct tickets *tickets_from_keys(struct kerberos *kerberos,
                                  const struct directory_account *account,
                                  const struct account_keys *keys, int64_t deadline,
                                  struct error **err)
{
    return from_keys(kerberos, account, keys, deadline, NULL, err);
}

/* --- Managed password ------------------------------------------------------------------------- */

static struct tickets *from_password(struct kerberos *kerberos,
                                     const struct directory_account *account,
                                     const struct secure_buffer *password, uint32_t types,
                                     int64_t deadline, krb5_error_code *code, struct error **err)
{
    cleanup_account_keys struct account_keys keys = {0};
    *code = 0;
    if (account_keys_derive(&keys, account, password, types, err) < 0)
        return NULL;
    return from_keys(kerberos, account, &keys, deadline, code, err);
}

struct tickets *tickets_from_managed_password(struct kerberos *kerberos,
                                              const struct directory_account *account,
                                              const struct managed_password *password,
                                              uint32_t types, int64_t deadline,
                                              enum managed_password_used *used, struct error **err)
{
    krb5_error_code code;
    struct error *error = NULL;
    enum managed_password_used which = MANAGED_PASSWORD_CURRENT;
    struct tickets *tickets =
        from_password(kerberos, account, &password->current, types, deadline, &code, &error);
    if (!tickets && code == KRB5KDC_ERR_PREAUTH_FAILED && password->previous.data) {
        error_free(STEAL(error));
        which = MANAGED_PASSWORD_PREVIOUS;
        tickets =
            from_password(kerberos, account, &password->previous, types, deadline, &code, &error);
        if (!tickets && code == KRB5KDC_ERR_PREAUTH_FAILED)
            (void)error_prefix(&error, "neither the current nor the previous managed password");
    }
    if (!tickets)
        (void)error_move(err, error);
    else if (used)
        *used = which;
    return tickets;
}
