/* The answer of `gmsa-webhook who-can`, in its forms. */
#ifndef GMSA_WEBHOOK_COMMANDS_WHO_CAN_H
#define GMSA_WEBHOOK_COMMANDS_WHO_CAN_H

#include "lib/common/buffer.h"
#include "webhook/sources/permissions.h"

/* One spec and who may use it. */
struct spec_permissions {
    struct slice name;
    const struct manifest_spec *spec; /* NULL where the manifests do not hold it */
    struct permissions permissions;
};

void who_can_write_table(struct buffer *out, const struct spec_permissions *specs, size_t count,
                         struct arena *arena);
void who_can_write_json(struct buffer *out, const struct spec_permissions *specs, size_t count,
                        struct arena *arena);
/* One page that needs nothing else: the specs, the matrix of subjects and specs, the bindings. */
void who_can_write_html(struct buffer *out, const struct spec_permissions *specs, size_t count,
                        struct arena *arena);

/* "shop/web" for a service account, else the name; in the arena. */
const char *who_can_subject_name(const struct rbac_subject *subject, struct arena *arena);

#endif
