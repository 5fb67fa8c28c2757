/* Asks a domain controller with lib/directory, for tests/integration/directory.sh.
 *
 *   directory_probe [NAME=VALUE...] COMMAND [ARGUMENT]
 *
 * NAME is domain, server, servers (name servers), keytab, principal, user, password, ccache,
 * tls_ca, security (sealed, starttls or ldaps), timeout, attempt or operation (milliseconds).
 *
 *   services NAME   service records, in the order in which they are to be tried
 *   addresses HOST
 *   locate COUNT    finds a domain controller so many times, with one memory of failures
 *   sign-in         says how each stage ended, as whom the server knows us, and the domain's facts
 *   account NAME    the account's facts, who may read its password, and whether we may
 *   password NAME   how many bytes that is
 *   unsealed NAME   what must not work: asks before the sign-in, and by password without TLS
 *   many FILTER     how many entries match
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/account.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/managed_password_read.h"
#include "lib/directory/session.h"

enum { TIMEOUT = 20000 };

struct program {
    struct session_settings settings;
    const char *password_text, *security;
    struct secure_buffer password;
    const char *command, *argument;
};

static int fail(const struct error *error)
{
    (void)printf("error %s: %s\n", error_code_name(error->code), error->message);
    return 1;
}

static int64_t deadline_of(const struct program *program)
{
    return deadline_after(program->settings.timeout);
}

/* --- DNS -------------------------------------------------------------------------------------- */

static int services(const struct program *program, struct error **err)
{
    cleanup_service_records struct service_records records = {0};
    if (resolver_services(&program->settings.resolver, program->argument, deadline_of(program),
                          &records, err) < 0)
        return -1;
    for (size_t i = 0; i < records.count; i++)
        (void)printf("%s:%u priority %u weight %u\n", records.items[i].host, records.items[i].port,
                     records.items[i].priority, records.items[i].weight);
    return 0;
}

static int addresses(const struct program *program, struct error **err)
{
    struct addresses found;
    char text[ADDRESS_TEXT_MAX];
    if (resolver_addresses(&program->settings.resolver, program->argument, deadline_of(program),
                           &found, err) < 0)
        return -1;
    for (size_t i = 0; i < found.count; i++) {
        address_text(&found.items[i], text);
        (void)printf("%s\n", text);
    }
    return 0;
}

/* --- Locating --------------------------------------------------------------------------------- */

static void passed_over(const char *host, const struct error *error, void *context)
{
    (void)context;
    (void)printf("passed over %s: %s: %s\n", host, error_code_name(error->code), error->message);
}

static int locate_often(const struct program *program, struct error **err)
{
    const struct session_settings *settings = &program->settings;
    const struct locate_settings locating = {
        .domain = settings->domain,
        .server = settings->server,
        .connection = settings->connection,
        .resolver = settings->resolver,
        .failures = settings->failures,
        .attempt = settings->attempt,
        .passed_over = passed_over,
    };
    long count = strtol(program->argument, NULL, 10);
    for (long i = 0; i < count; i++) {
        cleanup_domain_controller struct domain_controller controller = {0};
        char text[ADDRESS_TEXT_MAX];
        if (locate(&locating, deadline_of(program), &controller, err) < 0)
            return -1;
        domain_controller_address(&controller, text);
        (void)printf("located %s at %s of %s in site %s\n", controller.host, text,
                     controller.domain, controller.netlogon.dc_site);
    }
    return 0;
}

/* --- Signing in ------------------------------------------------------------------------------- */

static void stage_done(const struct session *session, enum session_stage stage, int64_t took,
                       const struct error *error, void *context)
{
    (void)session;
    (void)context;
    (void)printf("stage %s %s %s\n", session_stage_name(stage), error ? "failed" : "done",
                 took >= 0 ? "" : "before it began");
}

static struct session *open_session(const struct program *program, struct error **err)
{
    return session_open(&program->settings, err);
}

static int print_identity(const struct program *program, const struct session *session,
                          struct error **err)
{
    struct directory_connection *connection = session->controller.connection;
    char *name = NULL;
    if (directory_whoami(connection, deadline_of(program), &name, err) < 0)
        return -1;
    (void)printf("signed in as %s, known as %s, strength %s\n", session->signed_in_as, name,
                 directory_strength(connection) >= DIRECTORY_SSF_LEAST ? "good" : "bad");
    free(name);
    return 0;
}

