/* A webhook that allows everything, for tests/bench/cluster.sh: what the API server and TLS cost
 * when the webhook itself costs next to nothing. libevent's own HTTP server over OpenSSL, one
 * thread.
 *
 *   fixed_verdict PORT CERTIFICATE KEY [PATCH]
 *
 * With a JSON patch in base64 /mutate answers that to every pod.
 */
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UID_LENGTH = 36 };

static struct bufferevent *new_connection(struct event_base *base, void *context)
{
    return bufferevent_openssl_socket_new(base, -1, SSL_new(context), BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

/* The answer must repeat the uid, which stands at the beginning. */
static void allow(struct evhttp_request *request, void *context)
{
    const char *patch = context;
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    struct evbuffer_ptr at = evbuffer_search(body, "\"uid\":\"", 7, NULL);
    struct evbuffer *answer = evbuffer_new();
    char uid[UID_LENGTH + 1] = "";
    if (at.pos >= 0 && evbuffer_ptr_set(body, &at, 7, EVBUFFER_PTR_ADD) == 0)
        (void)evbuffer_copyout_from(body, &at, uid, UID_LENGTH);
    evbuffer_add_printf(answer,
                        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                        "\"response\":{\"uid\":\"%s\",\"allowed\":true",
                        uid);
    if (patch && strncmp(evhttp_request_get_uri(request), "/mutate", 7) == 0)
        evbuffer_add_printf(answer, ",\"patchType\":\"JSONPatch\",\"patch\":\"%s\"", patch);
    evbuffer_add_printf(answer, "}}");
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      "application/json");
    evhttp_send_reply(request, HTTP_OK, "OK", answer);
    evbuffer_free(answer);
}

int main(int argc, char **argv)
{
    int on = 1;
    struct event_base *base = event_base_new();
    struct evhttp *server = evhttp_new(base);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 4 || SSL_CTX_use_certificate_chain_file(tls, argv[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, argv[3], SSL_FILETYPE_PEM) != 1)
        return 2;
    evhttp_set_bevcb(server, new_connection, tls);
    evhttp_set_gencb(server, allow, argv[4]);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(
        server, "127.0.0.1", (ev_uint16_t)strtoul(argv[1], NULL, 10));
    /* Accepted sockets inherit it. Head and body are two writes, which would wait for each other.
     */
    if (!bound || setsockopt(evhttp_bound_socket_get_fd(bound), IPPROTO_TCP, TCP_NODELAY, &on,
                             sizeof(on)) < 0)
        return 2;
    return event_base_dispatch(base) < 0;
}
