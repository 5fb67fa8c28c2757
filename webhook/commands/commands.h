/* The commands of `gmsa-webhook`: one file each, with its options beside what it does. */
#ifndef GMSA_WEBHOOK_COMMANDS_COMMANDS_H
#define GMSA_WEBHOOK_COMMANDS_COMMANDS_H

#include "lib/common/options.h"
#include "webhook/sources/manifests.h"

extern const struct command_row serve_command;
extern const struct command_row review_command;
extern const struct command_row who_can_command;
extern const struct command_row keygen_command;

/* Loads the manifests of --manifests and reports their problems on standard error, each with its
 * place. NULL with ERROR_INPUT where they must not be used; else dropped by the caller. */
struct manifest_set *command_load_manifests(const struct option_list *paths,
                                            struct slice default_namespace, struct error **err);

#endif
