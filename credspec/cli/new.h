/* What the files of `credspec new` share. */
#ifndef GMSA_CREDSPEC_CLI_NEW_H
#define GMSA_CREDSPEC_CLI_NEW_H

#include <stdbool.h>

#include "credspec/cli/directory_options.h"
#include "credspec/spec.h"
#include "lib/common/options.h"

struct new_options {
    bool offline;
    const char *account, *dns_name, *netbios_name, *sid, *guid, *forest;
    struct option_list additional;
    struct directory_options directory;
    const char *plugin_guid, *plugin_input;
    const char *as, *name, *run_as_user_name;
    const char *out;
    bool force;
};

/* Both get the values that only they can give. They report by themselves what is wrong, and return
 * 0 or the exit code. Texts live in the arena or in the options. */
int new_offline_parts(struct arena *arena, const struct new_options *options,
                      struct credspec_parts *parts);
int new_online_parts(struct arena *arena, const struct new_options *options,
                     struct credspec_parts *parts);

#endif
