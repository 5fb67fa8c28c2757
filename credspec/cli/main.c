/* The program `credspec`: writes, checks, converts and installs credential specs. */
#include "credspec/cli/commands.h"

int main(int argc, char **argv)
{
    const struct command_row commands[] = {
        lint_command,  new_command,     convert_command, show_command,
        rules_command, install_command, doctor_command,  {.name = NULL},
    };
    const char *const see_also[] = {"kubectl(1)", "docker-run(1)", NULL};
    const struct program program = {
        .name = "credspec",
        .summary = "write, check, convert and install gMSA credential specs",
        .description =
            "A credential spec is the JSON document that tells a container which group Managed "
            "Service Account (gMSA) of which Active Directory domain it runs as. It holds no "
            "password.\n"
            "\n"
            "The commands read a bare credential spec (JSON or YAML) and the cluster resource "
            "GMSACredentialSpec of windows.k8s.io in any mix, several to a file too, as kubectl "
            "reads manifests. \"-\" is standard input. `new` and `doctor` ask a domain's "
            "directory; everything else, and `new --offline`, needs no network.",
        .commands = commands,
        .see_also = see_also,
    };
    return program_main(&program, argc, argv);
}