static int sign_in(const struct program *program, struct error **err)
{
    cleanup_session struct session *session = open_session(program, err);
    if (!session || print_identity(program, session, err) < 0)
        return -1;
    const struct domain *domain = &session->domain;
    (void)printf("domain %s forest %s netbios %s\n", domain->dns_name, domain->forest_name,
                 domain->netbios_name);
    (void)printf("sid %s guid %s level %d host %s\n", domain->sid, domain->guid,
                 domain->root.functional_level, domain->root.host);
    (void)printf("clock %s\n", llabs(domain->root.offset) < 300000 && domain->root.time > 0
                                   ? "agrees"
                                   : "is off");
    return 0;
}

static void print_account(const struct account *account)
{
    (void)printf("account %s is %s, %s, sid %s guid %s\n", account->name,
                 account_class_name(account->class), account->enabled ? "enabled" : "disabled",
                 account->sid, account->guid);
    (void)printf("host %s version %lld types %lld interval %lld\n",
                 account->dns_host_name ? account->dns_host_name : "-",
                 (long long)account->key_version, (long long)account->encryption_types,
                 (long long)account->password_interval);
    for (size_t i = 0; i < account->service_principals.count; i++)
        (void)printf("principal %s\n", account->service_principals.items[i]);
}

/* Whether whoever is signed in is among the readers, by the directory's own idea of the groups. */
static int print_permission(const struct program *program, const struct session *session,
                            const struct account *account, struct error **err)
{
    cleanup_account struct account self = {0};
    cleanup_account_names struct account_names sids = {0};
    struct directory_connection *connection = session->controller.connection;
    bool permits = false;
    if (account_find(connection, &session->domain, session->signed_in_as, deadline_of(program),
                     &self, err) < 0 ||
        account_sids(connection, &self, deadline_of(program), &sids, err) < 0 ||
        account_permits(account, &sids, &permits, err) < 0)
        return -1;
    (void)printf("%s %s read it\n", self.name, permits ? "may" : "may not");
    return 0;
}

static int print_readers(const struct program *program, const struct session *session,
                         const struct account *account, struct error **err)
{
    cleanup_account_readers struct account_readers readers = {0};
    if (account_readers(session->controller.connection, &session->domain, account,
                        deadline_of(program), &readers, err) < 0)
        return -1;
    for (size_t i = 0; i < readers.count; i++)
        (void)printf("reader %s, %s%s\n",
                     readers.items[i].name ? readers.items[i].name : readers.items[i].sid,
                     account_class_name(readers.items[i].class),
                     readers.items[i].denied ? ", denied" : "");
    return print_permission(program, session, account, err);
}

static int show_account(const struct program *program, struct error **err)
{
    cleanup_session struct session *session = open_session(program, err);
    cleanup_account struct account account = {0};
    if (!session || account_find(session->controller.connection, &session->domain,
                                 program->argument, deadline_of(program), &account, err) < 0)
        return -1;
    print_account(&account);
    return account.has_membership ? print_readers(program, session, &account, err) : 0;
}

static int read_password(const struct program *program, struct error **err)
{
    cleanup_session struct session *session = open_session(program, err);
    cleanup_secure_buffer struct secure_buffer blob = {0};
    if (!session || managed_password_read(session->controller.connection, session->domain_name,
                                          program->argument, deadline_of(program), &blob, err) < 0)
        return -1;
    (void)printf("password of %zu bytes\n", blob.length);
    return 0;
}

static int count_many(const struct program *program, struct error **err)
{
    static const char *const attributes[] = {"name", NULL};
    cleanup_session struct session *session = open_session(program, err);
    cleanup_directory_entries struct directory_entries entries = {0};
    if (!session)
        return -1;
    const struct directory_search search = {.base = session->domain.root.naming_context,
                                            .scope = DIRECTORY_SUBTREE,
                                            .filter = program->argument,
                                            .attributes = attributes,
                                            .entries_max = 5000};
    if (directory_search(session->controller.connection, &search, deadline_of(program), &entries,
                         err) < 0)
        return -1;
    (void)printf("found %zu\n", entries.count);
    return 0;
}

/* --- What must not work ----------------------------------------------------------------------- */

