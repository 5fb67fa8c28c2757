#include "lib/kube/request.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/kube/status.h"

enum {
    HEAD_MAX = 64 * 1024,
    REFUSAL_MAX = 64 * 1024, /* the body of what is no 2xx */
    RETRY_AFTER_MAX = 3600,  /* seconds */
};

static const int64_t MILLISECOND = 1000000;

static const struct {
    const char *method, *content_type;
} verbs[] = {
    [KUBE_GET] = {"GET", NULL},
    [KUBE_CREATE] = {"POST", "application/json"},
    [KUBE_UPDATE] = {"PUT", "application/json"},
    [KUBE_PATCH_MERGE] = {"PATCH", "application/merge-patch+json"},
    [KUBE_PATCH_JSON] = {"PATCH", "application/json-patch+json"},
    [KUBE_DELETE] = {"DELETE", "application/json"},
};

const char *request_method(enum kube_verb verb)
{
    return verbs[verb].method;
}

void request_prefix(const struct kube_request *request, struct error **err)
{
    size_t length = strcspn(request->path, "?");
    (void)error_prefix(err, "%s %.*s", request_method(request->verb), (int)length, request->path);
}

void request_set_timer(struct kube_request *request, int64_t wait)
{
    int64_t left = request->until - kube_now();
    if (wait > 0 && wait * MILLISECOND < left)
        left = wait * MILLISECOND;
    if (left < 0)
        left = 0;
    struct timeval time = {.tv_sec = left / (1000 * MILLISECOND),
                           .tv_usec = left % (1000 * MILLISECOND) / 1000};
    (void)event_add(request->deadline, &time);
}

/* --- What arrives: called inside curl --------------------------------------------------------- */

static int fail(struct kube_request *request, const char *what, size_t limit)
{
    if (!request->problem)
        (void)error_set(&request->problem, ERROR_PROTOCOL, "%s is larger than %zu bytes", what,
                        limit);
    return -1;
}

static bool is_success(int status)
{
    return status >= 200 && status <= 299;
}

