/* A tree to YAML that `kubectl` reads back as the same tree: block style, members in their own
 * order, strings quoted wherever YAML 1.1 would take them for something else. */
#ifndef GMSA_DOCUMENT_YAML_WRITE_H
#define GMSA_DOCUMENT_YAML_WRITE_H

#include "lib/common/buffer.h"
#include "lib/document/tree.h"

/* One document, without a leading `---`. */
void yaml_write(struct buffer *out, const struct node *node);

#endif
