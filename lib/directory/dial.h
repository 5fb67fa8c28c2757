/* TCP connections to addresses, with a time limit. */
#ifndef GMSA_DIRECTORY_DIAL_H
#define GMSA_DIRECTORY_DIAL_H

#include <stdint.h>

#include "lib/common/error.h"
#include "lib/directory/resolver.h"

enum { DIAL_HEAD_START = 300 /* milliseconds that an address has before the next joins in */ };

/* Connects to the first of the addresses that answers (RFC 8305: they are begun one after the other
 * with a head start, so a black hole costs that and not its whole time limit). The result is a
 * non-blocking, close-on-exec descriptor; `chosen`, unless NULL, gets the address's index.
 * ERROR_UNAVAILABLE with the reason of the last address: refused, unreachable, no answer in time.
 */
int dial(const struct addresses *addresses, uint16_t port, int64_t deadline, int *fd,
         size_t *chosen, struct error **err);

#endif
