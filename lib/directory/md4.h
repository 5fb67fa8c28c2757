/* MD4 (RFC 1320), which Kerberos' RC4 keys are made with and nothing else should be. */
#ifndef GMSA_DIRECTORY_MD4_H
#define GMSA_DIRECTORY_MD4_H

#include <stddef.h>

#include "lib/common/error.h"

enum { MD4_LENGTH = 16 };

/* OpenSSL keeps it in its legacy provider, which is loaded for this call alone, into a library
 * context of its own: the program's other uses of OpenSSL do not see it. ERROR_INTERNAL where it is
 * not installed. */
int md4_digest(const void *data, size_t length, unsigned char digest[MD4_LENGTH],
               struct error **err);

#endif
