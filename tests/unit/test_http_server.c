/* The whole server in one process, over plain TCP on the loopback: what leaves it for what comes.
 */
#include "lib/http/server.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
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

/* One client floods; at its hundredth request another one asks too. */
static struct {
    _Atomic bool sent;
    _Atomic int flooded, before_other;
    int other;
} flood;

static void say(int fd, const char *text, size_t length);

static void count_flood(struct http_exchange *exchange, void *context)
{
    static const char text[] = "GET /other HTTP/1.1\r\nHost: h\r\n\r\n";

    (void)exchange;
    (void)context;
    while (!flood.sent)
        (void)usleep(100);
    if (++flood.flooded == 100)
        say(flood.other, text, sizeof(text) - 1);
}

static void look_at_flood(struct http_exchange *exchange, void *context)
{
    (void)exchange;
    (void)context;
    flood.before_other = flood.flooded;
}

static const struct http_route ROUTES[] = {
    {"/hello", "GET", NULL, hello, NULL},         {"/echo", "POST", "text/plain", echo, NULL},
    {"/echo", "GET", NULL, hello, NULL},          {"/later", "POST", NULL, later, NULL},
    {"/never", "POST", NULL, never, NULL},        {"/flood", "GET", NULL, count_flood, NULL},
    {"/other", "GET", NULL, look_at_flood, NULL}, {NULL},
};

