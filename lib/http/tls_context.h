/* A server's TLS context, from PEM texts. */
#ifndef GMSA_HTTP_TLS_CONTEXT_H
#define GMSA_HTTP_TLS_CONTEXT_H

#include <stdint.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

typedef struct ssl_ctx_st SSL_CTX;

/* The files' texts, and what they are called in messages. */
struct tls_texts {
    const char *certificate_name, *key_name, *client_ca_name; /* the last NULL for none */
    struct buffer certificate;
    struct secure_buffer key;
    struct buffer client_ca;
};

/* A context that is complete and checked, or NULL with ERROR_INPUT. `expiry` gets the first
 * notAfter of the chain, in seconds since 1970. What it allows: see lib/http/certificate.h. */
SSL_CTX *tls_context_create(const struct tls_texts *texts, int64_t *expiry, struct error **err);

/* Error text of OpenSSL's queue ("key values mismatch"), which is emptied. */
const char *tls_error_text(void);

/* A pem_password_cb that has none: an encrypted key is refused, where OpenSSL would ask the
 * terminal.
 */
int tls_no_password(char *text, int size, int writing, void *context);

#endif
