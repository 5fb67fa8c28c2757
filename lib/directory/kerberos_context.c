#include "lib/directory/kerberos_context.h"

#include <stdbool.h>

int kerberos_context(krb5_context *context, struct error **err)
{
    krb5_error_code code = krb5_init_context(context);
    if (code == 0)
        return 0;
    *context = NULL;
    bool damaged = code == KRB5_CONFIG_BADFORMAT;
    return error_set(err, damaged ? ERROR_INPUT : ERROR_INTERNAL,
                     "Kerberos cannot be set up, see KRB5_CONFIG and /etc/krb5.conf: %s",
                     error_message(code));
}
