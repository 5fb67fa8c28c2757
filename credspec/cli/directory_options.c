#include "credspec/cli/directory_options.h"

#include "lib/common/memory.h"

const char *const directory_tls_choices[] = {"ldaps", "starttls", NULL};

const char *directory_options_given(const struct directory_options *options)
{
    const struct {
        const char *name, *value;
    } rows[] = {
        {"domain", options->domain}, {"server", options->server},
        {"keytab", options->keytab}, {"principal", options->principal},
        {"user", options->user},     {"password-file", options->password_file},
        {"tls", options->tls},       {"tls-ca", options->tls_ca},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (rows[i].value)
            return rows[i].name;
    return NULL;
}

int directory_options_check(const struct directory_options *options, struct error **err)
{
    if (options->keytab && options->user)
        return error_set(err, ERROR_INPUT, "--keytab and --user: only one of them can sign in");
    if (options->principal && !options->keytab)
        return error_set(err, ERROR_INPUT,
                         "--principal needs --keytab: the file that holds its key");
    if (options->password_file && !options->user)
        return error_set(err, ERROR_INPUT, "--password-file needs --user: whose password it is");
    if ((options->tls || options->tls_ca) && !options->user)
        return error_set(err, ERROR_INPUT,
                         "%s needs --user: inside TLS one signs in with a password, while Kerberos "
                         "protects the connection by itself",
                         options->tls ? "--tls" : "--tls-ca");
    if (options->timeout <= 0)
        return error_set(err, ERROR_INPUT, "--timeout: nothing can be done in no time");
    return 0;
}
