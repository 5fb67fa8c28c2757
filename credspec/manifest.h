/* Credential specs in files: raw JSON specs and GMSACredentialSpec objects, in any mix, also inside
 * `kind: List`, among other objects. */
#ifndef GMSA_CREDSPEC_MANIFEST_H
#define GMSA_CREDSPEC_MANIFEST_H

#include "lib/document/documents.h"

/* What an object is, by kind and apiVersion, or by its fields for a bare spec (whatever their
 * letter case). */
enum manifest_kind {
    MANIFEST_SPEC,     /* a bare credential spec */
    MANIFEST_RESOURCE, /* a GMSACredentialSpec */
    MANIFEST_OTHER,    /* another Kubernetes object, or something that is neither */
    MANIFEST_BROKEN,   /* no document: see document->error */
};

struct manifest {
    const struct document *document;
    enum manifest_kind kind;
    const struct node *object; /* the object itself, also when it stood in a List; NULL if broken */
    const char *pointer;       /* where it stands in the document: "" or "/items/3" */
    const struct node *spec;   /* the credential spec inside, or NULL */
    const char *spec_pointer;  /* "" or "/credspec", "/items/3/credspec": also where the resource
                                  lacks it */
};

/* Called once for every object. Return false to stop. */
typedef bool manifest_function(const struct manifest *manifest, void *context);

/* Visits all objects in one path (documents.h), and instead of a `kind: List` or
 * GMSACredentialSpecList each of its items. Returns false when the callback stopped it. */
bool manifest_visit(const char *path, manifest_function *visit, void *context);
/* The same for a text in memory; `name` stands for the file. */
bool manifest_visit_text(const char *name, const char *text, size_t length,
                         manifest_function *visit, void *context);

#endif
