/* JSON text to a tree. Strict as json_scan.h, and duplicate member names are refused: which of two
 * values counts differs between programs, and an identity must mean one thing. */
#ifndef GMSA_DOCUMENT_JSON_TREE_H
#define GMSA_DOCUMENT_JSON_TREE_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

/* Reads one JSON text, white space around it allowed. On failure returns NULL, and `where` (may be
 * NULL) tells the place; ERROR_INPUT. Strings in the tree may point into `text`, which must
 * therefore live as long as the tree. */
struct node *json_tree_parse(struct arena *arena, const char *text, size_t length,
                             const struct tree_limits *limits, struct position *where,
                             struct error **err);

#endif
