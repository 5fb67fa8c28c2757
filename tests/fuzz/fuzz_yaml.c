/* Any bytes as a file of documents. What can be read, can be written as YAML and reads back as the
 * same; what cannot, is refused with a message of one line. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/document/documents.h"
#include "lib/document/json_write.h"
#include "lib/document/yaml_tree.h"
#include "lib/document/yaml_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Beyond a float64's range a number of JSON is text for YAML (json_write.h: Go reads neither). */
static bool has_huge_number(const struct node *node)
{
    node_for_each (child, node)
        if (has_huge_number(child))
            return true;
    return node->type == NODE_NUMBER && isinf(strtod(node->text.data, NULL));
}

static bool check_document(const struct document *document, void *context)
{
    (void)context;
    if (!document->root) {
        if (!document->error || strchr(document->error->message, '\n'))
            abort();
        return true;
    }
    if (has_huge_number(document->root))
        return true;
    cleanup_buffer struct buffer yaml = {0}, before = {0}, after = {0};
    yaml_write(&yaml, document->root);
    json_write_canonical(&before, document->root);
    cleanup_arena struct arena arena = {0};
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(yaml.data, yaml.length, NULL);
    struct node *again = NULL;
    if (yaml_reader_next(reader, &arena, &again, NULL, NULL) != 1 || !again)
        abort();
    json_write_canonical(&after, again);
    if (before.length != after.length || memcmp(before.data, after.data, before.length) != 0)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct documents_options options = {.limits = {.nodes = 10000}};
    (void)documents_visit_text("input", (const char *)data, size, &options, check_document, NULL);
    return 0;
}
