/* YAML text to a tree, as `kubectl` reads it (sigs.k8s.io/yaml: YAML 1.1 through go-yaml v2, then
 * JSON): `yes`, `on`, `0x1f`, `0o17`, `017`, `~` are what that library makes of them, quoted
 * scalars stay strings, anchors and merge keys are followed, a duplicate key is refused, keys
 * become strings.
 *
 * Alias bombs are bounded by limits.nodes, since aliases count as what they stand for.
 */
#ifndef GMSA_DOCUMENT_YAML_TREE_H
#define GMSA_DOCUMENT_YAML_TREE_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

struct yaml_reader;

/* A reader over a whole text, which must outlive it. */
struct yaml_reader *yaml_reader_create(const char *text, size_t length,
                                       const struct tree_limits *limits);
void yaml_reader_free(struct yaml_reader *reader);

/* Reads the next document into the arena. Returns 1 and sets *root (NULL for an empty document, as
 * between two `---`), 0 at the end, -1 on failure with the place in `where` (may be NULL);
 * ERROR_INPUT. After a failure nothing more can be read. */
int yaml_reader_next(struct yaml_reader *reader, struct arena *arena, struct node **root,
                     struct position *where, struct error **err);

static inline void yaml_reader_free_at(struct yaml_reader **reader)
{
    yaml_reader_free(*reader);
}
#define cleanup_yaml_reader __attribute__((cleanup(yaml_reader_free_at)))

#endif
