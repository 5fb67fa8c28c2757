/* One object that tells API servers which authorities to trust: a MutatingWebhookConfiguration, a
 * ValidatingWebhookConfiguration, or the definition of credential specs where a webhook converts
 * them. Reading what stands in it, and the patch that puts our bundle there. */
#ifndef GMSA_WEBHOOK_CERTIFICATES_CONFIGURATION_H
#define GMSA_WEBHOOK_CERTIFICATES_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "webhook/certificates/authorities.h"

enum configuration_kind {
    CONFIGURATION_MUTATING,
    CONFIGURATION_VALIDATING,
    CONFIGURATION_DEFINITION,
    CONFIGURATION_KINDS,
};

/* Webhooks of one configuration; the API server itself sets no limit. */
enum { CONFIGURATION_ENTRIES_MAX = 64 };

struct configuration_entry {
    size_t index;         /* in `webhooks` */
    struct buffer bundle; /* PEM, as it stands there; empty where there is none */
};

/* A zeroed struct is a configuration that does not exist. */
struct configuration {
    enum configuration_kind kind;
    struct buffer version;                                         /* metadata.resourceVersion */
    struct configuration_entry entries[CONFIGURATION_ENTRIES_MAX]; /* those that are ours */
    size_t count;
};

/* The Service that our webhooks are reached by. */
struct configuration_service {
    const char *namespace, *name;
};

/* Reads an object. Ours are the entries that name the Service, and in a webhook configuration those
 * that have a URL: the whole configuration is the webhook's. The definition is not (others bring
 * one of the same name), so a URL there is somebody else's. ERROR_PROTOCOL for what is no such
 * object; `configuration` is emptied first. */
int configuration_read(struct configuration *configuration, enum configuration_kind kind,
                       const struct configuration_service *service, struct slice json,
                       struct error **err);
void configuration_release(struct configuration *configuration);

/* Whether exactly this bundle stands in every entry that is ours; true where there is none. */
bool configuration_holds(const struct configuration *configuration, struct slice bundle);
/* Whether every entry that is ours has that authority in its bundle. */
bool configuration_trusts(const struct configuration *configuration, X509 *authority);
/* Adds the authorities of all entries that are ours to a set; what cannot be read is left out. */
void configuration_collect(const struct configuration *configuration, struct authorities *set);
/* Appends the JSON Patch (RFC 6902) that puts the bundle where it is missing, and that fails where
 * the object has changed since it was read. */
void configuration_write_patch(const struct configuration *configuration, struct slice bundle,
                               struct buffer *patch);

/* "MutatingWebhookConfiguration", ... */
const char *configuration_kind_name(enum configuration_kind kind);

#endif
