/* The commands of `credspec`: one file each, with its options beside what it does. */
#ifndef GMSA_CREDSPEC_CLI_COMMANDS_H
#define GMSA_CREDSPEC_CLI_COMMANDS_H

#include "lib/common/options.h"

extern const struct command_row lint_command;
extern const struct command_row new_command;
extern const struct command_row convert_command;
extern const struct command_row show_command;
extern const struct command_row rules_command;
extern const struct command_row install_command;
extern const struct command_row doctor_command;

#endif
