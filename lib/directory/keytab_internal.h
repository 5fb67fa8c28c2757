/* Putting keys into a keytab of libkrb5: for the files of Kerberos in this folder alone. */
#ifndef GMSA_DIRECTORY_KEYTAB_INTERNAL_H
#define GMSA_DIRECTORY_KEYTAB_INTERNAL_H

#include <stdint.h>

#include "lib/directory/account_keys.h"
#include "lib/directory/krb5_library.h"

/* Adds all keys of a principal ("NAME@REALM") with that version. */
int keytab_add(krb5_context context, krb5_keytab keytab, const char *principal, uint32_t version,
               const struct account_keys *keys, struct error **err);

#endif
