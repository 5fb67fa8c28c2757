/* A kubeconfig file, with all that may be allowed but running programs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/kube/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_close int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    cleanup_free char *path = xasprintf("/proc/self/fd/%d", fd);
    const struct kube_config_options options = {.kubeconfig = path, .allow_insecure = true};
    cleanup_kube_config struct kube_config *config = kube_config_load(&options, NULL);
    if (!config)
        return 0;
    if (strncmp(config->server, "http", 4) != 0 || !strchr(config->host, ':') ||
        (config->insecure && (config->ca.data || config->ca_file)) ||
        (config->username && (config->token.data || config->token_file)))
        abort();
    return 0;
}
