/* Asks a domain controller for a gMSA's password in ways that lib/directory refuses, to hear what
 * it answers and what lib/directory makes of that: for tests/integration/directory_answers.sh.
 *
 *   refusal_probe [NAME=VALUE...] SERVER ACCOUNT
 *
 *   security=none|starttls|ldaps, tls_ca=FILE
 *   user=NAME password=TEXT    a simple bind
 *   layer=SSF                  Kerberos by Cyrus SASL, with the tickets of KRB5CCNAME and a layer
 *                              of so many bits at most: 0 none, 1 signed, 256 sealed
 *
 * Without user and layer nobody signs in.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/connection_parts.h"
#include "lib/directory/deadline.h"
#include "lib/directory/locate.h"
#include "lib/directory/managed_password_read.h"

enum { TIMEOUT = 20000 };

struct program {
    const char *security, *tls_ca, *user, *password, *layer, *server, *account;
};

static int use_defaults(LDAP *ld, unsigned flags, void *context, void *asked)
{
    (void)ld;
    (void)flags;
    (void)context;
    (void)asked;
    return LDAP_SUCCESS;
}

/* lib/directory keeps libldap from doing this: connection.c. */
static void prepare_sasl(void)
{
    void *library = dlopen("libsasl2.so.2", RTLD_NOW);
    int (*prepare)(const void *callbacks) = NULL;
    if (library)
        *(void **)&prepare = dlsym(library, "sasl_client_init");
    if (!prepare || prepare(NULL) != 0)
        abort();
}

static int bind_by_kerberos(LDAP *ld, const char *layer)
{
    prepare_sasl();
    cleanup_free char *properties = xasprintf("maxssf=%s", layer);
    if (ldap_set_option(ld, LDAP_OPT_X_SASL_SECPROPS, properties) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) != LDAP_OPT_SUCCESS)
        abort();
    return ldap_sasl_interactive_bind_s(ld, NULL, "GSSAPI", NULL, NULL, LDAP_SASL_QUIET,
                                        use_defaults, NULL);
}

static int bind_somehow(const struct program *program, struct directory_connection *connection,
                        struct error **err)
{
    int code = LDAP_SUCCESS;
    if (program->layer) {
        code = bind_by_kerberos(connection->ld, program->layer);
    } else if (program->user) {
        struct berval secret = {strlen(program->password), (char *)program->password};
        code = ldap_sasl_bind_s(connection->ld, program->user, LDAP_SASL_SIMPLE, &secret, NULL,
                                NULL, NULL);
    }
    return code == LDAP_SUCCESS ? 0 : directory_fail(connection, code, "sign-in", err);
}

static int ask(const struct program *program, struct error **err)
{
    struct locate_settings locating = {.server = program->server,
                                       .connection.tls_ca = program->tls_ca};
    cleanup_domain_controller struct domain_controller controller = {0};
    cleanup_secure_buffer struct secure_buffer blob = {0};
    int64_t deadline = deadline_after(TIMEOUT);
    if (strcmp(program->security, "starttls") == 0)
        locating.connection.security = DIRECTORY_STARTTLS;
    else if (strcmp(program->security, "ldaps") == 0)
        locating.connection.security = DIRECTORY_LDAPS;
    if (locate(&locating, deadline, &controller, err) < 0 ||
        bind_somehow(program, controller.connection, err) < 0)
        return -1;
    /* Or it would ask nothing. */
    controller.connection->bound = true;
    controller.connection->strength = DIRECTORY_SSF_LEAST;
    if (managed_password_read(controller.connection, controller.domain, program->account, deadline,
                              &blob, err) < 0)
        return -1;
    (void)printf("password of %zu bytes\n", blob.length);
    return 0;
}

static bool read_argument(struct program *program, const char *argument)
{
    const struct {
        const char *name, **text;
    } known[] = {{"security", &program->security},
                 {"tls_ca", &program->tls_ca},
                 {"user", &program->user},
                 {"password", &program->password},
                 {"layer", &program->layer}};
    const char *equals = strchr(argument, '=');
    for (size_t i = 0; equals && i < ARRAY_LENGTH(known); i++)
        if (slice_is((struct slice){argument, (size_t)(equals - argument)}, known[i].name)) {
            *known[i].text = equals + 1;
            return true;
        }
    return false;
}

int main(int argc, char **argv)
{
    struct program program = {.security = "none", .password = ""};
    cleanup_error struct error *error = NULL;
    int at = 1;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    while (at < argc && read_argument(&program, argv[at]))
        at++;
    if (argc - at != 2) {
        (void)fprintf(stderr, "refusal_probe: see the head of refusal_probe.c\n");
        return 2;
    }
    program.server = argv[at];
    program.account = argv[at + 1];
    if (ask(&program, &error) == 0)
        return 0;
    (void)printf("error %s: %s\n", error_code_name(error->code), error->message);
    return 1;
}
