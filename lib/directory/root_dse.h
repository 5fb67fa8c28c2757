/* What a server says of itself to anybody (MS-ADTS 3.1.1.3.2). */
#ifndef GMSA_DIRECTORY_ROOT_DSE_H
#define GMSA_DIRECTORY_ROOT_DSE_H

#include <stdint.h>

#include "lib/directory/connection.h"

/* Texts that the server does not give are NULL. */
struct root_dse {
    char *host;                  /* "dc1.contoso.test" */
    char *naming_context;        /* of its domain: "DC=contoso,DC=test" */
    char *root_context;          /* of the forest's first domain */
    char *configuration_context; /* "CN=Configuration,DC=contoso,DC=test" */
    int functional_level;        /* of the domain: 7 is Windows Server 2016; -1 unknown */
    int forest_level;            /* of the forest */
    int64_t time;                /* the server's clock, seconds since 1970; -1 unknown */
    int64_t offset;              /* milliseconds that it is ahead of ours, within a second */
};

/* May be read before the sign-in, but can then be forged by whoever sits in between.
 * ERROR_PROTOCOL: the server is no domain controller (it names no domain). */
int root_dse_read(struct directory_connection *connection, int64_t deadline, struct root_dse *root,
                  struct error **err);
void root_dse_release(struct root_dse *root);
#define cleanup_root_dse __attribute__((cleanup(root_dse_release)))

/* "20260131235959.0Z" (GeneralizedTime as MS-ADTS 3.1.1.2.2.4.13 writes it) in seconds since 1970;
 * -1 where it is none. */
int64_t generalized_time_read(struct slice text);

#endif
