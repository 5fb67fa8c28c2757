/* Goes the whole way from a gMSA to its tickets with lib/directory, for tests against a real domain
 * controller (tests/integration/directory_*.sh, tests/bench/ticket.sh).
 *
 *   gmsa_probe [NAME=VALUE...] COMMAND ACCOUNT...
 *
 * NAME is domain, server, keytab, principal, user, password_file, tls_ca, types (a number: bits of
 * encryption_types.h), timeout, attempt (milliseconds) or pause.
 *
 *   ticket ACCOUNT            a TGT: prints which password opened, its encryption type, how long it
 *                             lasts, and what the KDCs were asked
 *   sign-in ACCOUNT           then as the account at the domain controller: prints whom that takes
 *                             us for
 *   keytab FOLDER ACCOUNT...  writes FOLDER/ACCOUNT.keytab for each, with both passwords' keys
 *   loop ACCOUNT              a TGT again and again until standard input ends: prints what came of
 *                             it
 *   threads ACCOUNT...        a session and a TGT for each account at the same time, several times
 *   keep ACCOUNT              leaves copies of all that is secret in memory, on purpose: what a
 *                             search must find
 *
 * With pause=yes it says "done" when all is released, and stays until standard input ends.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/common/buffer.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/directory/account.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/keytab.h"
#include "lib/directory/managed_password.h"
#include "lib/directory/managed_password_read.h"
#include "lib/directory/managed_tickets.h"
#include "lib/directory/session.h"
#include "lib/directory/tickets.h"
#include "lib/directory/utf16.h"

enum { PASSWORD_FILE_MAX = 1024, KEYTAB_MAX = 8192, TIMEOUT = 40000 };

struct program {
    struct session_settings settings;
    const char *password_file, *types_text, *timeout_text, *attempt_text, *pause;
    struct secure_buffer password;
    uint32_t types;
    int64_t timeout;

    struct session *session;
    struct kerberos *kerberos;
};

/* --- One way ---------------------------------------------------------------------------------- */

static int64_t deadline_of(const struct program *program)
{
    return deadline_after(program->timeout);
}

static struct tickets *sign_in(const struct program *program, const char *account,
                               enum managed_password_used *used, struct error **err)
{
    const struct session *session = program->session;
    const struct directory_account named = {account, session->domain_name};
    return managed_tickets(session->controller.connection, program->kerberos, &named,
                           program->types, deadline_of(program), used, err);
}

static int ticket(const struct program *program, char **accounts, struct error **err)
{
    enum managed_password_used used = MANAGED_PASSWORD_CURRENT;
    cleanup_tickets struct tickets *tickets = sign_in(program, accounts[0], &used, err);
    if (!tickets)
        return -1;
    const struct kerberos_counts counts = kerberos_counts(program->kerberos);
    (void)printf("%s as %s at %s, type %d, %lld s, %llu exchanges over %llu connections\n",
                 used == MANAGED_PASSWORD_CURRENT ? "current" : "previous",
                 tickets_principal(tickets), program->session->controller.host,
                 tickets_encryption_type(tickets, NULL),
                 (long long)(tickets_times(tickets).end - tickets_times(tickets).start),
                 (unsigned long long)counts.exchanges, (unsigned long long)counts.connections);
    return 0;
}

static int sign_in_at_controller(const struct program *program, char **accounts, struct error **err)
{
    cleanup_tickets struct tickets *tickets = sign_in(program, accounts[0], NULL, err);
    const struct domain_controller *controller = &program->session->controller;
    int fd = -1;
    if (!tickets)
        return -1;
    cleanup_free char *service = xasprintf("ldap/%s", controller->host);
    if (tickets_get_service(tickets, service, deadline_of(program), err) < 0 ||
        dial(&controller->addresses, DIRECTORY_LDAP_PORT, deadline_of(program), &fd, NULL, err) < 0)
        return -1;
    const struct directory_settings settings = {.security = DIRECTORY_SEALED};
    cleanup_free char *name = NULL;
    cleanup_directory_connection struct directory_connection *connection =
        directory_open(fd, controller->host, &settings, deadline_of(program), err);
    if (!connection ||
        directory_bind_ticket(connection, tickets_cache_name(tickets), deadline_of(program), err) <
            0 ||
        directory_whoami(connection, deadline_of(program), &name, err) < 0)
        return -1;
    (void)printf("%s with %u bits, service ticket of type %d\n", name,
                 directory_strength(connection), tickets_encryption_type(tickets, service));
    return 0;
}

/* --- Keytabs ---------------------------------------------------------------------------------- */

static int read_password(const struct program *program, const char *account,
                         struct managed_password *password, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer blob = {0};
    const struct session *session = program->session;
    if (managed_password_read(session->controller.connection, session->domain_name, account,
                              deadline_of(program), &blob, err) < 0)
        return -1;
    return managed_password_decode(password, blob.data, blob.length, err);
}

