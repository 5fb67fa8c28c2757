/* Keytabs out of an account's keys, for services that accept tickets.
 *
 * A client's ticket names the key version it is encrypted with. While clients still have tickets of
 * before a roll-over, the service needs the previous password's keys beside the current ones; a
 * keytab therefore holds both versions. */
#ifndef GMSA_DIRECTORY_KEYTAB_H
#define GMSA_DIRECTORY_KEYTAB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/directory/account_keys.h"

struct keytab_contents {
    /* "webapp01$@CONTOSO.TEST", "http/webapp.contoso.test@CONTOSO.TEST"; ends with NULL. */
    const char *const *principals;
    uint32_t version;                    /* msDS-KeyVersionNumber */
    const struct account_keys *current;  /* get `version` */
    const struct account_keys *previous; /* get `version` - 1; NULL for none */
};

/* Writes a keytab file (MIT's format 0x502): a reader sees the old or the whole new one. Mode 0600.
 * Made in a private folder beside `path` and renamed. ERROR_INPUT: a principal that is none;
 * ERROR_DENIED, ERROR_NOT_FOUND, ERROR_INTERNAL: the file system says so; the message begins with
 * the path. */
int keytab_write(const char *path, const struct keytab_contents *contents, struct error **err);

#endif
