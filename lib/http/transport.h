/* The bytes of a connection: a non-blocking socket, with or without TLS over it. */
#ifndef GMSA_HTTP_TRANSPORT_H
#define GMSA_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

struct http_transport {
    int fd;
    SSL *tls; /* NULL: plain */
};

/* Results below zero; 0 from reading is the end of what the peer sends. */
enum { TRANSPORT_WANT_READ = -1, TRANSPORT_WANT_WRITE = -2, TRANSPORT_FAILED = -3 };

/* Takes over the descriptor. `context` may be NULL for plain. */
int transport_open(struct http_transport *transport, int fd, SSL_CTX *context);
/* 0 when done, else a result below zero. `plain_http` is set where the failure is a client that
 * speaks HTTP without TLS. */
int transport_handshake(const struct http_transport *transport, bool *plain_http);
/* The number of bytes moved (at least 1), 0 at the end, or a result below zero. */
long transport_read(const struct http_transport *transport, void *data, size_t size);
long transport_write(const struct http_transport *transport, const void *data, size_t length);
/* Whether bytes wait that have been taken from the socket already: no event will tell. */
bool transport_pending(const struct http_transport *transport);

/* While nobody reads: has the peer gone? `ended` says that the system has seen the end of its side.
 * Over TLS that end counts as gone; over plain TCP it is a half-closed connection. */
enum transport_peer { PEER_THERE, PEER_TALKS, PEER_HALF_CLOSED, PEER_GONE };
enum transport_peer transport_peer(const struct http_transport *transport, bool ended);
/* Whether bytes have arrived that nobody has taken from the socket. */
bool transport_unread(const struct http_transport *transport);

/* Tells the peer that nothing more comes; it may still send. */
void transport_finish(const struct http_transport *transport);
/* Reads and drops what comes. Returns false at the end. */
bool transport_discard(const struct http_transport *transport);
/* Gives back a reference to a context; NULL is fine. */
void transport_context_free(SSL_CTX *context);
void transport_close(struct http_transport *transport);

#endif
