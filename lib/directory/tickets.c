#include "lib/directory/tickets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/kerberos_failure.h"
#include "lib/directory/tickets_internal.h"

static int failed(krb5_context context, krb5_error_code code, const char *client,
                  const char *before, struct error **err)
{
    const char *detail = krb5_get_error_message(context, code);
    struct kerberos_failure_facts facts = {.detail = detail, .client = client};
    int result = kerberos_failure(code, &facts, before, err);
    krb5_free_error_message(context, detail);
    return result;
}

struct tickets *tickets_create(struct kerberos *kerberos, struct error **err)
{
    cleanup_tickets struct tickets *tickets = xcalloc(1, sizeof(*tickets));
    tickets->kerberos = kerberos;
    (void)pthread_mutex_init(&tickets->lock, NULL);
    if (kerberos_context(&tickets->context, err) < 0)
        return NULL;
    krb5_error_code code = krb5_cc_new_unique(tickets->context, "MEMORY", NULL, &tickets->cache);
    if (code == 0) {
        char *name;
        code = krb5_cc_get_full_name(tickets->context, tickets->cache, &name);
        if (code == 0) {
            tickets->cache_name = xstrdup(name);
            krb5_free_string(tickets->context, name);
        }
    }
    if (code != 0) {
        (void)failed(tickets->context, code, NULL, "cannot make a cache for tickets", err);
        return NULL;
    }
    return STEAL(tickets);
}

void tickets_free(struct tickets *tickets)
{
    if (!tickets)
        return;
    if (tickets->cache)
        (void)krb5_cc_destroy(tickets->context, tickets->cache);
    krb5_free_context(tickets->context);
    (void)pthread_mutex_destroy(&tickets->lock);
    free(tickets->cache_name);
    free(tickets->principal);
    free(tickets->realm);
    free(tickets);
}

/* krbtgt/REALM@REALM, both the client's. */
bool tickets_is_tgt(krb5_context context, const krb5_creds *creds)
{
    krb5_principal tgt;
    const krb5_data *realm = krb5_princ_realm(context, creds->client);
    if (krb5_build_principal_ext(context, &tgt, realm->length, realm->data, KRB5_TGS_NAME_SIZE,
                                 KRB5_TGS_NAME, realm->length, realm->data, 0) != 0)
        return false;
    bool is = krb5_principal_compare(context, tgt, creds->server);
    krb5_free_principal(context, tgt);
    return is;
}

static int32_t encryption_type_of(krb5_context context, const krb5_creds *creds)
{
    krb5_ticket *ticket;
    if (krb5_decode_ticket(&creds->ticket, &ticket) != 0)
        return 0;
    int32_t type = ticket->enc_part.enctype;
    krb5_free_ticket(context, ticket);
    return type;
}

static void note_tgt(struct tickets *tickets, const krb5_creds *creds)
{
    /* libkrb5 counts in 32 bits without a sign (2106). */
    tickets->times = (struct tickets_times){
        .start = (time_t)(uint32_t)(creds->times.starttime ? creds->times.starttime
                                                           : creds->times.authtime),
        .end = (time_t)(uint32_t)creds->times.endtime,
        .renew_until = (time_t)(uint32_t)creds->times.renew_till,
    };
    tickets->encryption_type = encryption_type_of(tickets->context, creds);
}

/* Calls back for every ticket; what the cache keeps beside them ("configuration") is none. */
static krb5_error_code each_ticket(struct tickets *tickets,
                                   bool (*wanted)(struct tickets *, const krb5_creds *, void *),
                                   void *data, bool *found)
{
    krb5_cc_cursor cursor;
    krb5_creds creds;
    *found = false;
    krb5_error_code code = krb5_cc_start_seq_get(tickets->context, tickets->cache, &cursor);
    if (code != 0)
        return code;
    while (!*found && krb5_cc_next_cred(tickets->context, tickets->cache, &cursor, &creds) == 0) {
        *found = !krb5_is_config_principal(tickets->context, creds.server) &&
                 wanted(tickets, &creds, data);
        krb5_free_cred_contents(tickets->context, &creds);
    }
    return krb5_cc_end_seq_get(tickets->context, tickets->cache, &cursor);
}

static bool look_at_tgt(struct tickets *tickets, const krb5_creds *creds, void *data)
{
    (void)data;
    if (!tickets_is_tgt(tickets->context, creds))
        return false;
    note_tgt(tickets, creds);
    return true;
}

int tickets_look(struct tickets *tickets, struct error **err)
{
    krb5_principal client;
    char *name = NULL;
    bool found = false;
    krb5_error_code code = krb5_cc_get_principal(tickets->context, tickets->cache, &client);
    if (code == 0) {
        const krb5_data *realm = krb5_princ_realm(tickets->context, client);
        tickets->realm = xstrndup(realm->data, realm->length);
        code = krb5_unparse_name(tickets->context, client, &name);
        krb5_free_principal(tickets->context, client);
    }
    if (code == 0) {
        tickets->principal = xstrdup(name);
        krb5_free_unparsed_name(tickets->context, name);
        code = each_ticket(tickets, look_at_tgt, NULL, &found);
    }
    if (code == 0 && !found)
        code = KRB5_CC_NOTFOUND;
    return code == 0 ? 0 : failed(tickets->context, code, tickets->principal, "tickets", err);
}

const char *tickets_cache_name(const struct tickets *tickets)
{
    return tickets->cache_name;
}

const char *tickets_principal(const struct tickets *tickets)
{
    return tickets->principal;
}

const char *tickets_realm(const struct tickets *tickets)
{
    return tickets->realm;
}

struct tickets_times tickets_times(const struct tickets *tickets)
{
    return tickets->times;
}

bool tickets_clock_ahead(const struct tickets *tickets, int64_t *seconds)
{
    if (tickets->clock_known)
        *seconds = tickets->clock_ahead;
    return tickets->clock_known;
}

struct wanted_service {
    const char *name;
    int32_t type;
};

/* Whether a ticket is for "ldap/dc1.contoso.test", with or without a realm behind. */
static bool look_at_service(struct tickets *tickets, const krb5_creds *creds, void *data)
{
    struct wanted_service *wanted = data;
    char *name;
    int flags = strchr(wanted->name, '@') ? 0 : KRB5_PRINCIPAL_UNPARSE_NO_REALM;
    if (krb5_unparse_name_flags(tickets->context, creds->server, flags, &name) != 0)
        return false;
    bool same = strcmp(name, wanted->name) == 0;
    krb5_free_unparsed_name(tickets->context, name);
    if (same)
        wanted->type = encryption_type_of(tickets->context, creds);
    return same;
}

int32_t tickets_encryption_type(struct tickets *tickets, const char *service)
{
    struct wanted_service wanted = {.name = service};
    bool found;
    if (!service)
        return tickets->encryption_type;
    (void)pthread_mutex_lock(&tickets->lock);
    (void)each_ticket(tickets, look_at_service, &wanted, &found);
    (void)pthread_mutex_unlock(&tickets->lock);
    return wanted.type;
}
