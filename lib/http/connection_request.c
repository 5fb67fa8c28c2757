/* Reading one request: its head, whether it is welcome, and its body. */
#include <event2/event.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/http/connection.h"

static enum step refuse(struct refusal *refusal, int status, const char *why)
{
    *refusal = (struct refusal){status, why};
    return STEP_REFUSED;
}

size_t progress_length(const struct progress *progress)
{
    switch (progress->head.framing) {
    case HTTP_LENGTH:
        return progress->head.length + (size_t)progress->head.content_length;
    case HTTP_CHUNKED:
        return progress->chunks_at;
    default:
        return progress->head.length;
    }
}

static bool method_fits(const struct http_route *route, struct slice method)
{
    return slice_is(method, route->method) ||
           (slice_is(method, "HEAD") && strcmp(route->method, "GET") == 0);
}

/* Everything that can be said against a request before its body is here. */
static enum step admit(struct connection *connection, const struct http_request *request,
                       struct refusal *refusal)
{
    const struct http_settings *settings = &connection->worker->server->settings;
    struct progress *progress = &connection->progress;
    bool known = false;

    for (const struct http_route *route = settings->routes; route->path; route++) {
        if (!slice_is(request->path, route->path))
            continue;
        known = true;
        if (method_fits(route, request->method)) {
            progress->route = route;
            break;
        }
    }
    if (!known)
        return refuse(refusal, 404, "there is nothing at this path");
    if (!progress->route)
        return refuse(refusal, 405, "this path does not know that method");
    if (progress->route->content_type &&
        !http_media_type_is(http_request_field(request, "content-type"),
                            progress->route->content_type))
        return refuse(refusal, 415, "the body has the wrong content type");
    if (progress->head.framing == HTTP_LENGTH &&
        progress->head.content_length > settings->limits.body)
        return refuse(refusal, 413, "the body is too large");
    return STEP_COMPLETE;
}

/* What cannot be the beginning of a method: TLS on a plain port, for example. */
static bool is_foreign(char first)
{
    return !ascii_is_alphanumeric(first) && first != '\r';
}

static enum step step_head(struct connection *connection, const char *data, size_t length,
                           struct http_request *request, struct refusal *refusal)
{
    struct progress *progress = &connection->progress;
    size_t limit = connection->worker->server->settings.limits.head;
    const char *why = NULL;

    if (length > 0 && is_foreign(data[0]))
        return refuse(refusal, 400, "this is not HTTP");
    long found = http_head_find(&progress->search, data, length);
    if (found < 0)
        return refuse(refusal, 400, "a line of the head does not end with CRLF");
    if (found > (long)limit || (found == 0 && length > limit))
        return refuse(refusal, 431, "the head is too large");
    if (found == 0)
        return STEP_INCOMPLETE;
    int status = http_head_parse(data, (size_t)found, request, &progress->head, &why);
    progress->no_body = slice_is(request->method, "HEAD");
    if (status != 0)
        return refuse(refusal, status, why);
    progress->head_known = true;
    progress->chunks_at = progress->body_end = progress->head.length;
    return admit(connection, request, refusal);
}

static enum step step_body(struct connection *connection, char *data, size_t length,
                           struct refusal *refusal)
{
    struct progress *progress = &connection->progress;
    size_t begin = progress->head.length;

    if (progress->head.framing != HTTP_CHUNKED) {
        progress->body_end = progress_length(progress);
        return length >= progress->body_end ? STEP_COMPLETE : STEP_INCOMPLETE;
    }
    size_t left = connection->worker->server->settings.limits.body - (progress->body_end - begin);
    int result = http_chunks_read(&progress->chunks, data, &progress->chunks_at, length,
                                  &progress->body_end, left);
    if (result == 413)
        return refuse(refusal, 413, "the body is too large");
    if (result == 400)
        return refuse(refusal, 400, "the body's chunks are malformed");
    return result == 1 ? STEP_COMPLETE : STEP_INCOMPLETE;
}

/* What has been taken out of a chunked body is dropped from the buffer, so that many tiny chunks
 * need no more memory than what they carry. */
static void close_gap(struct connection *connection, struct buffer *input)
{
    struct progress *progress = &connection->progress;
    size_t from = connection->at + progress->chunks_at, to = connection->at + progress->body_end;

    if (progress->head.framing != HTTP_CHUNKED || from == to)
        return;
    memmove(input->data + to, input->data + from, input->length - from);
    input->length -= from - to;
    progress->chunks_at = progress->body_end;
}

enum step connection_step(struct connection *connection, struct buffer *input,
                          struct http_request *request, struct refusal *refusal)
{
    struct progress *progress = &connection->progress;
    char *data = input->data + connection->at;
    size_t length = input->length - connection->at;
    bool parsed = !progress->head_known;

    request->method = request->path = request->query = request->body = (struct slice){0};
    request->field_count = 0;
    if (!progress->head_known) {
        enum step step = step_head(connection, data, length, request, refusal);
        if (step != STEP_COMPLETE)
            return step;
    }
    enum step step = step_body(connection, data, length, refusal);
    if (step == STEP_INCOMPLETE)
        close_gap(connection, input);
    if (step != STEP_COMPLETE)
        return step;
    if (!parsed) { /* the bytes have moved since the head was read */
        struct http_head again;
        const char *why = NULL;
        int status = http_head_parse(data, progress->head.length, request, &again, &why);
        if (status != 0)
            return refuse(refusal, status, why);
    }
    request->body =
        (struct slice){data + progress->head.length, progress->body_end - progress->head.length};
    return STEP_COMPLETE;
}
