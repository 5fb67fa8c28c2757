/* Looking again before /validate refuses: the endpoints on a source whose first answer is old. */
#include "webhook/server/endpoints.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "tests/support/spec_object.h"
#include "tests/support/suite.h"

/* --- A source --------------------------------------------------------------------------------- */

struct old_source {
    struct source source;
    struct known_spec *old, *present; /* NULL: missing */
    enum authorisation authorisation;
    bool later; /* answers come from the loop */
    bool always_current;
    _Atomic int asked, fresh, finished;
};

static void answer_now(struct old_source *self, struct source_query *query)
{
    struct known_spec *spec = query->fresh ? self->present : self->old;
    query->answers = arena_allocate(query->arena, sizeof(*query->answers));
    *query->answers = (struct answer){.authorisation = self->authorisation,
                                      .lookup = spec ? LOOKUP_FOUND : LOOKUP_MISSING,
                                      .resource = spec ? spec->resource : NULL};
    query->current = query->fresh || self->always_current;
    query->answered(query);
}

static void on_time(evutil_socket_t fd, short events, void *context)
{
    struct source_query *query = context;
    (void)fd;
    (void)events;
    answer_now(query->pending, query);
}

static void ask(struct source *source, struct source_query *query)
{
    static const struct timeval moment = {0, 1000};
    struct old_source *self = (struct old_source *)source;
    self->asked++;
    self->fresh += query->fresh;
    ck_assert_int_gt(query->timeout_milliseconds, 0);
    query->pending = self;
    if (self->later)
        ck_assert_int_eq(event_base_once(query->worker, -1, EV_TIMEOUT, on_time, query, &moment),
                         0);
    else
        answer_now(self, query);
}

static void finish(struct source *source, struct source_query *query)
{
    ((struct old_source *)source)->finished++;
    query->answers = NULL;
}

static void *attach(struct source *source, struct event_base *base)
{
    (void)source;
    return base;
}

static void detach(struct source *source, void *worker)
{
    (void)source;
    (void)worker;
}

static const struct source_operations operations = {
    .attach = attach, .detach = detach, .ask = ask, .cancel = finish, .finish = finish};

/* --- A request -------------------------------------------------------------------------------- */

/* The answer to a POST, until the server ends the connection. */
static char *post(const char *address, const char *path, const struct buffer *body)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cleanup_buffer struct buffer request = {0};
    struct buffer answer = {0};
    char piece[4096];
    ssize_t got;
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    buffer_append_format(&request,
                         "POST %s?timeout=5s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                         path, body->length);
    buffer_append(&request, body->data, body->length);
    ck_assert_int_eq(send(fd, request.data, request.length, MSG_NOSIGNAL), (ssize_t)request.length);
    while ((got = recv(fd, piece, sizeof(piece), 0)) > 0)
        buffer_append(&answer, piece, (size_t)got);
    return buffer_steal(&answer);
}

/* A pod that names the spec "web", with the contents of `spec`. */
static void write_review(struct buffer *body, const struct known_spec *spec)
{
    buffer_append_text(
        body, "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{"
              "\"uid\":\"u\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
              "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},"
              "\"namespace\":\"shop\",\"operation\":\"CREATE\",\"object\":{\"apiVersion\":\"v1\","
              "\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{"
              "\"name\":\"c\"}],\"serviceAccountName\":\"web\",\"securityContext\":{"
              "\"windowsOptions\":{\"gmsaCredentialSpecName\":\"web\",\"gmsaCredentialSpec\":");
    json_write_string(body, slice_of(spec->resource->canonical));
    buffer_append_text(body, "}}}}}}");
}

struct story {
    const char *path;
    const char *old, *present, *contents; /* accounts of the specs; NULL: missing */
    enum authorisation authorisation;
    bool always_current;
    const char *said; /* in the answer */
    int asked;
};

static struct known_spec *spec_of(const char *account)
{
    const struct spec_object object = {.name = "web", .version = 1, .account = account};
    return account ? spec_object_read(&object) : NULL;
}

static void check_story(const struct story *story, bool later)
{
    cleanup_known_spec struct known_spec *old = spec_of(story->old);
    cleanup_known_spec struct known_spec *present = spec_of(story->present);
    cleanup_known_spec struct known_spec *contents = spec_of(story->contents);
    struct old_source source = {.source = {&operations},
                                .old = old,
                                .present = present,
                                .authorisation = story->authorisation,
                                .later = later,
                                .always_current = story->always_current};
    struct instruments *instruments = instruments_create(false, false);
    struct endpoints endpoints = {.source = &source.source, .instruments = instruments};
    struct http_route routes[ENDPOINT_ROUTES + 1];
    endpoints_routes(&endpoints, routes);
    const struct http_settings settings = {.listen = "127.0.0.1:0",
                                           .routes = routes,
                                           .worker_create = endpoints_worker_create,
                                           .worker_free = endpoints_worker_free,
                                           .observer = endpoints_observe,
                                           .context = &endpoints};
    struct http_server *server = http_server_create(&settings, NULL);
    ck_assert_int_eq(http_server_start(server, NULL), 0);
    cleanup_buffer struct buffer body = {0};
    write_review(&body, contents);
    cleanup_free char *answer = post(http_server_address(server), story->path, &body);
    http_server_free(server);
    instruments_free(instruments);
    ck_assert_msg(strstr(answer, story->said) != NULL, "%s, not: %s", answer, story->said);
    ck_assert_int_eq(source.asked, story->asked);
    ck_assert_int_eq(source.fresh, story->asked - 1);
    ck_assert_int_eq(source.finished, story->asked);
}

static const char allowed[] = "\"allowed\":true";
static const struct story stories[] = {
    {"/validate", "a", "a", "a", AUTHORISATION_ALLOWED, false, allowed, 1},
    /* Another replica filled in what we do not know yet. */
    {"/validate", "a", "b", "b", AUTHORISATION_ALLOWED, false, allowed, 2},
    {"/validate", NULL, "b", "b", AUTHORISATION_ALLOWED, false, allowed, 2},
    /* It differs still: once is enough. */
    {"/validate", "a", "b", "c", AUTHORISATION_ALLOWED, false,
     "changed during admission, try again", 2},
    {"/validate", "a", NULL, "c", AUTHORISATION_ALLOWED, false, "does not exist", 2},
    /* Where looking again is no use. */
    {"/validate", "a", "b", "b", AUTHORISATION_ALLOWED, true, "contents differ", 1},
    {"/validate", "a", "b", "b", AUTHORISATION_DENIED, false, "is not authorised", 1},
    {"/mutate", "a", "b", "b", AUTHORISATION_ALLOWED, false, "contents differ", 1},
};

START_TEST(looks_again_before_it_refuses)
{
    for (size_t i = 0; i < ARRAY_LENGTH(stories); i++)
        check_story(&stories[i], false);
}
END_TEST

START_TEST(the_same_when_answers_come_later)
{
    for (size_t i = 0; i < ARRAY_LENGTH(stories); i++)
        check_story(&stories[i], true);
}
END_TEST

SUITE("endpoints", looks_again_before_it_refuses, the_same_when_answers_come_later)
