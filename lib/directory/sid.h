/* Security identifiers (SID): bytes as LDAP's objectSid gives them, and text.
 *
 * Source: MS-DTYP 2.4.2.1 (text), 2.4.2.2 (bytes). */
#ifndef GMSA_DIRECTORY_SID_H
#define GMSA_DIRECTORY_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"

enum {
    SID_PARTS_MAX = 15,
    SID_LENGTH_MAX = 8 + 4 * SID_PARTS_MAX, /* bytes */
    SID_TEXT_SIZE = 184, /* "S-1-0x", 12 digits, 15 parts of 11 characters, and a NUL */
};

struct sid {
    uint64_t authority; /* identifier authority, 48 bits */
    size_t count;       /* sub-authorities, 0 to SID_PARTS_MAX */
    uint32_t parts[SID_PARTS_MAX];
};

/* Reads the SID at the begin of `data`. Returns its length in bytes, or 0 where there is none:
 * too short, a revision other than 1, more than 15 sub-authorities. */
size_t sid_read(struct sid *sid, const void *data, size_t length);
/* The same for a value that must be one SID and nothing else. ERROR_PROTOCOL. */
int sid_decode(struct sid *sid, const void *data, size_t length, struct error **err);
/* Writes the bytes; returns how many. */
size_t sid_encode(const struct sid *sid, unsigned char bytes[SID_LENGTH_MAX]);

/* "S-1-5-21-..." in any letter case; numbers are decimal without leading zeros, and an authority of
 * 2^32 or more has the form 0x and 12 hexadecimal digits. ERROR_INPUT. */
int sid_parse(struct sid *sid, struct slice text, struct error **err);
/* NUL-terminated. */
void sid_format(const struct sid *sid, char text[SID_TEXT_SIZE]);

bool sid_equal(const struct sid *a, const struct sid *b);
/* Splits an account's SID into its domain's SID and the relative identifier. False where it has
 * no sub-authority. `domain` may be the same object as `account`; either result may be NULL. */
bool sid_split(const struct sid *account, struct sid *domain, uint32_t *relative);
/* Whether `account` is `domain` with one sub-authority more. */
bool sid_is_of_domain(const struct sid *account, const struct sid *domain);

#endif
