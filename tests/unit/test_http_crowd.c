/* More clients, or busier ones, than the server has room for. */
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/server.h"
#include "tests/support/http_client.h"
#include "tests/support/suite.h"

static void hello(struct http_exchange *exchange, void *context)
{
    (void)context;
    buffer_append_text(&exchange->response.body, "hello");
}

static void never(struct http_exchange *exchange, void *context)
{
    (void)context;
    http_exchange_defer(exchange, NULL, NULL);
}

/* One client floods; at its hundredth request another one asks too. */
static struct {
    _Atomic bool sent;
    _Atomic int flooded, before_other;
    int other;
} flood;

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
    {"/hello", "GET", NULL, hello, NULL},
    {"/never", "POST", NULL, never, NULL},
    {"/flood", "GET", NULL, count_flood, NULL},
    {"/other", "GET", NULL, look_at_flood, NULL},
    {NULL},
};

static struct http_server *serve_with(unsigned workers, struct http_limits limits)
{
    const struct http_settings settings = {
        .listen = "127.0.0.1:0", .workers = workers, .routes = ROUTES, .limits = limits};
    struct http_server *server = http_server_create(&settings, NULL);

    ck_assert_ptr_nonnull(server);
    ck_assert_int_eq(http_server_start(server, NULL), 0);
    return server;
}

static struct http_server *serve(struct http_limits limits)
{
    return serve_with(2, limits);
}

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

SUITE("http_crowd", floods_starve_nobody, makes_room, waits_for_room, new_connections_may_ask,
      fits_into_the_limit_of_files, accepts_again_when_there_are_descriptors)
