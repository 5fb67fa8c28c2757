#include "tests/support/api_server.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/common/memory.h"

struct api_server {
    struct event_base *base;
    struct evhttp *http;
    const struct api_answer *answers;
    struct kube_config *config;
    struct buffer requests, accept;
};

static const char *method_of(struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    default:
        return "OTHER";
    }
}

static void record(struct api_server *server, struct evhttp_request *request)
{
    const struct evkeyvalq *fields = evhttp_request_get_input_headers(request);
    const char *authorization = evhttp_find_header(fields, "Authorization");
    const char *accept = evhttp_find_header(fields, "Accept");
    buffer_append_format(&server->requests, "%s %s", method_of(request),
                         evhttp_request_get_uri(request));
    if (authorization)
        buffer_append_format(&server->requests, " %s", authorization);
    buffer_append_byte(&server->requests, '\n');
    buffer_clear(&server->accept);
    buffer_append_text(&server->accept, accept ? accept : "");
}

static void reply(struct evhttp_request *request, const struct api_answer *answer)
{
    struct evbuffer *body = evbuffer_new();
    if (answer->body)
        (void)evbuffer_add(body, answer->body, strlen(answer->body));
    if (answer->retry_after)
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Retry-After",
                                answer->retry_after);
    if (answer->open) {
        evhttp_send_reply_start(request, answer->status, "so");
        evhttp_send_reply_chunk(request, body);
    } else {
        evhttp_send_reply(request, answer->status, "so", body);
    }
    evbuffer_free(body);
}

struct late_reply {
    struct evhttp_request *request;
    const struct api_answer *answer;
};

static void reply_late(evutil_socket_t fd, short events, void *context)
{
    struct late_reply *late = context;
    (void)fd;
    (void)events;
    reply(late->request, late->answer);
    free(late);
}

static void answer(struct evhttp_request *request, void *context)
{
    struct api_server *server = context;
    const struct api_answer *next = server->answers;
    record(server, request);
    if (!next->status) {
        (void)event_base_loopbreak(server->base);
        evhttp_send_reply(request, 503, "none left", NULL);
        return;
    }
    server->answers++;
    if (next->delay == 0) {
        reply(request, next);
        return;
    }
    const struct timeval time = {.tv_sec = next->delay / 1000,
                                 .tv_usec = next->delay % 1000 * 1000L};
    struct late_reply *late = xmalloc(sizeof(*late));
    *late = (struct late_reply){request, next};
    (void)event_base_once(server->base, -1, EV_TIMEOUT, reply_late, late, &time);
}

struct api_server *api_server_start(struct event_base *base, const struct api_answer *answers)
{
    struct api_server *server = xcalloc(1, sizeof(*server));
    struct evhttp_bound_socket *socket;
    struct sockaddr_in address = {0};
    socklen_t length = sizeof(address);
    server->base = base;
    server->answers = answers;
    server->http = evhttp_new(base);
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PATCH);
    socket = evhttp_bind_socket_with_handle(server->http, "127.0.0.1", 0);
    if (!socket ||
        getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&address, &length) < 0)
        abort();
    evhttp_set_gencb(server->http, answer, server);
    cleanup_free char *url = xasprintf("http://127.0.0.1:%u", ntohs(address.sin_port));
    server->config = xcalloc(1, sizeof(*server->config));
    server->config->source = xstrdup("test");
    if (kube_config_set_server(server->config, url, false, NULL) < 0)
        abort();
    return server;
}

const struct kube_config *api_server_config(const struct api_server *server)
{
    return server->config;
}

const char *api_server_requests(const struct api_server *server)
{
    return buffer_text(&server->requests);
}

const char *api_server_accept(const struct api_server *server)
{
    return buffer_text(&server->accept);
}

void api_server_stop(struct api_server *server)
{
    evhttp_free(server->http);
    kube_config_free(server->config);
    buffer_release(&server->requests);
    buffer_release(&server->accept);
    free(server);
}
