/* TLS over a pair of sockets: what the state around it must not change. */
#include "lib/http/transport.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "lib/common/memory.h"
#include "lib/http/certificate.h"
#include "lib/http/key_pair.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* A client on the other end: says "ping" once its handshake is done, and hears "pong". */
static void *be_client(void *context)
{
    const int *fd = context;
    SSL_CTX *tls_context = SSL_CTX_new(TLS_client_method());
    SSL *tls = SSL_new(tls_context);
    char heard[4] = "";

    ck_assert_int_eq(SSL_set_fd(tls, *fd), 1);
    ck_assert_int_eq(SSL_connect(tls), 1);
    ck_assert_int_eq(SSL_write(tls, "ping", 4), 4);
    ck_assert_int_eq(SSL_read(tls, heard, sizeof(heard)), sizeof(heard));
    ck_assert_mem_eq(heard, "pong", sizeof(heard));
    SSL_free(tls);
    SSL_CTX_free(tls_context);
    return NULL;
}

static SSL_CTX *make_context(const char *folder)
{
    static const char *const names[] = {"localhost", NULL};
    cleanup_free char *certificate = xasprintf("%s/tls.crt", folder);
    cleanup_free char *key = xasprintf("%s/tls.key", folder);
    const struct certificate_settings settings = {.certificate = certificate, .key = key};
    cleanup_key_pair struct key_pair authority = {0}, pair = {0};

    ck_assert_int_eq(key_pair_make_authority(&authority, 10, NULL), 0);
    ck_assert_int_eq(key_pair_make_serving(&pair, &authority, names, 10, NULL), 0);
    ck_assert_int_eq(key_pair_save(&pair, certificate, key, NULL), 0);
    cleanup_certificate_store struct certificate_store *store =
        certificate_store_create(&settings, NULL);
    ck_assert_ptr_nonnull(store);
    return certificate_store_context(store);
}

/* What a handler leaves behind that uses OpenSSL itself and does not tidy up. */
static void leave_error(void)
{
    ERR_raise(ERR_LIB_USER, 1);
}

static void wait_for(const struct http_transport *transport)
{
    struct pollfd readable = {.fd = transport->fd, .events = POLLIN};

    ck_assert_int_eq(poll(&readable, 1, -1), 1);
}

START_TEST(errors_of_others_do_not_count)
{
    char *folder = test_folder();
    SSL_CTX *context = make_context(folder);
    struct http_transport transport;
    bool plain = false;
    char heard[4];
    int fds[2], result;
    long got;
    pthread_t client;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(transport_open(&transport, fds[0], context), 0);
    ck_assert_int_eq(pthread_create(&client, NULL, be_client, &fds[1]), 0);
    for (leave_error(); (result = transport_handshake(&transport, &plain)) != 0; leave_error()) {
        ck_assert_int_eq(result, TRANSPORT_WANT_READ);
        wait_for(&transport);
    }
    for (leave_error(); (got = transport_read(&transport, heard, sizeof(heard))) != sizeof(heard);
         leave_error()) {
        ck_assert_int_eq(got, TRANSPORT_WANT_READ);
        wait_for(&transport);
    }
    leave_error();
    ck_assert_int_eq(transport_peer(&transport, false), PEER_THERE);
    leave_error();
    ck_assert_int_eq(transport_write(&transport, "pong", 4), 4);
    ck_assert_int_eq(pthread_join(client, NULL), 0);
    transport_close(&transport);
    (void)close(fds[1]);
    transport_context_free(context);
    test_folder_remove(&folder);
}
END_TEST

SUITE("http_transport", errors_of_others_do_not_count)
