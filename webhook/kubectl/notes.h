/* What a command says beside its answer, and the answer itself. */
#ifndef GMSA_WEBHOOK_KUBECTL_NOTES_H
#define GMSA_WEBHOOK_KUBECTL_NOTES_H

#include "lib/common/buffer.h"
#include "lib/document/tree.h"

/* "warning: ..." on standard error, in one line, with control characters made visible. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes to standard output: the text as it is, or a tree as `output` says, "json" or "yaml". */
void answer_text(const struct buffer *text);
void answer_tree(const struct node *root, const char *output);

#endif
