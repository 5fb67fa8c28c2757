#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/tickets_internal.h"

enum { KEYTAB_TYPES_MAX = 32 };

/* An AS exchange under way. */
struct initial {
    struct kerberos_request request;
    krb5_principal client;
    krb5_keytab keytab;
    krb5_get_init_creds_opt *options;
    krb5_init_creds_context exchange;
    krb5_enctype *types; /* libkrb5 keeps the pointer */
};

static void initial_release(struct initial *initial)
{
    krb5_context context = initial->request.context;
    if (context) {
        if (initial->exchange)
            krb5_init_creds_free(context, initial->exchange);
        krb5_get_init_creds_opt_free(context, initial->options);
        if (initial->keytab)
            (void)krb5_kt_close(context, initial->keytab);
        krb5_free_principal(context, initial->client);
    }
    free(initial->types);
    kerberos_request_end(&initial->request);
}
#define cleanup_initial __attribute__((cleanup(initial_release)))

/* "reader@contoso.test" -> "reader@CONTOSO.TEST": realms of Active Directory are in upper case. */
static char *with_upper_realm(const char *principal)
{
    char *copy = xstrdup(principal);
    char *at = strrchr(copy, '@');
    for (; at && *at; at++)
        *at = ascii_to_upper(*at);
    return copy;
}

/* What Windows asks for, too: a ticket that may be forwarded and renewed, as far as the KDC lets.
 */
static krb5_error_code set_options(struct initial *initial, krb5_ccache cache)
{
    enum { WEEK = 7 * 24 * 3600 };
    krb5_error_code code =
        krb5_get_init_creds_opt_alloc(initial->request.context, &initial->options);
    if (code != 0)
        return code;
    krb5_get_init_creds_opt_set_forwardable(initial->options, 1);
    krb5_get_init_creds_opt_set_renew_life(initial->options, WEEK);
    return krb5_get_init_creds_opt_set_out_ccache(initial->request.context, initial->options,
                                                  cache);
}

/* The encryption types of the client's newest keys. To be asked for alone: else the KDC may choose
 * another one that this machine knows, and for which there is no key. */
static size_t types_of_keytab(struct initial *initial)
{
    krb5_context context = initial->request.context;
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    krb5_kvno newest = 0;
    size_t count = 0;
    if (krb5_kt_start_seq_get(context, initial->keytab, &cursor) != 0)
        return 0;
    while (count < KEYTAB_TYPES_MAX &&
           krb5_kt_next_entry(context, initial->keytab, &entry, &cursor) == 0) {
        bool ours = krb5_principal_compare(context, entry.principal, initial->client);
        if (ours && entry.vno > newest) {
            newest = entry.vno;
            count = 0;
        }
        if (ours && entry.vno == newest) {
            initial->types = xreallocarray(initial->types, count + 1, sizeof(*initial->types));
            initial->types[count++] = entry.key.enctype;
        }
        (void)krb5_free_keytab_entry_contents(context, &entry);
    }
    (void)krb5_kt_end_seq_get(context, initial->keytab, &cursor);
    return count;
}

static krb5_error_code open_keytab(struct initial *initial, const char *name)
{
    krb5_error_code code = krb5_kt_resolve(initial->request.context, name, &initial->keytab);
    if (code != 0)
        return code;
    size_t count = types_of_keytab(initial);
    if (count == 0)
        return KRB5_KT_NOTFOUND;
    krb5_get_init_creds_opt_set_etype_list(initial->options, initial->types, (int)count);
    return 0;
}

/* Sends the proof of the key with the first request rather than when the KDC asks for it: one round
 * trip less. Not for passwords, from which no key can be made before the KDC has named the salt. */
static void be_eager(struct initial *initial)
{
    static krb5_preauthtype timestamp[] = {KRB5_PADATA_ENC_TIMESTAMP};
    krb5_get_init_creds_opt_set_preauth_list(initial->options, timestamp, ARRAY_LENGTH(timestamp));
}

static krb5_error_code begin(struct initial *initial, const char *principal,
                             const struct initial_secret *secret, bool eager, krb5_ccache cache)
{
    krb5_context context = initial->request.context;
    cleanup_free char *name = with_upper_realm(principal);
    krb5_error_code code = krb5_parse_name(context, name, &initial->client);
    if (code == 0)
        code = set_options(initial, cache);
    if (code == 0 && !secret->password)
        code = open_keytab(initial, secret->keytab);
    if (code == 0 && eager)
        be_eager(initial);
    if (code == 0)
        code = krb5_init_creds_init(context, initial->client, NULL, NULL, 0, initial->options,
                                    &initial->exchange);
    if (code != 0)
        return code;
    return secret->password
               ? krb5_init_creds_set_password(context, initial->exchange, secret->password)
               : krb5_init_creds_set_keytab(context, initial->exchange, initial->keytab);
}

