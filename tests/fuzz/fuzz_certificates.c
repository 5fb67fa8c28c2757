/* What stands in the Secret, the Lease and the configurations of a webhook with certificates of its
 * own. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/kube/lease.h"
#include "webhook/certificates/configuration.h"
#include "webhook/certificates/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_secret(struct slice text)
{
    cleanup_stored struct stored stored = {0};
    cleanup_error struct error *error = NULL;
    enum plan_secret result = stored_read(&stored, text, &error);
    if ((result == PLAN_SECRET_GOOD) != !error)
        abort();
    if (result != PLAN_SECRET_GOOD && (stored.current.key || stored.next.key || stored.serving.key))
        abort();
}

static void try_configurations(struct slice text)
{
    static const struct configuration_service service = {"n", "s"};
    static const struct slice bundle = {"x", 1};
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++) {
        struct configuration configuration = {0};
        cleanup_authorities struct authorities set = {0};
        cleanup_buffer struct buffer patch = {0};
        if (configuration_read(&configuration, (enum configuration_kind)kind, &service, text,
                               NULL) == 0) {
            configuration_collect(&configuration, &set);
            configuration_write_patch(&configuration, bundle, &patch);
        }
        configuration_release(&configuration);
    }
}

static void try_lease(struct slice text)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer patch = {0};
    struct kube_lease_view view = {0};
    struct kube_lease lease;
    if (kube_lease_read(text, &arena, &lease, NULL) == 0) {
        if (lease.duration < 0 || lease.duration > KUBE_LEASE_DURATION_MAX)
            abort();
        (void)kube_lease_look(&view, &lease, slice_of("me"), 0);
        kube_lease_write_patch(&patch, &lease);
    }
    kube_lease_view_release(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    cleanup_authorities struct authorities set = {0};
    try_secret(text);
    try_configurations(text);
    try_lease(text);
    (void)authorities_read(&set, text, NULL);
    return 0;
}
