/* What tests/bench/ticket.sh measures: the way from nothing to a gMSA's ticket in one process, and
 * the one step of the chain of processes that there is no program for.
 *
 *   ticket COUNT DOMAIN ACCOUNT KEYTAB             the reader is the keytab's first principal
 *   ticket COUNT DOMAIN ACCOUNT USER PASSWORD-FILE all of it so many times, one after the other
 *   ticket decode DOMAIN ACCOUNT KEYTAB <LDIF     writes a keytab out of what ldapsearch printed
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/common/base64.h"
#include "lib/common/buffer.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/directory/account_keys.h"
#include "lib/directory/deadline.h"
#include "lib/directory/encryption_types.h"
#include "lib/directory/keytab.h"
#include "lib/directory/managed_password.h"
#include "lib/directory/managed_tickets.h"
#include "lib/directory/session.h"

enum { PASSWORD_MAX = 1024, LDIF_MAX = 64 * 1024, TIMEOUT = 20000 };

static int once(const struct directory_account *account, char **reader, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer password = {0};
    struct session_settings settings = {
        .domain = account->domain, .timeout = TIMEOUT, .last = SESSION_BIND};
    if (kerberos_prepare(err) < 0)
        return -1;
    if (reader[1]) {
        settings.identity.user = reader[0];
        settings.identity.password = &password;
        if (secure_buffer_read_file(&password, reader[1], PASSWORD_MAX, err) < 0)
            return -1;
    } else {
        settings.identity.keytab = reader[0];
    }
    cleanup_session struct session *session = session_open(&settings, err);
    if (!session)
        return -1;
    cleanup_tickets struct tickets *tickets =
        managed_tickets(session->controller.connection, session->kerberos, account, ENCRYPTION_AES,
                        deadline_after(TIMEOUT), NULL, err);
    if (!tickets)
        return -1;
    (void)printf("%s\n", tickets_principal(tickets));
    return 0;
}

static int write_keytab(const struct directory_account *account, const char *path,
                        const struct managed_password *password, struct error **err)
{
    cleanup_account_keys struct account_keys keys = {0};
    cleanup_free char *principal = directory_account_principal(account);
    const struct keytab_contents contents = {
        .principals = (const char *const[]){principal, NULL}, .version = 1, .current = &keys};
    if (account_keys_derive(&keys, account, &password->current, ENCRYPTION_AES, err) < 0)
        return -1;
    return keytab_write(path, &contents, err);
}

static int decode(const struct directory_account *account, char **operands, struct error **err)
{
    static const char label[] = "msDS-ManagedPassword:: ";
    unsigned char blob[MANAGED_PASSWORD_BLOB_MAX];
    cleanup_buffer struct buffer ldif = {0};
    cleanup_managed_password struct managed_password password = {0};
    size_t length = 0;
    if (file_read_descriptor(STDIN_FILENO, "standard input", LDIF_MAX, &ldif, err) < 0)
        return -1;
    const char *value = strstr(buffer_text(&ldif), label);
    value = value ? value + strlen(label) : "";
    if (!base64_decode((struct slice){value, strcspn(value, "\n")}, blob, sizeof blob, &length))
        return error_set(err, ERROR_INPUT, "there is no password");
    if (managed_password_decode(&password, blob, length, err) < 0)
        return -1;
    return write_keytab(account, operands[0], &password, err);
}

int main(int argc, char **argv)
{
    cleanup_error struct error *error = NULL;
    int result = 0;
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 5) {
        (void)fprintf(stderr, "ticket: see the head of ticket.c\n");
        return 2;
    }
    const struct directory_account account = {argv[3], argv[2]};
    if (strcmp(argv[1], "decode") == 0)
        result = decode(&account, argv + 4, &error);
    else
        for (unsigned long left = strtoul(argv[1], NULL, 10); left > 0 && result == 0; left--)
            result = once(&account, argv + 4, &error);
    if (result < 0)
        (void)fprintf(stderr, "ticket: %s\n", error->message);
    return result < 0 ? 1 : 0;
}
