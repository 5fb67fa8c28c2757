/* Text of search filters (RFC 4515) and distinguished names (RFC 4514). */
#ifndef GMSA_DIRECTORY_FILTER_H
#define GMSA_DIRECTORY_FILTER_H

#include "lib/common/buffer.h"
#include "lib/common/slice.h"

/* Appends a value for use behind "=": `*`, `(`, `)`, `\` and NUL are escaped (RFC 4515, 3), and
 * control characters and bytes beyond ASCII too, so that any octets may stand there. */
void filter_append(struct buffer *filter, struct slice value);
/* The same with every octet escaped: for SIDs and GUIDs. */
void filter_append_octets(struct buffer *filter, const void *data, size_t length);

/* The distinguished name of a DNS domain, "DC=contoso,DC=test" (RFC 2247), in lower case as it was
 * given. The caller frees. */
char *domain_to_dn(const char *domain) __attribute__((returns_nonnull));
/* And back: the DC components at the end of a distinguished name, "contoso.test" for
 * "CN=x,DC=contoso,DC=test". NULL where there are none, or one is escaped. The caller frees. */
char *domain_of_dn(const char *dn);

#endif