static int write_keytab(const struct program *program, const char *folder, const char *name,
                        struct error **err)
{
    cleanup_account struct account account = {0};
    cleanup_managed_password struct managed_password password = {0};
    cleanup_account_keys struct account_keys current = {0}, previous = {0};
    if (account_find(program->session->controller.connection, &program->session->domain, name,
                     deadline_of(program), &account, err) < 0 ||
        read_password(program, account.name, &password, err) < 0)
        return -1;
    const struct directory_account named = {account.name, program->session->domain_name};
    if (account_keys_derive(&current, &named, &password.current, program->types, err) < 0 ||
        (password.previous.data &&
         account_keys_derive(&previous, &named, &password.previous, program->types, err) < 0))
        return -1;
    cleanup_free char *principal = directory_account_principal(&named);
    cleanup_free char *path = xasprintf("%s/%s.keytab", folder, name);
    const struct keytab_contents contents = {
        .principals = (const char *const[]){principal, NULL},
        .version = (uint32_t)account.key_version,
        .current = &current,
        .previous = previous.count ? &previous : NULL,
    };
    return keytab_write(path, &contents, err);
}

static int write_keytabs(const struct program *program, char **operands, struct error **err)
{
    for (size_t i = 1; operands[i]; i++)
        if (write_keytab(program, operands[0], operands[i], err) < 0)
            return error_prefix(err, "%s", operands[i]);
    return 0;
}

/* --- Again and again -------------------------------------------------------------------------- */

static int loop(const struct program *program, char **accounts, struct error **err)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned used_count[2] = {0};
    (void)err;
    while (poll(&input, 1, 0) == 0) {
        enum managed_password_used used = MANAGED_PASSWORD_CURRENT;
        cleanup_error struct error *error = NULL;
        cleanup_tickets struct tickets *tickets = sign_in(program, accounts[0], &used, &error);
        if (tickets)
            used_count[used]++;
        else
            (void)printf("failed %s: %s\n", error_code_name(error->code), error->message);
        if (used_count[0] + used_count[1] == 1)
            (void)printf("begun\n");
    }
    (void)printf("%u with the current password, %u with the previous one\n", used_count[0],
                 used_count[1]);
    return 0;
}

/* --- At the same time ------------------------------------------------------------------------- */

enum { THREADS_MAX = 16, ROUNDS = 3 };

struct worker {
    pthread_t thread;
    const struct program *program;
    const char *account;
    unsigned good;
    struct error *error;
};

static int work_once(const struct worker *worker, struct error **err)
{
    struct program program = *worker->program;
    cleanup_session struct session *session = session_open(&program.settings, err);
    program.session = session;
    if (!session)
        return -1;
    cleanup_tickets struct tickets *tickets = sign_in(&program, worker->account, NULL, err);
    return tickets ? 0 : -1;
}

static void *work(void *context)
{
    struct worker *worker = context;
    while (worker->good < ROUNDS && work_once(worker, &worker->error) == 0)
        worker->good++;
    return NULL;
}

/* All share the memory of failures and the KDCs. */
static int work_together(const struct program *program, char **accounts, struct error **err)
{
    struct worker workers[THREADS_MAX];
    unsigned good = 0;
    size_t count = 0;
    for (; count < THREADS_MAX && accounts[count]; count++) {
        workers[count] = (struct worker){.program = program, .account = accounts[count]};
        if (pthread_create(&workers[count].thread, NULL, work, &workers[count]) != 0)
            abort();
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        good += workers[i].good;
        if (workers[i].error && *err)
            error_free(workers[i].error);
        else if (workers[i].error)
            *err = workers[i].error;
    }
    (void)printf("%u tickets by %zu threads\n", good, count);
    return *err ? -1 : 0;
}

/* --- The opposite of what the library does -----------------------------------------------------
 */

static void keep_bytes(const void *data, size_t length)
{
    static struct buffer kept;
    if (length > 0)
        buffer_append(&kept, data, length);
}

static int keep_keys(const struct program *program, const char *account,
                     const struct secure_buffer *password, struct error **err)
{
    cleanup_account_keys struct account_keys keys = {0};
    cleanup_secure_buffer struct secure_buffer utf8 = {0};
    const struct directory_account named = {account, program->session->domain_name};
    if (utf16_to_secure_utf8(password->data, password->length, &utf8, err) < 0)
        return -1;
    keep_bytes(password->data, password->length);
    keep_bytes(utf8.data, utf8.length);
    if (account_keys_derive(&keys, &named, password, program->types, err) < 0)
        return -1;
    for (size_t i = 0; i < keys.count; i++)
        keep_bytes(keys.items[i].bytes, keys.items[i].length);
    return 0;
}