static void print_refusal(const char *what, int result, struct error *error)
{
    if (result == 0)
        (void)printf("%s: done\n", what);
    else
        (void)printf("%s: %s: %s\n", what, error_code_name(error->code), error->message);
    error_free(error);
}

static int try_unsealed(const struct program *program, struct error **err)
{
    const struct locate_settings locating = {.server = program->settings.server};
    cleanup_domain_controller struct domain_controller controller = {0};
    cleanup_secure_buffer struct secure_buffer blob = {0};
    int64_t deadline = deadline_of(program);
    if (locate(&locating, deadline, &controller, err) < 0)
        return -1;
    struct error *error = NULL;
    int result = managed_password_read(controller.connection, controller.domain, program->argument,
                                       deadline, &blob, &error);
    print_refusal("password before the sign-in", result, error);
    error = NULL;
    result = directory_bind_password(controller.connection, program->settings.identity.user,
                                     &program->password, deadline, &error);
    print_refusal("sign-in by password without TLS", result, error);
    return 0;
}

/* --- The program ------------------------------------------------------------------------------ */

static bool read_argument(struct program *program, const char *argument)
{
    struct session_settings *settings = &program->settings;
    const struct {
        const char *name;
        const char **text;
        int64_t *number;
    } known[] = {
        {"domain", &settings->domain, NULL},
        {"server", &settings->server, NULL},
        {"servers", &settings->resolver.servers, NULL},
        {"keytab", &settings->identity.keytab, NULL},
        {"principal", &settings->identity.principal, NULL},
        {"user", &settings->identity.user, NULL},
        {"password", &program->password_text, NULL},
        {"ccache", &settings->identity.ccache, NULL},
        {"tls_ca", &settings->connection.tls_ca, NULL},
        {"security", &program->security, NULL},
        {"timeout", NULL, &settings->timeout},
        {"attempt", NULL, &settings->attempt},
        {"operation", NULL, &settings->connection.operation},
    };
    const char *equals = strchr(argument, '=');
    for (size_t i = 0; equals && i < ARRAY_LENGTH(known); i++) {
        size_t length = strlen(known[i].name);
        if ((size_t)(equals - argument) != length || memcmp(argument, known[i].name, length) != 0)
            continue;
        if (known[i].text)
            *known[i].text = equals + 1;
        else
            *known[i].number = strtol(equals + 1, NULL, 10);
        return true;
    }
    return false;
}

static int prepare(struct program *program, struct error **err)
{
    struct session_settings *settings = &program->settings;
    if (program->security && strcmp(program->security, "starttls") == 0)
        settings->connection.security = DIRECTORY_STARTTLS;
    else if (program->security && strcmp(program->security, "ldaps") == 0)
        settings->connection.security = DIRECTORY_LDAPS;
    if (program->password_text) {
        size_t length = strlen(program->password_text);
        if (secure_buffer_create(&program->password, length, err) < 0)
            return -1;
        memcpy(program->password.data, program->password_text, length);
        program->password.length = length;
        settings->identity.password = &program->password;
    }
    settings->failures = failure_memory_create(NULL);
    settings->stage_done = stage_done;
    settings->passed_over = passed_over;
    return kerberos_prepare(err);
}

static int run(struct program *program)
{
    static const struct {
        const char *name;
        int (*run)(const struct program *program, struct error **err);
    } commands[] = {
        {"services", services}, {"addresses", addresses},   {"locate", locate_often},
        {"sign-in", sign_in},   {"account", show_account},  {"password", read_password},
        {"many", count_many},   {"unsealed", try_unsealed},
    };
    cleanup_error struct error *error = NULL;
    int result = prepare(program, &error);
    for (size_t i = 0; result == 0 && i < ARRAY_LENGTH(commands); i++)
        if (strcmp(program->command, commands[i].name) == 0)
            result = commands[i].run(program, &error);
    failure_memory_free(program->settings.failures);
    secure_buffer_release(&program->password);
    return result < 0 ? fail(error) : 0;
}

int main(int argc, char **argv)
{
    struct program program = {.settings.timeout = TIMEOUT};
    int at = 1;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    while (at < argc && read_argument(&program, argv[at]))
        at++;
    program.command = at < argc ? argv[at] : "";
    program.argument = at + 1 < argc ? argv[at + 1] : "";
    if (argc - at < 1) {
        (void)fprintf(stderr, "directory_probe: see the head of directory_probe.c\n");
        return 2;
    }
    return run(&program);
}
