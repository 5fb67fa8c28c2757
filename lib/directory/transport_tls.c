#include "lib/directory/transport_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/deadline.h"
#include "lib/directory/openssl_library.h"

struct transport_tls {
    SSL_CTX *context;
    SSL *ssl;
};

void transport_tls_free(struct transport_tls *tls)
{
    if (!tls)
        return;
    if (tls->context) { /* or OpenSSL may not be there */
        SSL_free(tls->ssl);
        SSL_CTX_free(tls->context);
    }
    free(tls);
}

/* OpenSSL's own words for the latest error. */
static const char *reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;
    return text ? text : "no reason given";
}

static int prepare_context(struct transport_tls *tls, const char *authorities, struct error **err)
{
    if (openssl_library_load(err) < 0)
        return -1;
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || !SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION))
        return error_set(err, ERROR_INTERNAL, "TLS cannot be used: %s", reason());
    /* A password and decrypted answers pass through its buffers. */
    (void)SSL_CTX_set_options(tls->context, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION |
                                                SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(tls->context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    if (authorities && SSL_CTX_load_verify_file(tls->context, authorities) != 1)
        return error_set(err, ERROR_INPUT, "%s: holds no certificates that can be read (%s)",
                         authorities, reason());
    if (!authorities && SSL_CTX_set_default_verify_paths(tls->context) != 1)
        return error_set(err, ERROR_INTERNAL, "the machine's certificate store cannot be read: %s",
                         reason());
    return 0;
}

static int prepare_session(struct transport_tls *tls, int fd, const char *host, struct error **err)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    tls->ssl = SSL_new(tls->context);
    if (!tls->ssl || !SSL_set_fd(tls->ssl, fd))
        return error_set(err, ERROR_INTERNAL, "TLS cannot be used: %s", reason());
    X509_VERIFY_PARAM *check = SSL_get0_param(tls->ssl);
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address ? !X509_VERIFY_PARAM_set1_ip_asc(check, host)
                   : !X509_VERIFY_PARAM_set1_host(check, host, 0) ||
                         !SSL_set_tlsext_host_name(tls->ssl, host))
        return error_set(err, ERROR_INPUT, "%s cannot be the name in a certificate", host);
    return 0;
}

static int handshake_fail(struct transport_tls *tls, int kind, int number, struct error **err)
{
    long verified = SSL_get_verify_result(tls->ssl);
    if (verified != X509_V_OK)
        return error_set(err, ERROR_DENIED,
                         "the server's certificate is not accepted: %s: check the server's name, "
                         "and give the authority that issued it with --tls-ca",
                         X509_verify_cert_error_string(verified));
    if (kind == SSL_ERROR_SYSCALL && number != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, number, "TLS");
    if (kind == SSL_ERROR_SYSCALL || kind == SSL_ERROR_ZERO_RETURN || !ERR_peek_last_error() ||
        ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return error_set(err, ERROR_UNAVAILABLE,
                         "TLS: the server closed the connection: it may have no certificate");
    return error_set(err, ERROR_PROTOCOL, "TLS: %s", reason());
}

static int shake_hands(struct transport_tls *tls, int fd, int64_t deadline, struct error **err)
{
    for (;;) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_connect(tls->ssl);
        int number = errno, kind = SSL_get_error(tls->ssl, result);
        if (result == 1)
            return 0;
        if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE)
            return handshake_fail(tls, kind, number, err);
        struct pollfd wait = {.fd = fd, .events = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT};
        if (deadline_left(deadline) == 0)
            return error_set(err, ERROR_UNAVAILABLE, "TLS: no answer in time");
        (void)poll(&wait, 1, deadline_left(deadline));
    }
}

struct transport_tls *transport_tls_create(int fd, const char *host, const char *authorities,
                                           int64_t deadline, struct error **err)
{
    cleanup_transport_tls struct transport_tls *tls = xcalloc(1, sizeof *tls);
    ERR_clear_error();
    if (prepare_context(tls, authorities, err) < 0 || prepare_session(tls, fd, host, err) < 0 ||
        shake_hands(tls, fd, deadline, err) < 0)
        return NULL;
    return STEAL(tls);
}

unsigned transport_tls_strength(const struct transport_tls *tls)
{
    int bits = SSL_get_cipher_bits(tls->ssl, NULL);
    return bits > 0 ? (unsigned)bits : 0;
}

/* --- Below libldap ---------------------------------------------------------------------------- */

/* What liblber makes of an outcome of SSL_read() or SSL_write(). */
static ber_slen_t outcome(const struct transport_tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_NONE:
        return result;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EWOULDBLOCK;
        return -1;
    default:
        errno = EPIPE;
        return -1;
    }
}

static int bounded(ber_len_t length)
{
    return length > INT32_MAX ? INT32_MAX : (int)length;
}

static int attach(Sockbuf_IO_Desc *layer, void *tls)
{
    layer->sbiod_pvt = tls;
    return 0;
}

static int detach(Sockbuf_IO_Desc *layer)
{
    layer->sbiod_pvt = NULL;
    return 0;
}

static int control(Sockbuf_IO_Desc *layer, int option, void *argument)
{
    const struct transport_tls *tls = layer->sbiod_pvt;
    if (option == LBER_SB_OPT_DATA_READY && SSL_pending(tls->ssl) > 0)
        return 1;
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static ber_slen_t read_some(Sockbuf_IO_Desc *layer, void *data, ber_len_t length)
{
    const struct transport_tls *tls = layer->sbiod_pvt;
    ERR_clear_error();
    return outcome(tls, SSL_read(tls->ssl, data, bounded(length)));
}

static ber_slen_t write_some(Sockbuf_IO_Desc *layer, void *data, ber_len_t length)
{
    const struct transport_tls *tls = layer->sbiod_pvt;
    ERR_clear_error();
    return outcome(tls, SSL_write(tls->ssl, data, bounded(length)));
}

static int close_layer(Sockbuf_IO_Desc *layer)
{
    const struct transport_tls *tls = layer->sbiod_pvt;
    ERR_clear_error();
    (void)SSL_shutdown(tls->ssl);
    return 0;
}

int transport_tls_attach(struct transport_tls *tls, Sockbuf *sockbuf)
{
    static Sockbuf_IO layer = {attach, detach, control, read_some, write_some, close_layer};
    return ber_sockbuf_add_io(sockbuf, &layer, LBER_SBIOD_LEVEL_TRANSPORT, tls);
}
