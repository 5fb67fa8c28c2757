/* Kerberos encryption types: the bits of msDS-SupportedEncryptionTypes, their numbers and words.
 *
 * Source: MS-KILE 2.2.7 (bits), RFC 3961, 3962, 4757 (numbers). */
#ifndef GMSA_DIRECTORY_ENCRYPTION_TYPES_H
#define GMSA_DIRECTORY_ENCRYPTION_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/buffer.h"

/* Bits of msDS-SupportedEncryptionTypes; others there are not encryption types. */
enum {
    ENCRYPTION_DES_CRC = 0x01,
    ENCRYPTION_DES_MD5 = 0x02,
    ENCRYPTION_RC4 = 0x04,
    ENCRYPTION_AES128 = 0x08,         /* aes128-cts-hmac-sha1-96 */
    ENCRYPTION_AES256 = 0x10,         /* aes256-cts-hmac-sha1-96 */
    ENCRYPTION_AES256_SESSION = 0x20, /* session keys of AES, whatever the ticket's */
    ENCRYPTION_AES = ENCRYPTION_AES128 | ENCRYPTION_AES256,
    ENCRYPTION_KNOWN = 0x1F, /* all that have a number of their own */
};
enum { ENCRYPTION_TYPES_MAX = 5 };

/* The numbers (krb5_enctype: 18, 17, 23, 3, 1) of the bits that are set, strongest first. Returns
 * how many. */
size_t encryption_types_numbers(uint32_t bits, int32_t numbers[ENCRYPTION_TYPES_MAX]);
/* The bit of a number, or 0. */
uint32_t encryption_types_bit(int32_t number);
/* Appends "AES256, AES128, RC4", or "none". */
void encryption_types_words(uint32_t bits, struct buffer *words);
/* Whether an account with these bits gets tickets that are encrypted with RC4 (or DES): no bit of
 * AES is set. An attribute that is absent, or 0, counts as its domain's default; domain controllers
 * before November 2022 and Samba take RC4 for that, later ones AES session keys with RC4 tickets.
 */
bool encryption_types_lack_aes(uint32_t bits);

#endif
