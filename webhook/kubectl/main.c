/* The program `kubectl-gmsa`, which kubectl runs for `kubectl gmsa`. */
#include <signal.h>

#include "lib/common/secure_buffer.h"
#include "webhook/kubectl/commands.h"

int main(int argc, char **argv)
{
    const struct command_row commands[] = {
        kubectl_list_command,  kubectl_who_can_command, kubectl_why_command,
        kubectl_audit_command, {.name = NULL},
    };
    const char *const see_also[] = {"gmsa-webhook(1)", "credspec(1)", "kubectl(1)", NULL};
    const struct program program = {
        .name = "kubectl-gmsa",
        .call = "kubectl gmsa",
        .summary = "group Managed Service Accounts (gMSA) of a cluster's pods",
        .description =
            "Which credential specs there are and who uses them, who may, why a pod is refused, "
            "and which pods run with what they would not get today. It asks the API server with "
            "your own permissions and changes nothing; what it decides, it decides with the "
            "webhook's own code.\n"
            "\n"
            "As any plug-in of kubectl it is found where it stands on PATH under the name "
            "kubectl-gmsa. Options of kubectl, such as --context, stand behind the command: "
            "kubectl gmsa list --context prod.",
        .commands = commands,
        .see_also = see_also,
    };
    secure_process();               /* tokens and keys of a kubeconfig */
    (void)signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an error like others */
    (void)signal(SIGCHLD, SIG_DFL); /* credential plug-ins are waited for */
    return program_main(&program, argc, argv);
}
