/* The whole server in one process, over plain TCP on the loopback: what leaves it for what comes.
 */
#include "lib/http/server.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "tests/support/http_client.h"
#include "tests/support/suite.h"

/* --- A server ------------------------------------------------------------------------------- */

static _Atomic int cancelled;
static _Atomic int observed; /* sum of all statuses */

static void *worker_base(struct event_base *base, unsigned index, void *context)
{
    (void)index;
    (void)context;
    return base;
}

static void observe(const struct http_outcome *outcome, void *worker, void *context)
{
    (void)worker;
    (void)context;
    ck_assert_int_ge(outcome->nanoseconds, 0);
    observed += outcome->status;
}

static void hello(struct http_exchange *exchange, void *context)
{
    (void)context;
    exchange->response.content_type = "text/plain";
    buffer_append_text(&exchange->response.body, "hello");
    if (slice_is(exchange->request.query, "field"))
        http_response_add_field(exchange, "X-Field", "value");
    if (slice_is(exchange->request.query, "forged"))
        http_response_add_field(exchange, "X-Field", "a\r\nX-Other: b");
    if (slice_is(exchange->request.query, "reset"))
        http_response_reset(exchange, 503, "text/plain");
}

static void echo(struct http_exchange *exchange, void *context)
{
    (void)context;
    exchange->response.content_type = "text/plain";
    buffer_append(&exchange->response.body, exchange->request.body.data,
                  exchange->request.body.length);
}

static void answer_now(evutil_socket_t fd, short events, void *context)
{
    struct http_exchange *exchange = context;

    (void)fd;
    (void)events;
    echo(exchange, NULL);
    http_exchange_answer(exchange);
}

static void count_cancelled(struct http_exchange *exchange, void *context)
{
    (void)exchange;
    (void)context;
    cancelled++;
}

static void later(struct http_exchange *exchange, void *context)
{
    static const struct timeval moment = {0, 2000};

    (void)context;
    http_exchange_defer(exchange, NULL, NULL);
    ck_assert_int_eq(
        event_base_once(exchange->worker, -1, EV_TIMEOUT, answer_now, exchange, &moment), 0);
}

static void never(struct http_exchange *exchange, void *context)
{
    (void)context;
    http_exchange_defer(exchange, count_cancelled, NULL);
}

static const struct http_route ROUTES[] = {
    {"/hello", "GET", NULL, hello, NULL},  {"/echo", "POST", "text/plain", echo, NULL},
    {"/echo", "GET", NULL, hello, NULL},   {"/later", "POST", NULL, later, NULL},
    {"/never", "POST", NULL, never, NULL}, {NULL},
};

static struct http_server *serve(struct http_limits limits)
{
    const struct http_settings settings = {
        .listen = "127.0.0.1:0",
        .workers = 2,
        .routes = ROUTES,
        .limits = limits,
        .worker_create = worker_base,
        .observer = observe,
    };
    struct http_server *server = http_server_create(&settings, NULL);

    ck_assert_ptr_nonnull(server);
    ck_assert_int_eq(http_server_start(server, NULL), 0);
    return server;
}

/* --- Tests ---------------------------------------------------------------------------------- */

#define OK(body, length)                                                                           \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " #length "\r\n\r\n" body
#define CLOSES(body, length)                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " #length                      \
    "\r\nConnection: close\r\n\r\n" body
#define REFUSED(status, type, length, rest)                                                        \
    "HTTP/1.1 " status "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " #length   \
    "\r\n" rest "Connection: close\r\n\r\n" type

