#include "credspec/cli/directory_login.h"

#include <string.h>

#include "credspec/cli/password.h"
#include "lib/common/memory.h"
#include "lib/directory/connection.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/tickets.h"

static int get_password(struct directory_login *login, struct error **err)
{
    const struct directory_options *options = login->options;
    if (!options->user)
        return 0;
    if (options->password_file)
        return password_read(options->password_file, &login->password, err);
    cleanup_free char *prompt = xasprintf("Password of %s: ", options->user);
    return password_ask(prompt, &login->password, err);
}

int directory_login_begin(struct directory_login *login, const struct directory_options *options,
                          struct error **err)
{
    login->options = options;
    secure_process();
    if (kerberos_prepare(err) < 0 || directory_prepare(err) < 0)
        return -1;
    return get_password(login, err);
}

void directory_login_release(struct directory_login *login)
{
    secure_buffer_release(&login->password);
}

enum directory_security directory_login_security(const struct directory_options *options)
{
    if (options->tls && strcmp(options->tls, "starttls") == 0)
        return DIRECTORY_STARTTLS;
    return options->tls || options->tls_ca ? DIRECTORY_LDAPS : DIRECTORY_SEALED;
}

struct session_settings directory_login_settings(const struct directory_login *login,
                                                 const char *domain)
{
    const struct directory_options *options = login->options;
    return (struct session_settings){
        .domain = domain ? domain : options->domain,
        .server = options->server,
        .identity =
            {
                .keytab = options->keytab,
                .principal = options->principal,
                .user = options->user,
                .password = options->user ? &login->password : NULL,
            },
        .connection = {.security = directory_login_security(options), .tls_ca = options->tls_ca},
        .timeout = options->timeout,
    };
}

struct session *directory_login_other(const struct directory_login *login,
                                      const struct session *first, const char *domain,
                                      struct error **err)
{
    struct session_settings settings = directory_login_settings(login, domain);
    settings.server = NULL;
    /* "reader" means somebody of the first domain. */
    if (settings.identity.user)
        settings.identity.user =
            first->tickets ? tickets_principal(first->tickets) : first->signed_in_as;
    return session_open(&settings, err);
}
