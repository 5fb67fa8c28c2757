/* The caller's own cache, and writing one. */
#include <stdlib.h>

#include "lib/common/memory.h"
#include "lib/directory/kerberos_failure.h"
#include "lib/directory/staging.h"
#include "lib/directory/tickets_internal.h"

static int failed(krb5_context context, krb5_error_code code, const char *before,
                  struct error **err)
{
    const char *detail = krb5_get_error_message(context, code);
    struct kerberos_failure_facts facts = {.detail = detail};
    int result = kerberos_failure(code, &facts, before, err);
    krb5_free_error_message(context, detail);
    return result;
}

/* Copies a cache into the empty one of `tickets`. */
static krb5_error_code copy(struct tickets *tickets, krb5_ccache from)
{
    krb5_principal client;
    krb5_error_code code = krb5_cc_get_principal(tickets->context, from, &client);
    if (code != 0)
        return code;
    code = krb5_cc_initialize(tickets->context, tickets->cache, client);
    krb5_free_principal(tickets->context, client);
    return code == 0 ? krb5_cc_copy_creds(tickets->context, from, tickets->cache) : code;
}

/* By the KDC's clock, as far as the cache knows it. */
static bool is_over(const struct tickets *tickets)
{
    krb5_timestamp now;
    return krb5_timeofday(tickets->context, &now) == 0 &&
           tickets->times.end <= (time_t)(uint32_t)now;
}

struct tickets *tickets_from_cache(struct kerberos *kerberos, const char *name, struct error **err)
{
    cleanup_tickets struct tickets *tickets = tickets_create(kerberos, err);
    krb5_ccache from;
    if (!tickets)
        return NULL;
    const char *shown = name ? name : krb5_cc_default_name(tickets->context);
    cleanup_free char *before = xasprintf("credential cache %.300s", shown ? shown : "");
    krb5_error_code code = name ? krb5_cc_resolve(tickets->context, name, &from)
                                : krb5_cc_default(tickets->context, &from);
    if (code == 0) {
        code = copy(tickets, from);
        (void)krb5_cc_close(tickets->context, from);
    }
    if (code != 0) {
        (void)failed(tickets->context, code, before, err);
        return NULL;
    }
    if (tickets_look(tickets, err) < 0) {
        (void)error_prefix(err, "%s", before);
        return NULL;
    }
    if (is_over(tickets)) {
        (void)failed(tickets->context, KRB5KRB_AP_ERR_TKT_EXPIRED, before, err);
        return NULL;
    }
    return STEAL(tickets);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static krb5_error_code copy_tgt(struct tickets *tickets, krb5_ccache to)
{
    krb5_cc_cursor cursor;
    krb5_creds creds;
    krb5_context context = tickets->context;
    krb5_error_code code = krb5_cc_start_seq_get(context, tickets->cache, &cursor);
    if (code != 0)
        return code;
    while (code == 0 && krb5_cc_next_cred(context, tickets->cache, &cursor, &creds) == 0) {
        if (krb5_is_config_principal(context, creds.server) || tickets_is_tgt(context, &creds))
            code = krb5_cc_store_cred(context, to, &creds);
        krb5_free_cred_contents(context, &creds);
    }
    krb5_error_code end = krb5_cc_end_seq_get(context, tickets->cache, &cursor);
    return code == 0 ? end : code;
}

static krb5_error_code write_cache(struct tickets *tickets, const char *name, bool only_tgt)
{
    krb5_ccache to;
    krb5_principal client;
    krb5_context context = tickets->context;
    krb5_error_code code = krb5_cc_resolve(context, name, &to);
    if (code != 0)
        return code;
    code = krb5_cc_get_principal(context, tickets->cache, &client);
    if (code == 0) {
        code = krb5_cc_initialize(context, to, client);
        krb5_free_principal(context, client);
    }
    if (code == 0)
        code = only_tgt ? copy_tgt(tickets, to) : krb5_cc_copy_creds(context, tickets->cache, to);
    krb5_error_code closed = krb5_cc_close(context, to);
    return code == 0 ? closed : code;
}

int tickets_write(struct tickets *tickets, const char *path, bool only_tgt, struct error **err)
{
    cleanup_staging struct staging staging = {0};
    if (staging_create(&staging, path, err) < 0)
        return -1;
    cleanup_free char *name = xasprintf("FILE:%s", staging.file);
    (void)pthread_mutex_lock(&tickets->lock);
    krb5_error_code code = write_cache(tickets, name, only_tgt);
    int result = code == 0 ? 0 : failed(tickets->context, code, path, err);
    (void)pthread_mutex_unlock(&tickets->lock);
    return result < 0 ? -1 : staging_commit(&staging, path, err);
}
