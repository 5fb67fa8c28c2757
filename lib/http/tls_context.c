#include "lib/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "lib/common/memory.h"

static void bio_free_at(BIO **bio)
{
    (void)BIO_free(*bio);
}
static void x509_free_at(X509 **certificate)
{
    X509_free(*certificate);
}
static void key_free_at(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
static void context_free_at(SSL_CTX **context)
{
    SSL_CTX_free(*context);
}
#define cleanup_bio     __attribute__((cleanup(bio_free_at)))
#define cleanup_x509    __attribute__((cleanup(x509_free_at)))
#define cleanup_key     __attribute__((cleanup(key_free_at)))
#define cleanup_context __attribute__((cleanup(context_free_at)))

const char *tls_error_text(void)
{
    unsigned long error = ERR_peek_last_error();
    const char *text = error ? ERR_reason_error_string(error) : NULL;

    ERR_clear_error();
    return text ? text : "unknown reason";
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's
int tls_no_password(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;

    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* Called for each certificate of a text, in order. Returns 1 when it takes it. */
typedef int take_certificate(SSL_CTX *context, X509 *certificate, size_t index, int64_t *expiry);

static int take_chain(SSL_CTX *context, X509 *certificate, size_t index, int64_t *expiry)
{
    int64_t end = seconds_of(X509_get0_notAfter(certificate));

    if (index == 0 || end < *expiry)
        *expiry = end;
    return index == 0 ? SSL_CTX_use_certificate(context, certificate)
                      : SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is take_certificate's
static int take_authority(SSL_CTX *context, X509 *certificate, size_t index, int64_t *expiry)
{
    (void)index;
    (void)expiry;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) == 1 &&
           SSL_CTX_add_client_CA(context, certificate) == 1;
}

static int read_certificates(SSL_CTX *context, const char *name, const struct buffer *text,
                             take_certificate *take, int64_t *expiry, struct error **err)
{
    cleanup_bio BIO *bio = BIO_new_mem_buf(buffer_text(text), (int)text->length);
    size_t count = 0;

    for (;; count++) {
        cleanup_x509 X509 *certificate = PEM_read_bio_X509(bio, NULL, tls_no_password, NULL);
        if (!certificate)
            break;
        if (!take(context, certificate, count, expiry))
            return error_set(err, ERROR_INPUT, "%s: certificate %zu cannot be used: %s", name,
                             count + 1, tls_error_text());
    }
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end)
        return error_set(err, ERROR_INPUT, "%s: certificate %zu is damaged: %s", name, count + 1,
                         tls_error_text());
    ERR_clear_error();
    if (count == 0)
        return error_set(err, ERROR_INPUT,
                         "%s: no certificate in it; PEM text (-----BEGIN CERTIFICATE-----) is "
                         "needed",
                         name);
    return 0;
}

static int read_key(SSL_CTX *context, const struct tls_texts *texts, struct error **err)
{
    cleanup_bio BIO *bio = BIO_new_mem_buf(texts->key.data, (int)texts->key.length);
    cleanup_key EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, tls_no_password, NULL) : NULL;

    if (!key)
        return error_set(err, ERROR_INPUT, "%s: no private key can be read from it: %s",
                         texts->key_name, tls_error_text());
    if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1)
        return error_set(err, ERROR_INPUT, "%s does not belong to the certificate in %s: %s",
                         texts->key_name, texts->certificate_name, tls_error_text());
    return 0;
}

/* HTTP/1.1 is all that is spoken: a client that offers h2 too must not be left to guess. */
static int choose_protocol(SSL *tls, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *in, unsigned length, void *context)
{
    static const unsigned char http[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)tls;
    (void)context;
    if (SSL_select_next_proto(&chosen, out_length, http, sizeof(http) - 1, in, length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_context(void)
{
    cleanup_context SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set_num_tickets(context, 0) != 1)
        return NULL;
    (void)SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    /* Idle connections hold no buffers, which saves 34 KB each; records are read with one system
     * call instead of two; what could not be written may be tried again from another place. */
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return STEAL(context);
}

SSL_CTX *tls_context_create(const struct tls_texts *texts, int64_t *expiry, struct error **err)
{
    ERR_clear_error();
    cleanup_context SSL_CTX *context = make_context();
    if (!context) {
        (void)error_set(err, ERROR_INTERNAL, "cannot make a TLS context: %s", tls_error_text());
        return NULL;
    }
    if (read_certificates(context, texts->certificate_name, &texts->certificate, take_chain, expiry,
                          err) < 0 ||
        read_key(context, texts, err) < 0)
        return NULL;
    if (texts->client_ca_name) {
        if (read_certificates(context, texts->client_ca_name, &texts->client_ca, take_authority,
                              expiry, err) < 0)
            return NULL;
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return STEAL(context);
}