static int keep(const struct program *program, char **accounts, struct error **err)
{
    cleanup_managed_password struct managed_password password = {0};
    cleanup_buffer struct buffer keytab = {0};
    if (read_password(program, accounts[0], &password, err) < 0 ||
        keep_keys(program, accounts[0], &password.current, err) < 0 ||
        (password.previous.data && keep_keys(program, accounts[0], &password.previous, err) < 0))
        return -1;
    keep_bytes(program->password.data, program->password.length);
    if (program->settings.identity.keytab &&
        file_read(program->settings.identity.keytab, KEYTAB_MAX, &keytab, err) < 0)
        return -1;
    keep_bytes(keytab.data, keytab.length);
    return 0;
}

/* --- The program ------------------------------------------------------------------------------ */

static const struct command {
    const char *name;
    int (*run)(const struct program *program, char **operands, struct error **err);
    int operands;            /* at least */
    enum session_stage last; /* that it needs */
} commands[] = {
    {"ticket", ticket, 1, SESSION_BIND},
    {"sign-in", sign_in_at_controller, 1, SESSION_BIND},
    {"keytab", write_keytabs, 2, SESSION_FACTS},
    {"loop", loop, 1, SESSION_BIND},
    {"threads", work_together, 1, SESSION_BIND},
    {"keep", keep, 1, SESSION_BIND},
};

static bool read_argument(struct program *program, const char *argument)
{
    struct session_settings *settings = &program->settings;
    const struct {
        const char *name, **text;
    } known[] = {
        {"domain", &settings->domain},
        {"server", &settings->server},
        {"keytab", &settings->identity.keytab},
        {"principal", &settings->identity.principal},
        {"user", &settings->identity.user},
        {"password_file", &program->password_file},
        {"tls_ca", &settings->connection.tls_ca},
        {"types", &program->types_text},
        {"timeout", &program->timeout_text},
        {"attempt", &program->attempt_text},
        {"pause", &program->pause},
    };
    const char *equals = strchr(argument, '=');
    for (size_t i = 0; equals && i < ARRAY_LENGTH(known); i++)
        if (slice_is((struct slice){argument, (size_t)(equals - argument)}, known[i].name)) {
            *known[i].text = equals + 1;
            return true;
        }
    return false;
}

static const struct command *command_of(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LENGTH(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int run(struct program *program, const struct command *command, char **operands,
               struct error **err)
{
    if (kerberos_prepare(err) < 0 || directory_prepare(err) < 0 ||
        (program->password_file &&
         secure_buffer_read_file(&program->password, program->password_file, PASSWORD_FILE_MAX,
                                 err) < 0))
        return -1;
    program->settings.identity.password = &program->password;
    program->settings.timeout = program->timeout;
    program->settings.last = command->last;
    if (program->settings.connection.tls_ca)
        program->settings.connection.security = DIRECTORY_LDAPS;
    program->settings.failures = failure_memory_create(NULL);
    program->session = session_open(&program->settings, err);
    if (!program->session)
        return -1;
    program->kerberos = kerberos_create();
    kerberos_set_kdc(program->kerberos, program->session->realm,
                     &program->session->controller.addresses, 0);
    return command->run(program, operands, err);
}

static void pause_until_input_ends(void)
{
    char byte;
    (void)printf("done\n");
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

int main(int argc, char **argv)
{
    struct program program = {0};
    cleanup_error struct error *error = NULL;
    int at = 1;
    secure_process();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    while (at < argc && read_argument(&program, argv[at]))
        at++;
    const struct command *command = command_of(argv[at]);
    if (!command || argc - at - 1 < command->operands) {
        (void)fprintf(stderr, "gmsa_probe: see the head of gmsa_probe.c\n");
        return 2;
    }
    program.types =
        program.types_text ? (uint32_t)strtoul(program.types_text, NULL, 0) : ENCRYPTION_AES;
    program.timeout = program.timeout_text ? strtol(program.timeout_text, NULL, 10) : TIMEOUT;
    program.settings.attempt = program.attempt_text ? strtol(program.attempt_text, NULL, 10) : 0;
    if (run(&program, command, argv + at + 1, &error) < 0)
        (void)printf("error %s: %s\n", error_code_name(error->code), error->message);
    kerberos_free(program.kerberos);
    session_free(program.session);
    failure_memory_free(program.settings.failures);
    secure_buffer_release(&program.password);
    if (getenv("KRB5CCNAME"))
        (void)printf("KRB5CCNAME is %s\n", getenv("KRB5CCNAME"));
    if (program.pause)
        pause_until_input_ends();
    return error ? 1 : 0;
}