/* Sends what libkrb5 wants sent until it has the ticket. Driving it step by step keeps its own
 * sending, which has no deadline, out of it. -1: the network failed. */
static int run(struct initial *initial, krb5_error_code *code, struct error **err)
{
    krb5_context context = initial->request.context;
    krb5_data reply = {.magic = KV5M_DATA};
    for (;;) {
        krb5_data message = {0}, realm = {0};
        unsigned flags = 0;
        *code = krb5_init_creds_step(context, initial->exchange, &reply, &message, &realm, &flags);
        bool more = *code == 0 && (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE);
        int result =
            more ? kerberos_request_exchange(&initial->request, &realm, &message, &reply, err) : 0;
        krb5_free_data_contents(context, &message);
        krb5_free_data_contents(context, &realm);
        if (!more || result < 0)
            return result;
    }
}

/* The KDC said what time it has, or else made the ticket a moment ago. */
static void note_clock(struct tickets *tickets, const struct kerberos_request *request)
{
    tickets->clock_known = true;
    tickets->clock_ahead = request->clock_known
                               ? request->clock_ahead
                               : (int64_t)tickets->times.start - (int64_t)time(NULL);
}

static struct tickets *attempt(struct kerberos *kerberos, const char *principal,
                               const struct initial_secret *secret, bool eager, int64_t deadline,
                               krb5_error_code *code, struct error **err)
{
    cleanup_free char *before = xasprintf("tickets of %.300s", principal);
    cleanup_tickets struct tickets *tickets = tickets_create(kerberos, err);
    *code = 0;
    if (!tickets)
        return NULL;
    cleanup_initial struct initial initial = {0};
    if (kerberos_request_begin(&initial.request, kerberos, deadline, err) < 0)
        return NULL;
    *code = begin(&initial, principal, secret, eager, tickets->cache);
    if (*code == 0 && run(&initial, code, err) < 0) {
        (void)error_prefix(err, "%s", before);
        return NULL;
    }
    if (*code != 0) {
        (void)kerberos_request_failed(&initial.request, *code, principal, NULL, before, err);
        return NULL;
    }
    if (tickets_look(tickets, err) < 0)
        return NULL;
    note_clock(tickets, &initial.request);
    return STEAL(tickets);
}

/* What may have another outcome when the KDC is asked first, which then tells its time and the
 * encryption types that it has keys of. A wrong key stays wrong, and counts against the account. */
static bool is_worth_asking(krb5_error_code code)
{
    return code == KRB5KRB_AP_ERR_SKEW || code == KRB5KDC_ERR_ETYPE_NOSUPP ||
           code == KRB5KDC_ERR_PREAUTH_REQUIRED || code == KRB5KDC_ERR_PADATA_TYPE_NOSUPP ||
           code == KRB5_PREAUTH_FAILED;
}

struct tickets *tickets_initial(struct kerberos *kerberos, const char *principal,
                                const struct initial_secret *secret, int64_t deadline,
                                krb5_error_code *code, struct error **err)
{
    cleanup_error struct error *refused = NULL;
    krb5_error_code ignored;
    bool eager = !secret->password;
    if (!code)
        code = &ignored;
    struct tickets *tickets = attempt(kerberos, principal, secret, eager, deadline, code, &refused);
    if (tickets)
        return tickets;
    if (eager && is_worth_asking(*code))
        return attempt(kerberos, principal, secret, false, deadline, code, err);
    (void)error_move(err, STEAL(refused));
    return NULL;
}

struct tickets *tickets_from_password(struct kerberos *kerberos, const char *principal,
                                      const struct secure_buffer *password, int64_t deadline,
                                      struct error **err)
{
    const struct initial_secret secret = {.password = (const char *)password->data};
    if (!strchr(principal, '@')) {
        (void)error_set(err, ERROR_INPUT, "%.300s is no principal, which looks like NAME@REALM",
                        principal);
        return NULL;
    }
    if (password->length == 0 || memchr(password->data, '\0', password->length)) {
        (void)error_set(err, ERROR_INPUT, "the password of %.300s is empty or holds a NUL",
                        principal);
        return NULL;
    }
    return tickets_initial(kerberos, principal, &secret, deadline, NULL, err);
}
