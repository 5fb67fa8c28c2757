#include "lib/directory/account_keys.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/kerberos_context.h"
#include "lib/directory/krb5_library.h"
#include "lib/directory/md4.h"
#include "lib/directory/utf16.h"

/* --- Names ------------------------------------------------------------------------------------ */

char *directory_realm(const char *domain)
{
    char *realm = xstrdup(domain);
    for (char *c = realm; *c; c++)
        *c = ascii_to_upper(*c);
    return realm;
}

char *directory_account_principal(const struct directory_account *account)
{
    cleanup_buffer struct buffer text = {0};
    cleanup_free char *realm = directory_realm(account->domain);
    for (const char *c = account->name; *c; c++) {
        if (*c == '@' || *c == '/' || *c == '\\')
            buffer_append_byte(&text, '\\');
        buffer_append_byte(&text, *c);
    }
    buffer_append_format(&text, "@%s", realm);
    return buffer_steal(&text);
}

char *directory_account_salt(const struct directory_account *account)
{
    cleanup_free char *realm = directory_realm(account->domain);
    size_t length = strlen(account->name);
    if (length > 0 && account->name[length - 1] == '$')
        length--;
    char *salt = xasprintf("%shost%.*s.%s", realm, (int)length, account->name, account->domain);
    for (char *c = salt + strlen(realm); *c; c++)
        *c = ascii_to_lower(*c);
    return salt;
}

/* --- Keys ------------------------------------------------------------------------------------- */

static int derive_aes(struct account_key *key, krb5_context context,
                      const struct secure_buffer *password, const char *salt, struct error **err)
{
    const krb5_data text = {
        .magic = KV5M_DATA, .length = (unsigned)password->length, .data = (char *)password->data};
    const krb5_data salted = {
        .magic = KV5M_DATA, .length = (unsigned)strlen(salt), .data = (char *)salt};
    krb5_keyblock block = {0};
    krb5_error_code code = krb5_c_string_to_key(context, key->type, &text, &salted, &block);
    if (code != 0)
        return error_set(err, ERROR_INTERNAL, "cannot make an AES key: %s", error_message(code));
    key->length = block.length;
    memcpy(key->bytes, block.contents, block.length);
    krb5_free_keyblock_contents(context, &block); /* wipes */
    return 0;
}

/* One password, and what all its keys need. */
struct derivation {
    const struct secure_buffer *utf16;
    struct secure_buffer utf8;
    char *salt;
    krb5_context context;
};

static void derivation_release(struct derivation *derivation)
{
    secure_buffer_release(&derivation->utf8);
    free(derivation->salt);
    krb5_free_context(derivation->context);
}
#define cleanup_derivation __attribute__((cleanup(derivation_release)))

static int derive(struct account_key *key, const struct derivation *from, struct error **err)
{
    if (encryption_types_bit(key->type) != ENCRYPTION_RC4)
        return derive_aes(key, from->context, &from->utf8, from->salt, err);
    key->length = MD4_LENGTH;
    return md4_digest(from->utf16->data, from->utf16->length, key->bytes, err);
}

int account_keys_derive(struct account_keys *keys, const struct directory_account *account,
                        const struct secure_buffer *password, uint32_t types, struct error **err)
{
    int32_t numbers[ENCRYPTION_TYPES_MAX];
    size_t count = encryption_types_numbers(types & (ENCRYPTION_AES | ENCRYPTION_RC4), numbers);
    cleanup_account_keys struct account_keys derived = {0};
    cleanup_derivation struct derivation from = {.utf16 = password,
                                                 .salt = directory_account_salt(account)};
    if (count == 0)
        return error_set(err, ERROR_INPUT, "no encryption type that keys can be made for");
    if (kerberos_context(&from.context, err) < 0 ||
        utf16_to_secure_utf8(password->data, password->length, &from.utf8, err) < 0 ||
        secure_buffer_create(&derived.memory, ACCOUNT_KEYS_MAX * sizeof(struct account_key), err) <
            0)
        return -1;
    struct account_key *items = (struct account_key *)(void *)derived.memory.data;
    for (size_t i = 0; i < count; i++) {
        items[i].type = numbers[i];
        if (derive(&items[i], &from, err) < 0)
            return -1;
    }
    derived.memory.length = count * sizeof(struct account_key);
    derived.items = items;
    derived.count = count;
    *keys = MOVE(derived);
    return 0;
}

void account_keys_release(struct account_keys *keys)
{
    secure_buffer_release(&keys->memory);
    *keys = (struct account_keys){0};
}
