/* Which pod is judged for an object: itself, or the one that a workload makes of its template. */
#ifndef GMSA_WEBHOOK_ADMISSION_SUBJECT_H
#define GMSA_WEBHOOK_ADMISSION_SUBJECT_H

#include "lib/document/tree.h"

struct admission_subject {
    const char *label;           /* `pod "web"`, `Deployment "web"` */
    const struct node *workload; /* where the pod was made of a template; else NULL */
    const struct node *pod;
    struct slice namespace;
};

/* False where the object is neither a pod nor a workload. One that names no namespace is in
 * `default_namespace`. In the arena; shares the object's nodes. */
bool admission_subject_of(const struct node *object, struct slice default_namespace,
                          struct arena *arena, struct admission_subject *subject);

/* "KIND NAME", with the name in quotes and "*" behind a generateName. */
const char *admission_label(struct arena *arena, const struct node *object, const char *kind);

#endif
