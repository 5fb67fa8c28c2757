/* PluginInput: what the known CCG plug-ins take. Internal to credspec/.
 *
 * A PluginInput may hold a secret by mistake: no message quotes one. */
#ifndef GMSA_CREDSPEC_PLUGIN_INPUT_H
#define GMSA_CREDSPEC_PLUGIN_INPUT_H

#include "lib/common/arena.h"
#include "lib/common/slice.h"

/* A plug-in whose input has a known form. */
struct plugin {
    const char *guid; /* in braces */
    const char *title;
    const char *form; /* what its input looks like, for a hint */
    /* What is wrong with an input, or NULL. NULL for a plug-in that takes a password in clear. */
    const char *(*problem)(struct arena *arena, struct slice input);
};

/* The plug-in with this GUID (in braces, any letter case), or NULL. */
const struct plugin *plugin_find(struct slice guid);

enum password_likelihood { PASSWORD_NONE, PASSWORD_PERHAPS, PASSWORD_CLEAR };
/* Whether an input looks like `domain:user:password` or says "password" itself. `domains` are the
 * names of the spec's own domain, which make the case clear. */
enum password_likelihood plugin_input_password(struct slice input, const struct slice *domains,
                                               size_t domain_count);

#endif
