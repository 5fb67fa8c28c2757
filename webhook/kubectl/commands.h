/* The commands of `kubectl gmsa`: one file each, with its options beside what it does. */
#ifndef GMSA_WEBHOOK_KUBECTL_COMMANDS_H
#define GMSA_WEBHOOK_KUBECTL_COMMANDS_H

#include "lib/common/options.h"

extern const struct command_row kubectl_list_command;
extern const struct command_row kubectl_who_can_command;
extern const struct command_row kubectl_why_command;
extern const struct command_row kubectl_audit_command;

#endif
