/* The options of commands that ask a directory: which domain, which domain controller, as whom. */
#ifndef GMSA_CREDSPEC_CLI_DIRECTORY_OPTIONS_H
#define GMSA_CREDSPEC_CLI_DIRECTORY_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/options.h"

struct directory_options {
    const char *domain, *server;
    const char *keytab, *principal;
    const char *user, *password_file;
    const char *tls, *tls_ca;
    int64_t timeout; /* milliseconds */
};

extern const char *const directory_tls_choices[];

/* The rows of a command's table; its struct of values has them in the member
 * `directory`. */
#define DIRECTORY_OPTION_ROWS(values)                                                              \
    {                                                                                              \
        .type = OPTION_TEXT,                                                                       \
        .name = "domain",                                                                          \
        .argument = "DOMAIN",                                                                      \
        .offset = offsetof(values, directory.domain),                                              \
        .heading = "The directory",                                                                \
        .help = "DNS name of the account's domain (default: what is known of it, else the "        \
                "realm of who signs in, else this machine's DNS domain)",                          \
    },                                                                                             \
        {                                                                                          \
            .type = OPTION_TEXT,                                                                   \
            .name = "server",                                                                      \
            .argument = "DC",                                                                      \
            .offset = offsetof(values, directory.server),                                          \
            .help = "domain controller, a name or an address (default: found by DNS)",             \
        },                                                                                         \
        {                                                                                          \
            .type = OPTION_DURATION,                                                               \
            .name = "timeout",                                                                     \
            .argument = "TIME",                                                                    \
            .offset = offsetof(values, directory.timeout),                                         \
            .fallback = "30s",                                                                     \
            .help = "give up a domain that has not answered by then",                              \
        },                                                                                         \
        {                                                                                          \
            .type = OPTION_TEXT,                                                                   \
            .name = "keytab",                                                                      \
            .argument = "FILE",                                                                    \
            .offset = offsetof(values, directory.keytab),                                          \
            .heading = "Signing in (default: with your own Kerberos ticket, see kinit)",           \
            .help = "sign in with a key of this file",                                             \
        },                                                                                         \
        {                                                                                          \
            .type = OPTION_TEXT,                                                                   \
            .name = "principal",                                                                   \
            .argument = "NAME@REALM",                                                              \
            .offset = offsetof(values, directory.principal),                                       \
            .help = "which of its principals, like 'NODE1$@CONTOSO.COM' (default: the first one)", \
        },                                                                                         \
        {                                                                                          \
            .type = OPTION_TEXT,                                                                   \
            .name = "user",                                                                        \
            .argument = "USER[@DOMAIN]",                                                           \
            .offset = offsetof(values, directory.user),                                            \
            .help = "sign in with a password, which is asked for on the terminal",                 \
        },                                                                                         \
        {                                                                                          \
            .type = OPTION_TEXT,                                                                   \
            .name = "password-file",                                                               \
            .argument = "FILE",                                                                    \
            .offset = offsetof(values, directory.password_file),                                   \
            .help = "read that password from FILE (-: standard input); a line end behind it is "   \
                    "cut off",                                                                     \
        },                                                                                         \
        {                                                                                          \
            .type = OPTION_CHOICE,                                                                 \
            .name = "tls",                                                                         \
            .argument = "HOW",                                                                     \
            .offset = offsetof(values, directory.tls),                                             \
            .choices = directory_tls_choices,                                                      \
            .help = "sign in inside TLS instead of with Kerberos: ldaps is port 636, starttls "    \
                    "port 389; needs --user",                                                      \
        },                                                                                         \
    {                                                                                              \
        .type = OPTION_TEXT, .name = "tls-ca", .argument = "FILE",                                 \
        .offset = offsetof(values, directory.tls_ca),                                              \
        .help = "PEM certificates that sign the domain controller's (default: this "               \
                "machine's); means --tls ldaps",                                                   \
    }

/* The name of the first of these options that is given, without the dashes; NULL for none. */
const char *directory_options_given(const struct directory_options *options);
/* Whether they fit each other. ERROR_INPUT. */
int directory_options_check(const struct directory_options *options, struct error **err);

#endif