static struct http_server *serve_with(unsigned workers, struct http_limits limits)
{
    const struct http_settings settings = {
        .listen = "127.0.0.1:0",
        .workers = workers,
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

static struct http_server *serve(struct http_limits limits)
{
    return serve_with(2, limits);
}

/* --- A client ------------------------------------------------------------------------------- */

static int connect_socket(int fd, const struct http_server *server)
{
    const char *colon = strrchr(http_server_address(server), ':');
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static int connect_to(const struct http_server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect_socket(fd, server) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void say(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t put = send(fd, text, length, MSG_NOSIGNAL);
        if (put <= 0)
            return; /* the server may have heard enough */
        text += put;
        length -= (size_t)put;
    }
}

/* Everything until the server closes, with the dates taken out. */
static char *hear(int fd)
{
    struct buffer all = {0};
    char piece[4096];
    ssize_t got;

    while ((got = recv(fd, piece, sizeof(piece), 0)) > 0)
        buffer_append(&all, piece, (size_t)got);
    char *text = buffer_steal(&all);
    for (char *date = strstr(text, "Date: "); date; date = strstr(date, "Date: ")) {
        char *end = strstr(date, "\r\n");
        ck_assert_ptr_nonnull(end);
        memmove(date, end + 2, strlen(end + 2) + 1);
    }
    return text;
}

/* Reads until that text has come. */
static void hear_until(int fd, const char *wanted)
{
    cleanup_buffer struct buffer all = {0};
    char byte;

    while (!strstr(buffer_text(&all), wanted)) {
        ck_assert_msg(recv(fd, &byte, 1, 0) == 1, "the end instead of %s", wanted);
        buffer_append(&all, &byte, 1);
    }
}

/* Says a text in two pieces, ends its side, and hears. */
static char *ask(const struct http_server *server, const char *text, size_t length, size_t first)
{
    cleanup_close int fd = connect_to(server);

    ck_assert_int_ge(fd, 0);
    say(fd, text, first);
    if (first < length)
        say(fd, text + first, length - first);
    (void)shutdown(fd, SHUT_WR);
    return hear(fd);
}

static void wait_for_statistics(const struct http_server *server, uint64_t connections,
                                uint64_t in_flight)
{
    struct http_statistics now;

    do {
        (void)usleep(200);
        http_server_statistics(server, &now);
    } while (now.connections != connections || now.in_flight != in_flight);
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
#define POST(path, fields)                                                                         \
    "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n" fields
#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

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
            cleanup_free char *answer = ask(server, DIALOGUES[i].request, length, first);
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
            cleanup_free char *answer = ask(server, text.data, text.length, first);
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
    cleanup_free char *answer = ask(server, text.data, text.length, 100);
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
    cleanup_free char *answer = ask(server, text.data, text.length, 100);
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

/* A client that sends requests without waiting gets no more than its turn. */
START_TEST(floods_starve_nobody)
{
    enum { REQUESTS = 10000 };
    struct http_server *server = serve_with(1, (struct http_limits){0});
    cleanup_close int flooding = connect_to(server);
    cleanup_close int other = connect_to(server);
    cleanup_buffer struct buffer text = {0};

    flood.other = other;
    for (int i = 0; i < REQUESTS - 1; i++)
        buffer_append_text(&text, GET("/flood"));
    buffer_append_text(&text, "GET /flood HTTP/1.0\r\n\r\n");
    say(flooding, text.data, text.length);
    flood.sent = true;
    hear_until(other, "HTTP/1.1 200");
    cleanup_free char *answers = hear(flooding);
    ck_assert_int_eq(flood.flooded, REQUESTS);
    ck_assert_int_lt(flood.before_other, REQUESTS / 2);
    http_server_free(server);
}
END_TEST

/* The longest idle one goes; one that is in use never does. */
START_TEST(makes_room)
{
    struct http_server *server = serve((struct http_limits){.connections = 4});
    int fds[8];
    static const char never_text[] = POST("/never", "Content-Length: 0\r\n\r\n");
    static const char hello_text[] = GET("/hello");

    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
        fds[i] = connect_to(server);
        ck_assert_int_ge(fds[i], 0);
        say(fds[i], i < 2 ? never_text : hello_text,
            i < 2 ? sizeof(never_text) - 1 : sizeof(hello_text) - 1);
        if (i >= 2)
            hear_until(fds[i], "hello");
        if (i == 1)
            wait_for_statistics(server, 2, 2);
    }
    for (size_t i = 2; i < 6; i++) { /* all of these had to go */
        cleanup_free char *rest = hear(fds[i]);
        ck_assert_str_eq(rest, "");
    }
    say(fds[7], hello_text, sizeof(hello_text) - 1);
    hear_until(fds[7], "hello");
    wait_for_statistics(server, 4, 2); /* an answer counts as sent a moment after it was read */
    struct http_statistics now;
    http_server_statistics(server, &now);
    ck_assert_uint_eq(now.evicted, 4);
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
        (void)close(fds[i]);
    http_server_free(server);
}
END_TEST

/* Where all are in use a new one waits until there is room. */
START_TEST(waits_for_room)
{
    struct http_server *server = serve((struct http_limits){.connections = 2, .request = 100});
    static const char half[] = "GET /hello HT";
    static const char whole[] = GET("/hello");
    int fds[4];

    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
        fds[i] = connect_to(server);
        say(fds[i], half, sizeof(half) - 1);
    }
    cleanup_close int last = connect_to(server);
    say(last, whole, sizeof(whole) - 1);
    hear_until(last, "hello");
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
        cleanup_free char *answer = hear(fds[i]);
        /* On a slow machine one of them may be a second late, and has to make room by then. */
        ck_assert_msg(answer[0] == '\0' || strncmp(answer, "HTTP/1.1 408", 12) == 0, "%s", answer);
        (void)close(fds[i]);
    }
    http_server_free(server);
}
END_TEST

/* One that has only just come is not the one to go. */
START_TEST(new_connections_may_ask)
{
    struct http_server *server =
        serve_with(1, (struct http_limits){.connections = 1, .request = 60});
    static const char half[] = "GET /hello HT";
    static const char whole[] = GET("/hello");
    struct http_statistics now;
    cleanup_close int busy = connect_to(server);

    say(busy, half, sizeof(half) - 1);
    wait_for_statistics(server, 1, 0);
    cleanup_close int fresh = connect_to(server);
    do
        http_server_statistics(server, &now);
    while (now.accepted < 2);
    cleanup_free char *answer = hear(busy); /* its time ends: by then room has been looked for */
    ck_assert_msg(strncmp(answer, "HTTP/1.1 408", 12) == 0, "%s", answer);
    say(fresh, whole, sizeof(whole) - 1);
    hear_until(fresh, "hello");
    http_server_free(server);
}
END_TEST

static void limit_files(rlim_t count)
{
    struct rlimit files;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = count;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* Idle connections go before descriptors run out. */
START_TEST(fits_into_the_limit_of_files)
{
    static const char text[] = GET("/hello");
    struct http_statistics now;
    int fds[60];

    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    limit_files(64);
    struct http_server *server = serve((struct http_limits){0});
    limit_files(256); /* the clients are in this process too */
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
        fds[i] = connect_to(server);
        say(fds[i], text, sizeof(text) - 1);
        hear_until(fds[i], "hello");
    }
    http_server_statistics(server, &now);
    ck_assert_uint_eq(now.evicted, ARRAY_LENGTH(fds) - 48);
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
        (void)close(fds[i]);
    http_server_free(server);
}
END_TEST

START_TEST(accepts_again_when_there_are_descriptors)
{
    static const char text[] = GET("/hello");
    struct http_server *server = serve((struct http_limits){0});
    struct rlimit files;
    char log[256] = "";
    int ends[2], errors = dup(STDERR_FILENO);

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    cleanup_close int waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    limit_files((rlim_t)waiting + 1);
    ck_assert_int_eq(connect_socket(waiting, server), 0);
    say(waiting, text, sizeof(text) - 1);
    ssize_t told = read(ends[0], log, sizeof(log) - 1);
    limit_files(files.rlim_cur);
    ck_assert_int_eq(dup2(errors, STDERR_FILENO), STDERR_FILENO);
    ck_assert_msg(told > 0 && strstr(log, "cannot accept connections"), "%s", log);
    hear_until(waiting, "hello");
    (void)close(errors);
    (void)close(ends[0]);
    (void)close(ends[1]);
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
      memory_for_bodies_is_bounded, deadlines, dripping_does_not_help, floods_starve_nobody,
      makes_room, waits_for_room, new_connections_may_ask, fits_into_the_limit_of_files,
      accepts_again_when_there_are_descriptors, cancels_when_the_client_goes,
      cancels_when_the_server_ends, drains, draining_ends, addresses, taken_address)
