/* Answers as trees, which are then written as JSON or YAML. */
#ifndef GMSA_WEBHOOK_REPORT_NODES_H
#define GMSA_WEBHOOK_REPORT_NODES_H

#include "lib/common/buffer.h"
#include "lib/document/tree.h"

/* Add a member to an object. An absent text adds none. */
void report_set_text(struct arena *arena, struct node *object, const char *name, struct slice text);
void report_set_boolean(struct arena *arena, struct node *object, const char *name, bool value);
void report_set_count(struct arena *arena, struct node *object, const char *name, size_t value);
/* An empty array as a member, to be filled. */
struct node *report_set_list(struct arena *arena, struct node *object, const char *name);
/* An empty object as the last item of an array, to be filled. */
struct node *report_add_object(struct arena *arena, struct node *list);

/* Indented, with a line feed at the end. */
void report_write_json(struct buffer *out, const struct node *root);

#endif
