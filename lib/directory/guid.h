/* GUIDs as LDAP's objectGUID gives them (16 bytes, the first three fields little-endian), and text.
 *
 * Source: MS-DTYP 2.3.4.2 (bytes), 2.3.4.3 (text). */
#ifndef GMSA_DIRECTORY_GUID_H
#define GMSA_DIRECTORY_GUID_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"

enum { GUID_LENGTH = 16, GUID_TEXT_SIZE = 37 };

struct guid {
    unsigned char bytes[GUID_LENGTH]; /* in the order of the wire */
};

/* Exactly 16 bytes. ERROR_PROTOCOL. */
int guid_decode(struct guid *guid, const void *data, size_t length, struct error **err);
/* "22c7cc8e-a5f5-489e-b576-cc2350042e7b" in any letter case, with or without braces around.
 * ERROR_INPUT. */
int guid_parse(struct guid *guid, struct slice text, struct error **err);
/* Lower case, without braces, NUL-terminated. */
void guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE]);
bool guid_equal(const struct guid *a, const struct guid *b);

#endif
