/* The answer of `who-can`, of the webhook's and of kubectl's, in its forms. */
#ifndef GMSA_WEBHOOK_REPORT_WHO_CAN_H
#define GMSA_WEBHOOK_REPORT_WHO_CAN_H

#include "lib/common/buffer.h"
#include "lib/document/tree.h"
#include "webhook/sources/permissions.h"

/* One spec and who may use it. */
struct spec_permissions {
    struct slice name;
    const struct manifest_spec *spec; /* NULL where the manifests do not hold it */
    bool unknown;                     /* whether it exists could not be found out */
    struct permissions permissions;
};

/* The spec of that name, which the set need not hold, or all of the set where it is NULL. In the
 * arena. */
struct spec_permissions *who_can_find(const struct manifest_set *set, const char *name,
                                      struct arena *arena, size_t *count);
/* Whether one of the permissions gives pods a gMSA. */
bool who_can_anybody(const struct spec_permissions *specs, size_t count);

void who_can_write_table(struct buffer *out, const struct spec_permissions *specs, size_t count,
                         struct arena *arena);
/* For JSON and YAML. */
struct node *who_can_node(const struct spec_permissions *specs, size_t count, struct arena *arena);
/* One page that needs nothing else: the specs, the matrix of subjects and specs, the bindings. */
void who_can_write_html(struct buffer *out, const struct spec_permissions *specs, size_t count,
                        struct arena *arena);

/* "shop/web" for a service account, else the name; in the arena. */
const char *who_can_subject_name(const struct rbac_subject *subject, struct arena *arena);

#endif
