/* Credential plug-ins of a kubeconfig (user.exec; client-go/plugin/pkg/client/auth/exec and
 * pkg/apis/clientauthentication): a program that prints an ExecCredential. */
#ifndef GMSA_KUBE_EXEC_CREDENTIAL_H
#define GMSA_KUBE_EXEC_CREDENTIAL_H

#include "lib/common/error.h"
#include "lib/kube/config.h"
#include "lib/kube/kubeconfig_tree.h"

struct exec_plugin {
    const struct node *exec;            /* the user's `exec` */
    const struct kubeconfig_file *file; /* where it stands: relative commands count from there */
    const struct node *cluster;         /* what provideClusterInfo hands over */
    int64_t timeout;                    /* milliseconds; 0 means 30 s */
};

/* Runs the program with the kubeconfig's own arguments and environment, without a shell and
 * without a terminal to ask on, and fills token, or certificate and key, of the config. Blocks
 * until it ends or its time is over, when it is killed. ERROR_INPUT (the plug-in's settings),
 * ERROR_NOT_FOUND (no such program), ERROR_UNAVAILABLE (it failed or took too long), ERROR_PROTOCOL
 * (it printed something else). */
int exec_credential_run(const struct exec_plugin *plugin, struct kube_config *config,
                        struct error **err);

/* Reads what a plug-in printed; `version` is the apiVersion that was asked for. */
int exec_credential_read(struct slice text, struct slice version, struct kube_config *config,
                         struct error **err);

#endif
