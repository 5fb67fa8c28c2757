#include "tests/support/cluster_api.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/common/memory.h"

static void reply(struct evhttp_request *request, int status, const char *text)
{
    struct evbuffer *body = evbuffer_new();
    (void)evbuffer_add(body, text, strlen(text));
    evhttp_send_reply(request, status, "so", body);
    evbuffer_free(body);
}

static void reply_status(struct evhttp_request *request, int status)
{
    cleanup_free char *text =
        xasprintf("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":%d,\"reason\":\"%s\"}",
                  status, status == 404 ? "NotFound" : "Other");
    reply(request, status, text);
}

static void reply_list(struct cluster_api *api, struct evhttp_request *request, bool specs)
{
    cleanup_free char *text = xasprintf("{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[%s]}",
                                        specs ? api->listed_specs : "");
    reply(request, 200, text);
}

static void reply_review(struct cluster_api *api, struct evhttp_request *request)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    size_t length = evbuffer_get_length(body);
    api->reviews++;
    buffer_clear(&api->latest_review);
    buffer_append(&api->latest_review, evbuffer_pullup(body, -1), length);
    const char *said = buffer_text(&api->latest_review);
    bool denied = api->denied_user && strstr(said, api->denied_user);
    if (api->hold)
        return;
    if (api->review_status != 201) {
        reply_status(request, api->review_status);
        return;
    }
    cleanup_free char *text =
        xasprintf("{\"status\":%s}", denied ? "{\"allowed\":false}" : api->review_answer);
    reply(request, 201, text);
}

static void answer(struct evhttp_request *request, void *context)
{
    struct cluster_api *api = context;
    const char *uri = evhttp_request_get_uri(request);
    if (strstr(uri, "localsubjectaccessreviews")) {
        reply_review(api, request);
    } else if (strstr(uri, "/gmsacredentialspecs/")) {
        api->lookups++;
        if (!api->hold && api->spec_status == 200)
            reply(request, 200, api->spec_body);
        else if (!api->hold)
            reply_status(request, api->spec_status);
    } else if (api->lists_denied) {
        api->denials++;
        reply_status(request, 403);
    } else if (strstr(uri, "watch=1")) {
        evhttp_send_reply_start(request, 200, "so"); /* and nothing follows */
        if (api->watch_count < ARRAY_LENGTH(api->watches))
            api->watches[api->watch_count++] = request;
    } else {
        reply_list(api, request, strstr(uri, "/gmsacredentialspecs?") != NULL);
    }
}

void cluster_api_start(struct cluster_api *api, struct event_base *base)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof(address);
    if (!api->listed_specs)
        api->listed_specs = "";
    if (!api->spec_status)
        api->spec_status = 404;
    if (!api->review_status)
        api->review_status = 201;
    if (!api->review_answer)
        api->review_answer = "{\"allowed\":true}";
    api->http = evhttp_new(base);
    struct evhttp_bound_socket *socket = evhttp_bind_socket_with_handle(api->http, "127.0.0.1", 0);
    if (!socket ||
        getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&address, &length) < 0)
        abort();
    evhttp_set_gencb(api->http, answer, api);
    cleanup_free char *url = xasprintf("http://127.0.0.1:%u", ntohs(address.sin_port));
    api->config = xcalloc(1, sizeof(*api->config));
    api->config->source = xstrdup("test");
    if (kube_config_set_server(api->config, url, false, NULL) < 0)
        abort();
}

void cluster_api_end_watches(struct cluster_api *api)
{
    while (api->watch_count > 0)
        evhttp_send_reply_end(api->watches[--api->watch_count]);
}

void cluster_api_stop(struct cluster_api *api)
{
    evhttp_free(api->http);
    kube_config_free(api->config);
    buffer_release(&api->latest_review);
}
