/* What a call is about: a resource, one object of it, or a subresource, as a path of the API.
 *
 * Source of the rules: Kubernetes' API concepts ("Resource URIs") and
 * apimachinery/pkg/api/validation/path/name.go. */
#ifndef GMSA_KUBE_TARGET_H
#define GMSA_KUBE_TARGET_H

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

struct kube_resource {
    const char *group; /* "" for the core group */
    const char *version;
    const char *plural; /* "gmsacredentialspecs" */
};

struct kube_target {
    const struct kube_resource *resource;
    const char *namespace;   /* NULL: cluster-scoped, or all namespaces */
    const char *name;        /* NULL: the collection */
    const char *subresource; /* or NULL */
};

/* Appends "/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE", or the parts of it
 * that there are, percent-encoded. Refused with ERROR_INPUT: a part that is empty, longer than 253
 * bytes, "." or "..", or holds a slash, a percent sign or a control character. */
int kube_target_path(const struct kube_target *target, struct buffer *path, struct error **err);

/* Appends "?name=value", or "&name=value" where the path has a query already; the value is
 * percent-encoded. An absent value appends nothing. */
void kube_path_add_query(struct buffer *path, const char *name, struct slice value);

#endif
