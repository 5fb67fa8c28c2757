/* Files of documents: JSON or YAML, several documents a file, folders, standard input.
 *
 * As `kubectl -f`: a text whose first byte other than white space is `{` is JSON (one or several
 * objects one after another, also with `---` between them), anything else is YAML. A folder means
 * its *.yaml, *.yml and *.json files, in the order of their names by bytes, without going deeper;
 * "-" means standard input. One file is in memory at a time, and one document as a tree.
 */
#ifndef GMSA_DOCUMENT_DOCUMENTS_H
#define GMSA_DOCUMENT_DOCUMENTS_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

/* One document of a file, or what was wrong with it. Valid until the callback returns. */
struct document {
    const char *file;          /* path as the user would say it; "-" is given as "<stdin>" */
    size_t file_size;          /* of the whole text, in bytes */
    const struct node *root;   /* NULL when the text could not be read */
    struct arena *arena;       /* where root lives; the callback may allocate there */
    struct position where;     /* of the error, when root is NULL; line 0: of the file as a whole */
    const struct error *error; /* when root is NULL: what is wrong. When unreadable, the message
                                  begins with the path; else the code is ERROR_INPUT */
    bool unreadable;           /* the file or folder could not be read: `where` means nothing */
    bool empty; /* with `error`: nothing is there, no document in a file, no file in a folder */
    bool json;  /* the text was JSON */
};

/* The error's message without the path, for those who print the path before it. */
const char *document_error_text(const struct document *document);

/* Called for each document and for each thing that is wrong with a file. Return false to stop. */
typedef bool document_function(const struct document *document, void *context);

struct documents_options {
    size_t file_limit;         /* bytes of one file; 0 means 16 MiB */
    struct tree_limits limits; /* of one document */
};

/* Visits all documents of one path. UTF-16 (by its byte order mark or its zero bytes) and other
 * binary data is reported with what to do about it; a UTF-8 byte order mark is skipped. Empty
 * documents are not visited, but a file without any document and a folder without any file are
 * reported as an error. After a syntax error the rest of its file is left out. `options` may be
 * NULL. Returns false when the callback stopped it. */
bool documents_visit(const char *path, const struct documents_options *options,
                     document_function *visit, void *context);
/* The same for a text in memory; `name` stands in `file`. */
bool documents_visit_text(const char *name, const char *text, size_t length,
                          const struct documents_options *options, document_function *visit,
                          void *context);

#endif
