/* JSON text to a tree. Strict as json_scan.h, and duplicate member names are refused: which of two
 * values counts differs between programs, and an identity must mean one thing. */
#ifndef GMSA_DOCUMENT_JSON_TREE_H
#define GMSA_DOCUMENT_JSON_TREE_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

/* Reads one JSON text, white space around it allowed. On failure returns NULL, and `where` (may be
 * NULL) tells the place, which the message does not repeat; ERROR_INPUT. The tree does not need
 * `text` any longer. Limits may be NULL.
 *
 * As Kubernetes decides it (sigs.k8s.io/json), a number without fraction and exponent that fits
 * int64_t is a NODE_INTEGER ("-0" is 0), any other a NODE_NUMBER. */
struct node *json_tree_parse(struct arena *arena, const char *text, size_t length,
                             const struct tree_limits *limits, struct position *where,
                             struct error **err);

#endif
