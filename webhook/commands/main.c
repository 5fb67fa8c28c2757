/* The program `gmsa-webhook`: decides which pods may have which gMSA. */
#include "webhook/commands/commands.h"

int main(int argc, char **argv)
{
    const struct command_row commands[] = {
        serve_command, review_command, who_can_command, keygen_command, {.name = NULL},
    };
    const char *const see_also[] = {"credspec(1)", "kubectl(1)", NULL};
    const struct program program = {
        .name = "gmsa-webhook",
        .summary = "decide which pods may run as which group Managed Service Account (gMSA)",
        .description =
            "A pod names a credential spec, the cluster resource GMSACredentialSpec of "
            "windows.k8s.io. Its service account must be permitted to `use` that spec; then the "
            "spec's contents are written into the pod, and everything forged is refused.\n"
            "\n"
            "The same decision is taken for a cluster and, without one, for manifests on disk.",
        .commands = commands,
        .see_also = see_also,
    };
    return program_main(&program, argc, argv);
}
