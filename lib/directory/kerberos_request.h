/* One piece of work for libkrb5: a context of its own, since one belongs to one thread, and a
 * connection to the KDC. For the other files of Kerberos in this folder alone. */
#ifndef GMSA_DIRECTORY_KERBEROS_REQUEST_H
#define GMSA_DIRECTORY_KERBEROS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/directory/kdc.h"
#include "lib/directory/kerberos_context.h"
#include "lib/directory/krb5_library.h"

struct kerberos_request {
    krb5_context context;
    struct kdc_line line;
    struct buffer reply; /* the KDC's last answer */
    bool clock_known;    /* an error message of the KDC had its time */
    int64_t clock_ahead;
};

int kerberos_request_begin(struct kerberos_request *request, struct kerberos *kerberos,
                           int64_t deadline, struct error **err);
void kerberos_request_end(struct kerberos_request *request);
#define cleanup_kerberos_request __attribute__((cleanup(kerberos_request_end)))

/* One message to the realm's KDC. The answer stays in `reply` until the next call. */
int kerberos_request_exchange(struct kerberos_request *request, const krb5_data *realm,
                              const krb5_data *message, krb5_data *reply, struct error **err);

/* kerberos_failure() with libkrb5's text and what the KDC said of its clock. */
int kerberos_request_failed(const struct kerberos_request *request, krb5_error_code code,
                            const char *client, const char *service, const char *before,
                            struct error **err);

#endif
