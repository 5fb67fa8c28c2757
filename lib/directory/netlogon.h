/* A domain controller's answer to an LDAP ping: NETLOGON_SAM_LOGON_RESPONSE_EX.
 *
 * Source: MS-ADTS 6.3.1.9 (message), 6.3.3 (LDAP ping), 6.3.1.2 (flags). The question is the
 * rootDSE attribute "netlogon" with a filter that has (NtVer=\06\00\00\00). */
#ifndef GMSA_DIRECTORY_NETLOGON_H
#define GMSA_DIRECTORY_NETLOGON_H

#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/directory/guid.h"

/* A name of DNS in text has at most 253 characters; longer is refused. */
enum { NETLOGON_NAME_SIZE = 256 };

/* DS_FLAG (MS-ADTS 6.3.1.2): what the domain controller is. */
enum {
    NETLOGON_IS_PDC = 0x00000001,
    NETLOGON_IS_GLOBAL_CATALOG = 0x00000004,
    NETLOGON_HAS_LDAP = 0x00000008,
    NETLOGON_HAS_DIRECTORY = 0x00000010,
    NETLOGON_HAS_KDC = 0x00000020,
    NETLOGON_HAS_TIME = 0x00000040,
    NETLOGON_IS_CLOSEST = 0x00000080, /* it is in the client's site */
    NETLOGON_IS_WRITABLE = 0x00000100,
    NETLOGON_IS_READ_ONLY = 0x00000800, /* "select secret domain 6": an RODC */
};

/* Names are UTF-8 without control characters, labels joined by dots, "" where absent. */
struct netlogon {
    uint32_t flags;
    struct guid domain_guid;
    char forest[NETLOGON_NAME_SIZE]; /* DNS name of the forest */
    char domain[NETLOGON_NAME_SIZE]; /* DNS name of the domain */
    char host[NETLOGON_NAME_SIZE];   /* DNS name of the domain controller */
    char netbios_domain[NETLOGON_NAME_SIZE];
    char netbios_host[NETLOGON_NAME_SIZE];
    char user[NETLOGON_NAME_SIZE];        /* as asked for */
    char dc_site[NETLOGON_NAME_SIZE];     /* site of the domain controller */
    char client_site[NETLOGON_NAME_SIZE]; /* site of the one who asked; "" for none */
};

/* ERROR_PROTOCOL: another message, too short, a name that is too long, loops, points forward or
 * out, or holds control characters or no UTF-8. ERROR_UNAVAILABLE: the controller says that its
 * Netlogon service is paused, so it wants no clients now. */
int netlogon_decode(struct netlogon *netlogon, const void *data, size_t length, struct error **err);

#endif
