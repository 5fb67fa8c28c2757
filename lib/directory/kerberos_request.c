#include "lib/directory/kerberos_request.h"

#include <time.h>

#include "lib/common/memory.h"
#include "lib/directory/kerberos_failure.h"

int kerberos_request_begin(struct kerberos_request *request, struct kerberos *kerberos,
                           int64_t deadline, struct error **err)
{
    *request =
        (struct kerberos_request){.line = {.kerberos = kerberos, .deadline = deadline, .fd = -1}};
    return kerberos_context(&request->context, err);
}

void kerberos_request_end(struct kerberos_request *request)
{
    kdc_line_end(&request->line);
    buffer_release(&request->reply);
    krb5_free_context(request->context);
    request->context = NULL;
}

/* An answer that is an error message (RFC 4120, 5.9.1: application tag 30) says what time the KDC
 * has. */
static void look_at_clock(struct kerberos_request *request, const krb5_data *reply)
{
    krb5_error *message = NULL;
    const char error_tag = 0x7E;
    if (reply->data[0] != error_tag || krb5_rd_error(request->context, reply, &message) != 0)
        return;
    request->clock_known = true;
    request->clock_ahead = (int64_t)(uint32_t)message->stime - (int64_t)time(NULL);
    krb5_free_error(request->context, message);
}

int kerberos_request_exchange(struct kerberos_request *request, const krb5_data *realm,
                              const krb5_data *message, krb5_data *reply, struct error **err)
{
    cleanup_free char *name = xstrndup(realm->data, realm->length);
    buffer_clear(&request->reply);
    if (kdc_exchange(&request->line, name, (struct slice){message->data, message->length},
                     &request->reply, err) < 0)
        return -1;
    *reply = (krb5_data){
        .magic = KV5M_DATA, .length = (unsigned)request->reply.length, .data = request->reply.data};
    look_at_clock(request, reply);
    return 0;
}

int kerberos_request_failed(const struct kerberos_request *request, krb5_error_code code,
                            const char *client, const char *service, const char *before,
                            struct error **err)
{
    const char *detail = krb5_get_error_message(request->context, code);
    struct kerberos_failure_facts facts = {
        .detail = detail,
        .client = client,
        .service = service,
        .clock_known = request->clock_known,
        .clock_ahead = request->clock_ahead,
    };
    int result = kerberos_failure(code, &facts, before, err);
    krb5_free_error_message(request->context, detail);
    return result;
}
