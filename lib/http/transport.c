#include "lib/http/transport.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

int transport_open(struct http_transport *transport, int fd, SSL_CTX *context)
{
    *transport = (struct http_transport){.fd = fd};
    if (!context)
        return 0;
    transport->tls = SSL_new(context);
    if (!transport->tls || SSL_set_fd(transport->tls, fd) != 1) {
        ERR_clear_error();
        transport_close(transport);
        return TRANSPORT_FAILED;
    }
    SSL_set_accept_state(transport->tls);
    return 0;
}

/* The thread's error queue must be empty before a call, or an old error is taken for its result:
 * also one that a handler's own use of OpenSSL has left there. A failure is not left to others. */
static int tls_result(SSL *tls, int result)
{
    switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
        return TRANSPORT_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TRANSPORT_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        ERR_clear_error();
        return TRANSPORT_FAILED;
    }
}

int transport_handshake(const struct http_transport *transport, bool *plain_http)
{
    if (!transport->tls)
        return 0;
    ERR_clear_error();
    int done = SSL_do_handshake(transport->tls);
    if (done == 1)
        return 0;
    unsigned long error = ERR_peek_error();
    *plain_http = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
    int result = tls_result(transport->tls, done);
    return result == 0 ? TRANSPORT_FAILED : result;
}

static long system_result(int number)
{
    if (number == EAGAIN || number == EINTR)
        return TRANSPORT_WANT_READ;
    return TRANSPORT_FAILED;
}

long transport_read(const struct http_transport *transport, void *data, size_t size)
{
    if (transport->tls) {
        ERR_clear_error();
        int got = SSL_read(transport->tls, data, size > INT_MAX ? INT_MAX : (int)size);
        return got > 0 ? got : tls_result(transport->tls, got);
    }
    ssize_t got = recv(transport->fd, data, size, 0);
    return got >= 0 ? got : system_result(errno);
}

long transport_write(const struct http_transport *transport, const void *data, size_t length)
{
    if (transport->tls) {
        ERR_clear_error();
        int put = SSL_write(transport->tls, data, length > INT_MAX ? INT_MAX : (int)length);
        int result = put > 0 ? put : tls_result(transport->tls, put);
        return result == 0 ? TRANSPORT_FAILED : result;
    }
    ssize_t put = send(transport->fd, data, length, MSG_NOSIGNAL);
    if (put >= 0)
        return put;
    return errno == EAGAIN || errno == EINTR ? TRANSPORT_WANT_WRITE : TRANSPORT_FAILED;
}

bool transport_pending(const struct http_transport *transport)
{
    return transport->tls && SSL_has_pending(transport->tls);
}

static enum transport_peer tls_peer(SSL *tls, bool ended)
{
    char byte;

    if (ended)
        return PEER_GONE;
    ERR_clear_error();
    int got = SSL_peek(tls, &byte, 1); /* works through alerts */
    if (got > 0)
        return PEER_TALKS;
    return tls_result(tls, got) == TRANSPORT_WANT_READ ? PEER_THERE : PEER_GONE;
}

enum transport_peer transport_peer(const struct http_transport *transport, bool ended)
{
    char byte;

    if (transport->tls)
        return tls_peer(transport->tls, ended);
    ssize_t got = recv(transport->fd, &byte, 1, MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return ended ? PEER_HALF_CLOSED : PEER_THERE;
    if (got < 0)
        return PEER_GONE;
    return got > 0 ? PEER_TALKS : PEER_HALF_CLOSED;
}

bool transport_unread(const struct http_transport *transport)
{
    char byte;

    return recv(transport->fd, &byte, 1, MSG_PEEK) > 0;
}

void transport_finish(const struct http_transport *transport)
{
    /* Not in the middle of a handshake or after a failure: OpenSSL would report misuse. */
    if (transport->tls && SSL_is_init_finished(transport->tls)) {
        (void)SSL_shutdown(transport->tls);
        ERR_clear_error();
    }
    (void)shutdown(transport->fd, SHUT_WR);
}

bool transport_discard(const struct http_transport *transport)
{
    char scrap[16384];
    ssize_t got;
    int rounds = 0;

    do
        got = recv(transport->fd, scrap, sizeof(scrap), 0);
    while ((got > 0 && ++rounds < 16) || (got < 0 && errno == EINTR));
    return got > 0 || (got < 0 && errno == EAGAIN);
}

void transport_context_free(SSL_CTX *context)
{
    SSL_CTX_free(context);
}

void transport_close(struct http_transport *transport)
{
    if (transport->tls) {
        SSL_free(transport->tls);
        transport->tls = NULL;
    }
    if (transport->fd >= 0)
        (void)close(transport->fd);
    transport->fd = -1;
}
