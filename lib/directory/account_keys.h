/* Kerberos keys of a gMSA (or another computer account), made of its managed password.
 *
 * Source: RFC 3962 section 4 (AES: string-to-key over the password in UTF-8), RFC 4757 section 2
 * (RC4: MD4 over UTF-16LE), MS-KILE 3.1.1.2 (salt). Found bit for bit equal to a DC's own keys. */
#ifndef GMSA_DIRECTORY_ACCOUNT_KEYS_H
#define GMSA_DIRECTORY_ACCOUNT_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"
#include "lib/directory/encryption_types.h"

/* An account whose password is random and managed, as the directory writes it. */
struct directory_account {
    const char *name;   /* sAMAccountName with its case and "$": "webapp01$" */
    const char *domain; /* DNS name: "contoso.test", in any case */
};

/* "CONTOSO.TEST": the realm of a domain. The caller frees. */
char *directory_realm(const char *domain) __attribute__((returns_nonnull));
/* "webapp01$@CONTOSO.TEST". Characters that mean something in a principal's text are escaped. The
 * caller frees. */
char *directory_account_principal(const struct directory_account *account)
    __attribute__((returns_nonnull));
/* "CONTOSO.TESThostwebapp01.contoso.test": what the AES keys of a computer account are salted with.
 * The caller frees. */
char *directory_account_salt(const struct directory_account *account)
    __attribute__((returns_nonnull));

enum { ACCOUNT_KEYS_MAX = 3, ACCOUNT_KEY_LENGTH_MAX = 32 };

struct account_key {
    int32_t type; /* krb5_enctype: 18, 17 or 23 */
    size_t length;
    unsigned char bytes[ACCOUNT_KEY_LENGTH_MAX];
};

/* A zeroed struct is empty. */
struct account_keys {
    const struct account_key *items; /* strongest first; in `memory` */
    size_t count;
    struct secure_buffer memory;
};

/* Makes the keys whose bits are set in `types` of ENCRYPTION_AES256, ENCRYPTION_AES128 and
 * ENCRYPTION_RC4; the callers' default is ENCRYPTION_AES. `password` is UTF-16LE without its
 * terminator, as in struct managed_password. AES costs 4096 rounds of PBKDF2 each, some
 * milliseconds. `keys` must be empty, and stays so on failure.
 *
 * ERROR_INPUT: no type that is known. ERROR_INTERNAL: RC4 was asked for, and this machine's OpenSSL
 * has no MD4, which is in its legacy provider (package openssl, file legacy.so). ERROR_UNAVAILABLE:
 * no memory for secrets. */
int account_keys_derive(struct account_keys *keys, const struct directory_account *account,
                        const struct secure_buffer *password, uint32_t types, struct error **err);
/* Wipes and frees. */
void account_keys_release(struct account_keys *keys);
#define cleanup_account_keys __attribute__((cleanup(account_keys_release)))

#endif
