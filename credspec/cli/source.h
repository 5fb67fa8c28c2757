/* The credential specs that a command reads. */
#ifndef GMSA_CREDSPEC_CLI_SOURCE_H
#define GMSA_CREDSPEC_CLI_SOURCE_H

#include <stdbool.h>

#include "credspec/finding.h"
#include "credspec/manifest.h"
#include "lib/common/arena.h"
#include "lib/common/error.h"

/* One credential spec with what the rules say of it. */
struct source {
    struct arena arena;        /* holds everything below */
    const char *file;          /* as messages say it */
    enum manifest_kind kind;   /* MANIFEST_SPEC or MANIFEST_RESOURCE */
    const struct node *object; /* the document or object: the spec itself where it is bare */
    const struct node *spec;   /* an object, or NULL where the resource holds none */
    const char *spec_pointer;  /* where it stands in its document */
    struct findings findings;
};

/* Reads a file that holds exactly one credential spec, bare or as a resource; other Kubernetes
 * objects beside it are passed over. ERROR_INPUT (also for none and for several) or an error of
 * reading. Release it in any case. */
int source_read(const char *path, struct source *source, struct error **err);
/* The same for a file that may hold several, of which the resource called `name` is wanted; NULL as
 * above. `option` is how a user says which, for the message that several are there. */
int source_read_named(const char *path, const char *name, const char *option, struct source *source,
                      struct error **err);
void source_release(struct source *source);
#define cleanup_source __attribute__((cleanup(source_release)))

/* Applies the rules that fit what the manifest is, and sorts the findings. */
void source_check(const struct manifest *manifest, struct findings *findings);
/* Whether there is one at a field of the spec. */
bool source_has_finding(const struct findings *findings, const char *spec_pointer,
                        const char *field);
/* Why a document could not be read, with its place: "FILE:LINE:COLUMN: MESSAGE". */
int source_document_error(const struct document *document, struct error **err);
/* Reports that nothing in the path was a credential spec; ERROR_INPUT, -1. */
int source_none_error(const char *path, struct error **err);
/* The rule that a document which is no JSON or YAML breaks: the table's own rule "syntax", or one
 * that stands beside the table. */
const struct rule *source_syntax_rule(void);
/* metadata.name of a resource, else absent. */
struct slice source_object_name(const struct node *object);
/* Prints the findings on standard error. */
void source_report(const struct source *source);

#endif
