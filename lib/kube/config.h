/* Where an API server is and who we are to it.
 *
 * A config comes from a pod's own service account (in-cluster) or from kubeconfig files, is not
 * changed any more once it is loaded, and may be shared by clients on several threads. Loading
 * reads files and may run a credential plug-in: it blocks, and belongs to the program's start. */
#ifndef GMSA_KUBE_CONFIG_H
#define GMSA_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

/* Absent texts are NULL, absent secrets empty. A file and inline data of the same thing never stand
 * here together, but for the token: the file's counts, the inline one until it can be read. */
struct kube_config {
    char *source; /* for messages: "in-cluster", or the path of a kubeconfig file */
    char *context;
    char *server;    /* "https://10.96.0.1:443", with a path perhaps, without a slash at the end */
    char *host;      /* the server's "name:port" */
    char *namespace; /* the context's, or the pod's own; NULL where neither says */

    char *ca_file; /* neither of the two: the system's authorities */
    struct secure_buffer ca;
    bool insecure; /* the server's certificate is not looked at */
    char *tls_server_name;
    char *proxy_url; /* NULL: as the environment says */

    char *certificate_file, *key_file;
    struct secure_buffer certificate, key; /* PEM */
    char *token_file;
    struct secure_buffer token;
    char *username;
    struct secure_buffer password;

    char *as, *as_uid; /* whom to impersonate */
    char **as_groups;  /* ends with NULL; or NULL */
};

struct kube_config_options {
    const char *kubeconfig; /* --kubeconfig: this file alone, which must exist; or NULL */
    const char *context;    /* --context; NULL or "": the current one */
    bool pod_first; /* a program that is made to run in a pod: in-cluster before ~/.kube/config */
    bool allow_insecure;  /* accept insecure-skip-tls-verify, and http:// to other machines */
    bool allow_exec;      /* run credential plug-ins */
    int64_t exec_timeout; /* milliseconds for a plug-in; 0 means 30 s */
    /* Reads the environment: NULL means getenv(). */
    const char *(*environment)(const char *name);
    const char
        *service_account; /* folder with token, ca.crt and namespace; NULL: Kubernetes' own */
};

/* The config for this program, by client-go's rules: --kubeconfig, else the files of KUBECONFIG,
 * else ~/.kube/config where there is one, else in-cluster. Returns NULL on failure: ERROR_NOT_FOUND
 * (no config anywhere, no such context, user, cluster or file), ERROR_INPUT (it contradicts itself
 * or cannot be read), ERROR_DENIED (it asks for what the options do not allow), ERROR_UNAVAILABLE
 * (a plug-in failed). */
struct kube_config *kube_config_load(const struct kube_config_options *options, struct error **err);
void kube_config_free(struct kube_config *config);

static inline void kube_config_free_at(struct kube_config **config)
{
    kube_config_free(*config);
}
#define cleanup_kube_config __attribute__((cleanup(kube_config_free_at)))

/* The parts, for config.c's own siblings and the tests. */

/* By KUBERNETES_SERVICE_HOST and _PORT and the folder of the service account. */
struct kube_config *kube_config_in_cluster(const struct kube_config_options *options,
                                           struct error **err);
/* From kubeconfig files, merged: of each cluster, user, context and setting the first counts. Files
 * that do not exist are left out, unless none does. `paths` ends with NULL. */
struct kube_config *kube_config_from_files(const char *const *paths,
                                           const struct kube_config_options *options,
                                           struct error **err);
/* Checks a server's URL and sets server and host. */
int kube_config_set_server(struct kube_config *config, const char *url, bool allow_plain,
                           struct error **err);
const char *kube_config_environment(const struct kube_config_options *options, const char *name);

#endif