static const struct {
    const char *request, *answer;
} DIALOGUES[] = {
    {GET("/hello"), OK("hello", 5)},
    {"\r\n" GET("/hello?x"), OK("hello", 5)},
    {GET("http://h/hello"), OK("hello", 5)},
    {GET("http://h?x/hello"), REFUSED("404 Not Found", "there is nothing at this path\n", 30, "")},
    {GET("/hello") GET("/hello") GET("/echo"), OK("hello", 5) OK("hello", 5) OK("hello", 5)},
    {"HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n", OK("", 5)},
    {"GET /hello HTTP/1.0\r\n\r\n", CLOSES("hello", 5)},
    {"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET("/hello"),
     CLOSES("hello", 5)},
    {POST("/echo", "Content-Length: 3\r\n\r\nabc") GET("/hello"), OK("abc", 3) OK("hello", 5)},
    {POST("/echo", "\r\n") POST("/echo", "Content-Length: 0\r\n\r\n"), OK("", 0) OK("", 0)},
    {POST("/echo", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\nT: t\r\n\r\n")
         GET("/hello"),
     OK("abcd", 4) OK("hello", 5)},
    {POST("/later", "Content-Length: 3\r\n\r\nabc") POST("/later", "Content-Length: 2\r\n\r\nde")
         GET("/hello"),
     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"
     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nde" OK("hello", 5)},
    {GET("/hello?field"), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
                          "X-Field: value\r\n\r\nhello"},
    {GET("/hello?forged"), OK("hello", 5)},
    {GET("/hello?reset"), "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
                          "Content-Length: 0\r\n\r\n"},
    {GET("/nothing"), REFUSED("404 Not Found", "there is nothing at this path\n", 30, "")},
    {GET("/hello/"), REFUSED("404 Not Found", "there is nothing at this path\n", 30, "")},
    {GET("/later"), REFUSED("405 Method Not Allowed", "this path does not know that method\n", 36,
                            "Allow: POST\r\n")},
    {"PUT /echo HTTP/1.1\r\nHost: h\r\n\r\n",
     REFUSED("405 Method Not Allowed", "this path does not know that method\n", 36,
             "Allow: POST, GET, HEAD\r\n")},
    {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
     REFUSED("415 Unsupported Media Type", "the body has the wrong content type\n", 36, "")},
    {POST("/echo", "Content-Length: 1001\r\n\r\n"),
     REFUSED("413 Content Too Large", "the body is too large\n", 22, "")},
    {POST("/echo", "Content-Length: 99999999999999999999999\r\n\r\n"),
     REFUSED("413 Content Too Large", "the body is too large\n", 22, "")},
    {POST("/echo", "Transfer-Encoding: chunked\r\n\r\n3e9\r\nabc"),
     REFUSED("413 Content Too Large", "the body is too large\n", 22, "")},
    {POST("/echo", "Transfer-Encoding: chunked\r\n\r\nx"),
     REFUSED("400 Bad Request", "the body's chunks are malformed\n", 32, "")},
    {"GET /hello HTTP/1.1\nHost: h\n\n",
     REFUSED("400 Bad Request", "a line of the head does not end with CRLF\n", 42, "")},
    {"\x16\x03\x01", REFUSED("400 Bad Request", "this is not HTTP\n", 17, "")},
    {"GET /hello HTTP/1.1\r\nHo", ""},
    {POST("/echo", "Content-Length: 3\r\n\r\nab"), ""},
    {"", ""},
};

/* However the bytes are cut, and although the client has ended its side, every request is answered.
 */
START_TEST(dialogues)
{
    struct http_server *server = serve((struct http_limits){.body = 1000});

    for (size_t i = 0; i < ARRAY_LENGTH(DIALOGUES); i++) {
        size_t length = strlen(DIALOGUES[i].request);
        for (size_t first = 0; first <= length; first += 1 + length / 40) {
            cleanup_free char *answer = say_and_hear(server, DIALOGUES[i].request, length, first);
            ck_assert_msg(strcmp(answer, DIALOGUES[i].answer) == 0,
                          "%s\ncut at %zu gives\n%s\ninstead of\n%s", DIALOGUES[i].request, first,
                          answer, DIALOGUES[i].answer);
        }
    }
    http_server_free(server);
}
END_TEST

START_TEST(continues_when_asked)
{
    struct http_server *server = serve((struct http_limits){.body = 1000});
    cleanup_close int fd = connect_to(server);
    static const char head[] = POST("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    static const char large[] =
        POST("/echo", "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n");

    say(fd, head, sizeof(head) - 1);
    hear_until(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "abc", 3);
    hear_until(fd, "\r\n\r\nabc");
    /* Refused without being asked to go on. */
    say(fd, large, sizeof(large) - 1);
    cleanup_free char *answer = hear(fd);
    ck_assert_msg(strncmp(answer, "HTTP/1.1 413", 12) == 0, "%s", answer);
    http_server_free(server);
}
END_TEST

START_TEST(large_heads)
{
    struct http_server *server = serve((struct http_limits){.head = 300});

    for (size_t length = 200; length < 400; length += 10) {
        cleanup_buffer struct buffer text = {0};
        buffer_append_text(&text, "GET /hello HTTP/1.1\r\nHost: h\r\nX: ");
        while (text.length < length - 4)
            buffer_append_byte(&text, 'x');
        buffer_append_text(&text, "\r\n\r\n");
        for (size_t first = 10; first < length; first += 120) {
            cleanup_free char *answer = say_and_hear(server, text.data, text.length, first);
            ck_assert_msg(strncmp(answer, length <= 300 ? "HTTP/1.1 200" : "HTTP/1.1 431", 12) == 0,
                          "%zu: %s", length, answer);
        }
    }
    http_server_free(server);
}
END_TEST

/* Larger than what is kept at hand on either way, and taken slowly. */
START_TEST(large_bodies)
{
    const size_t size = (size_t)3 * 1000 * 1000;
    struct http_server *server = serve((struct http_limits){0});
    cleanup_buffer struct buffer text = {0};

    buffer_append_format(&text, POST("/echo", "Content-Length: %zu\r\n\r\n"), size);
    size_t head = text.length;
    for (size_t i = 0; i < size; i++)
        buffer_append_byte(&text, (char)('a' + i % 23));
    /* Sending and hearing in turn would lock up, were the server to answer before it has all. */
    cleanup_free char *answer = say_and_hear(server, text.data, text.length, 100);
    ck_assert_uint_gt(strlen(answer), size);
    ck_assert_mem_eq(answer + strlen(answer) - size, text.data + head, size);
    wait_for_statistics(server, 0, 0);
    struct http_statistics now;
    http_server_statistics(server, &now);
    ck_assert_uint_eq(now.body_memory, 0);
    http_server_free(server);
}
END_TEST

START_TEST(memory_for_bodies_is_bounded)
{
    struct http_server *server = serve((struct http_limits){.all_bodies = 200000});
    cleanup_buffer struct buffer text = {0};

    buffer_append_text(&text, POST("/echo", "Content-Length: 1000000\r\n\r\n"));
    for (size_t i = 0; i < 1000000; i++)
        buffer_append_byte(&text, 'x');
    cleanup_free char *answer = say_and_hear(server, text.data, text.length, 100);
    ck_assert_msg(strncmp(answer, "HTTP/1.1 503", 12) == 0, "%.100s", answer);
    wait_for_statistics(server, 0, 0);
    http_server_free(server);
}
END_TEST

START_TEST(deadlines)
{
    static const struct {
        const char *text;
        const char *answer;
    } rows[] = {
        {"GET /hello HTTP/1.1\r\nHo", "HTTP/1.1 408"},
        {POST("/echo", "Content-Length: 3\r\n\r\nab"), "HTTP/1.1 408"},
        {POST("/echo", "Transfer-Encoding: chunked\r\n\r\n"), "HTTP/1.1 408"},
        {"HEAD /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 408"},
        {"", ""},
        {GET("/hello"), "HTTP/1.1 200"},
    };
    struct http_server *server =
        serve((struct http_limits){.request = 60, .idle = 40, .linger = 20});
    struct http_statistics now;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_close int fd = connect_to(server);
        say(fd, rows[i].text, strlen(rows[i].text));
        cleanup_free char *answer = hear(fd); /* this side stays open: it is the server that ends */
        ck_assert_msg(strncmp(answer, rows[i].answer, strlen(rows[i].answer)) == 0, "%s", answer);
        if (rows[i].text[0] == 'H') /* HEAD is answered without a body, also with an error */
            ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    }
    http_server_statistics(server, &now);
    ck_assert_uint_eq(now.timed_out, 4);
    http_server_free(server);
}
END_TEST

/* A byte now and then does not buy more time: the limit is for the whole request. */
START_TEST(dripping_does_not_help)
{
    struct http_server *server = serve((struct http_limits){.request = 60});
    cleanup_close int fd = connect_to(server);
    char byte;
    int sent = 0;

    say(fd, "GET /", 5);
    while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0) {
        say(fd, "x", 1);
        (void)usleep(1000);
        ck_assert_int_lt(++sent, 60000);
    }
    cleanup_free char *answer = hear(fd);
    ck_assert_ptr_nonnull(strstr(answer, "408 Request Timeout"));
    http_server_free(server);
}
END_TEST

START_TEST(cancels_when_the_client_goes)
{
    struct http_server *server = serve((struct http_limits){0});
    static const char text[] = POST("/never", "Content-Length: 3\r\n\r\nabc");
    const struct linger reset = {1, 0};
    int fd = connect_to(server);

    cancelled = observed = 0;
    say(fd, text, sizeof(text) - 1);
    wait_for_statistics(server, 1, 1);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    (void)close(fd);
    wait_for_statistics(server, 0, 0);
    http_server_free(server);
    ck_assert_int_eq(cancelled, 1);
    ck_assert_int_eq(observed, 499);
}
END_TEST

START_TEST(cancels_when_the_server_ends)
{
    struct http_server *server = serve((struct http_limits){0});
    static const char text[] = POST("/never", "Content-Length: 3\r\n\r\nabc");
    cleanup_close int fd = connect_to(server);

    cancelled = 0;
    say(fd, text, sizeof(text) - 1);
    wait_for_statistics(server, 1, 1);
    http_server_free(server);
    ck_assert_int_eq(cancelled, 1);
}
END_TEST

/* What was sent on an open connection is answered, with the news that it was the last. */
START_TEST(drains)
{
    struct http_server *server =
        serve((struct http_limits){.quiet = 100, .drain = 60000, .linger = 20});
    static const char hello_text[] = GET("/hello");
    static const char half[] = POST("/echo", "Content-Length: 3\r\n\r\nab");
    cleanup_close int busy = connect_to(server), idle = connect_to(server),
                      fresh = connect_to(server), slow = connect_to(server);

    say(busy, hello_text, sizeof(hello_text) - 1);
    hear_until(busy, "hello");
    say(idle, hello_text, sizeof(hello_text) - 1);
    hear_until(idle, "hello");
    say(slow, half, sizeof(half) - 1);
    wait_for_statistics(server, 4, 0);
    http_server_drain(server);
    say(busy, hello_text, sizeof(hello_text) - 1);
    say(fresh, hello_text, sizeof(hello_text) - 1);
    cleanup_free char *last = hear(busy), *first = hear(fresh), *nothing = hear(idle);
    ck_assert_str_eq(nothing, "");
    ck_assert_str_eq(last, CLOSES("hello", 5));
    ck_assert_str_eq(first, CLOSES("hello", 5));
    say(slow, "c", 1); /* begun before, and taking its time */
    cleanup_free char *body = hear(slow);
    ck_assert_str_eq(body, CLOSES("abc", 3));
    http_server_join(server);
    ck_assert_int_lt(connect_to(server), 0);
    http_server_free(server);
}
END_TEST

START_TEST(draining_ends)
{
    struct http_server *server = serve((struct http_limits){.quiet = 10, .drain = 60});
    static const char text[] = POST("/never", "Content-Length: 3\r\n\r\nabc");
    cleanup_close int fd = connect_to(server);

    cancelled = 0;
    say(fd, text, sizeof(text) - 1);
    wait_for_statistics(server, 1, 1);
    http_server_drain(server);
    http_server_join(server);
    ck_assert_int_eq(cancelled, 1);
    http_server_free(server);
}
END_TEST

START_TEST(addresses)
{
    static const struct {
        const char *listen;
        int code; /* -1: good */
    } rows[] = {
        {"[::]:0", -1},
        {":0", -1},
        {"0.0.0.0:0", -1},
        {"[::1]:0", -1},
        {"127.0.0.1", ERROR_INPUT},
        {"", ERROR_INPUT},
        {"::1:80", ERROR_INPUT},
        {"127.0.0.1:65536", ERROR_INPUT},
        {"127.0.0.1:", ERROR_INPUT},
        {"127.0.0.1:+1", ERROR_INPUT},
        {"localhost:0", ERROR_INPUT},
        {"192.0.2.1:0", ERROR_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_error struct error *error = NULL;
        const struct http_settings settings = {.listen = rows[i].listen, .routes = ROUTES};
        struct http_server *server = http_server_create(&settings, &error);
        ck_assert_msg((server != NULL) == (rows[i].code < 0), "%s", rows[i].listen);
        if (error)
            ck_assert_msg((int)error->code == rows[i].code, "%s: %s", rows[i].listen,
                          error->message);
        http_server_free(server);
    }
}
END_TEST

START_TEST(taken_address)
{
    cleanup_error struct error *error = NULL;
    struct http_server *server = serve((struct http_limits){0});
    const struct http_settings settings = {.listen = http_server_address(server), .routes = ROUTES};

    ck_assert_ptr_null(http_server_create(&settings, &error));
    ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
    http_server_free(server);
}
END_TEST

SUITE("http_server", dialogues, continues_when_asked, large_heads, large_bodies,
      memory_for_bodies_is_bounded, deadlines, dripping_does_not_help, cancels_when_the_client_goes,
      cancels_when_the_server_ends, drains, draining_ends, addresses, taken_address)