static void end_head(struct kube_request *request)
{
    long status = 0;
    (void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) /* more heads will come */
        return;
    request->status = (int)status;
    if (!request->stream)
        return;
    request_set_timer(request, request->callbacks.quiet);
    if (request->callbacks.begun && is_success(request->status))
        request->callbacks.begun(request->context);
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is curl's
static size_t take_head(char *line, size_t size, size_t count, void *context)
{
    struct kube_request *request = context;
    size_t length = size * count;
    request->head_length += length;
    if (request->cancelled ||
        (request->head_length > HEAD_MAX && fail(request, "the head of the answer", HEAD_MAX) < 0))
        return 0;
    if (request->status == 0 && length <= 2 && (length == 0 || line[0] == '\r' || line[0] == '\n'))
        end_head(request);
    return request->cancelled ? 0 : length;
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is curl's
static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct kube_request *request = context;
    struct slice piece = {data, size * count};
    bool success = is_success(request->status);
    size_t limit = success ? request->limit : REFUSAL_MAX;
    if (request->cancelled)
        return 0;
    if (request->stream && success) {
        request_set_timer(request, request->callbacks.quiet);
        if (request->callbacks.data(piece, request->context, &request->problem) < 0)
            return 0;
        return request->cancelled ? 0 : piece.length;
    }
    if (piece.length > limit - request->answer.length) {
        /* Of a refusal the beginning will do. */
        if (success && fail(request, "the answer", limit) < 0)
            return 0;
        piece.length = limit - request->answer.length;
    }
    buffer_append(&request->answer, piece.data, piece.length);
    return size * count;
}

/* --- Beginning and end ------------------------------------------------------------------------ */

int request_start(struct kube_request *request, struct error **err)
{
    struct kube_client *client = request->client;
    bool has_body = request->body.length > 0;
    struct kube_message message = {
        .method = request_method(request->verb),
        .path = request->path,
        .content_type = verbs[request->verb].content_type,
        .accept = request->accept,
        .fresh_connection = client->suspect,
        .own_connection = request->stream && request->callbacks.own_connection,
    };
    if (has_body)
        message.body = (struct slice){request->body.data, request->body.length};
    if (kube_credential_line(&client->credential, &message.authorization, err) < 0)
        return -1;
    request->easy = kube_easy_create(&client->endpoint, &message, &request->fields);
    (void)curl_easy_setopt(request->easy, CURLOPT_PRIVATE, request);
    (void)curl_easy_setopt(request->easy, CURLOPT_ERRORBUFFER, request->detail);
    (void)curl_easy_setopt(request->easy, CURLOPT_HEADERFUNCTION, take_head);
    (void)curl_easy_setopt(request->easy, CURLOPT_HEADERDATA, request);
    (void)curl_easy_setopt(request->easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(request->easy, CURLOPT_WRITEDATA, request);
    if (curl_multi_add_handle(client->transfers.multi, request->easy) != CURLM_OK)
        return error_set(err, ERROR_INTERNAL, "libcurl does not take the transfer");
    request_set_timer(request, request->stream ? request->callbacks.head : 0);
    return 0;
}

static void observe(const struct kube_request *request)
{
    const struct kube_client_settings *settings = &request->client->settings;
    char code[16] = "<error>";
    if (!settings->observer)
        return;
    if (request->status)
        (void)snprintf(code, sizeof(code), "%d", request->status);
    settings->observer(code, request_method(request->verb), settings->config->host,
                       settings->context);
}

static int64_t read_retry_after(const struct kube_request *request)
{
    curl_off_t seconds = 0;
    (void)curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0)
        return -1;
    return (int64_t)(seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX) * 1000;
}

/* The head has come, and all of the body but where `result` says otherwise. */
static void judge_answer(struct kube_request *request, CURLcode result, struct arena *arena,
                         struct kube_answer *answer)
{
    struct kube_status status;
    if (is_success(request->status)) {
        if (result != CURLE_OK && !request->problem)
            (void)kube_easy_error(&request->client->endpoint, result, request->detail,
                                  &request->problem);
        return;
    }
    (void)kube_status_read(answer->body, arena, &status);
    answer->reason = status.reason;
    answer->version_is_too_large = status.version_is_too_large;
    answer->retry_after = read_retry_after(request);
    if (answer->retry_after < 0 && status.retry_after > 0)
        answer->retry_after = status.retry_after < (int64_t)RETRY_AFTER_MAX * 1000
                                  ? status.retry_after
                                  : (int64_t)RETRY_AFTER_MAX * 1000;
    if (!request->problem)
        (void)kube_status_error(request->status, &status, &request->problem);
}

/* What this call teaches about the connections and the credential. */
static void learn(struct kube_request *request, CURLcode result)
{
    struct kube_client *client = request->client;
    client->down = request->status == 0;
    client->suspect =
        request->status == 0 || request->status == 401 || result == CURLE_OPERATION_TIMEDOUT;
    if (request->status == 401)
        kube_credential_doubt(&client->credential);
}

void request_finish(struct kube_request *request, CURLcode result)
{
    cleanup_arena struct arena arena = {0};
    struct kube_answer answer = {
        .status = request->status,
        .body = {buffer_text(&request->answer), request->answer.length},
        .retry_after = -1,
    };
    if (request->easy) {
        observe(request);
        learn(request, result);
        if (request->status)
            judge_answer(request, result, &arena, &answer);
        else if (!request->problem)
            (void)kube_easy_error(&request->client->endpoint, result, request->detail,
                                  &request->problem);
    }
    if (request->problem)
        request_prefix(request, &request->problem);
    answer.error = request->problem;
    kube_done *done = request->done;
    void *context = request->context;
    /* It is done before the caller hears of it: cancelling it from there would be too late. */
    request->cancelled = true;
    done(&answer, context);
    request_free(request);
}
