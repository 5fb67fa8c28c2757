/* Signing in at a domain, and at the domains of additional accounts, as the options say. */
#ifndef GMSA_CREDSPEC_CLI_DIRECTORY_LOGIN_H
#define GMSA_CREDSPEC_CLI_DIRECTORY_LOGIN_H

#include "credspec/cli/directory_options.h"
#include "lib/common/secure_buffer.h"
#include "lib/directory/session.h"

/* A zeroed struct is empty. It keeps pointers into the options. */
struct directory_login {
    const struct directory_options *options;
    struct secure_buffer password;
};

/* Makes the process ready to hold secrets, and gets the password where there is one: from the file
 * or the terminal. To be called before any thread. ERROR_INPUT, ERROR_INTERNAL or an error of
 * reading. Release it in any case. */
int directory_login_begin(struct directory_login *login, const struct directory_options *options,
                          struct error **err);
void directory_login_release(struct directory_login *login);
#define cleanup_directory_login __attribute__((cleanup(directory_login_release)))

/* How the options want a connection to be protected. */
enum directory_security directory_login_security(const struct directory_options *options);
/* What to open a session of `domain` with (NULL: --domain, or what session_open() finds out). The
 * result points into the login and the options. */
struct session_settings directory_login_settings(const struct directory_login *login,
                                                 const char *domain);
/* Opens a session of another domain as who signed in at `first`. The domain controller is found by
 * DNS: --server is of the first domain. */
struct session *directory_login_other(const struct directory_login *login,
                                      const struct session *first, const char *domain,
                                      struct error **err);

#endif
