/* Service tickets (RFC 4120, 3.3). */
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/tickets_internal.h"

struct service_request {
    struct kerberos_request request;
    krb5_ccache cache;
    krb5_creds wanted;
    krb5_tkt_creds_context exchange;
};

static void service_request_release(struct service_request *service)
{
    krb5_context context = service->request.context;
    if (context) {
        if (service->exchange)
            krb5_tkt_creds_free(context, service->exchange);
        krb5_free_cred_contents(context, &service->wanted);
        if (service->cache)
            (void)krb5_cc_close(context, service->cache);
    }
    kerberos_request_end(&service->request);
}
#define cleanup_service_request __attribute__((cleanup(service_request_release)))

/* Without a realm the name goes into the referral realm, as GSSAPI does it: libkrb5 asks the
 * client's KDC and follows where that refers to, and GSSAPI finds the ticket again. */
static krb5_error_code parse_service(krb5_context context, const char *service,
                                     krb5_principal *principal)
{
    krb5_error_code code = krb5_parse_name_flags(
        context, service, strchr(service, '@') ? 0 : KRB5_PRINCIPAL_PARSE_NO_REALM, principal);
    if (code == 0 && !strchr(service, '@'))
        code = krb5_set_principal_realm(context, *principal, KRB5_REFERRAL_REALM);
    return code;
}

static krb5_error_code begin(struct service_request *service, const struct tickets *tickets,
                             const char *name)
{
    krb5_context context = service->request.context;
    krb5_error_code code = krb5_cc_resolve(context, tickets->cache_name, &service->cache);
    if (code == 0)
        code = krb5_cc_get_principal(context, service->cache, &service->wanted.client);
    if (code == 0)
        code = parse_service(context, name, &service->wanted.server);
    if (code == 0)
        code =
            krb5_tkt_creds_init(context, service->cache, &service->wanted, 0, &service->exchange);
    return code;
}

/* -1: the network failed. */
static int run(struct service_request *service, krb5_error_code *code, struct error **err)
{
    krb5_context context = service->request.context;
    krb5_data reply = {.magic = KV5M_DATA};
    for (;;) {
        krb5_data message = {0}, realm = {0};
        unsigned flags = 0;
        *code = krb5_tkt_creds_step(context, service->exchange, &reply, &message, &realm, &flags);
        bool more = *code == 0 && (flags & KRB5_TKT_CREDS_STEP_FLAG_CONTINUE);
        int result =
            more ? kerberos_request_exchange(&service->request, &realm, &message, &reply, err) : 0;
        krb5_free_data_contents(context, &message);
        krb5_free_data_contents(context, &realm);
        if (!more || result < 0)
            return result;
    }
}

int tickets_get_service(struct tickets *tickets, const char *service, int64_t deadline,
                        struct error **err)
{
    cleanup_service_request struct service_request work = {0};
    cleanup_free char *before = xasprintf("ticket for %.300s", service);
    if (kerberos_request_begin(&work.request, tickets->kerberos, deadline, err) < 0)
        return -1;
    krb5_error_code code = begin(&work, tickets, service);
    if (code == 0 && run(&work, &code, err) < 0)
        return error_prefix(err, "%s", before);
    if (code != 0)
        return kerberos_request_failed(&work.request, code, tickets->principal, service, before,
                                       err);
    return 0;
}
