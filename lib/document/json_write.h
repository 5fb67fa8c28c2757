/* Trees and strings to JSON text, byte for byte as Go's encoding/json writes them.
 *
 * Go's json.Marshal escapes `<`, `>`, `&`, U+2028 and U+2029 as \u003c ..., writes \n \r \t and any
 * other control character as \u00XX (Go 1.19's table: see tests/unit/canonical), and sorts the
 * members of a map by the bytes of their names.
 */
#ifndef GMSA_DOCUMENT_JSON_WRITE_H
#define GMSA_DOCUMENT_JSON_WRITE_H

#include "lib/common/buffer.h"
#include "lib/document/tree.h"

/* A quoted, escaped string. Each byte that is not UTF-8 becomes \ufffd, as in Go. */
void json_write_string(struct buffer *out, struct slice text);
/* Compact, members sorted: the canonical text. A NODE_NUMBER is written as Go writes its float64
 * value; one beyond a float64's range, which Go does not read at all, keeps its text. */
void json_write_canonical(struct buffer *out, const struct node *node);
/* For people: two spaces a level, members in their own order, no HTML escapes, numbers
 * as they were written. No newline at the end. */
void json_write_pretty(struct buffer *out, const struct node *node);

#endif
