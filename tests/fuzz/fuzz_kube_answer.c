/* What an API server or a credential plug-in says: events of a watch, refusals, credentials. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/kube/exec_credential.h"
#include "lib/kube/status.h"
#include "lib/kube/watch_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *refusal = NULL, *ended = NULL;
    struct kube_status status;
    struct watch_event event;
    (void)kube_status_read(text, &arena, &status);
    (void)kube_status_error(403, &status, &refusal);
    if (watch_event_read(text, &arena, &event, NULL) == 0) {
        if (event.type == WATCH_ERROR)
            (void)watch_event_error(&event, &arena, &ended);
        else if (event.version.length == 0)
            abort();
    }
    struct kube_config *config = calloc(1, sizeof(*config));
    if (!config)
        abort();
    if (exec_credential_read(text, slice_of("client.authentication.k8s.io/v1"), config, NULL) ==
            0 &&
        !config->token.data && !config->key.data)
        abort();
    kube_config_free(config);
    return 0;
}
