/* A server for the tests of lib/http, with handlers that are as cheap as can be.
 *
 *   echo_server listen=127.0.0.1:0 [cert=FILE key=FILE [client_ca=FILE]] [NAME=NUMBER...]
 *
 * Prints its address, serves until SIGTERM, drains, and exits 0. The numbers are those of struct
 * http_limits, and `workers`.
 *
 *   POST /verdict         a small fixed answer (application/json only)
 *   POST /echo            the body
 *   POST /later?MS        the length of the body, after so many milliseconds; `never` never
 *   GET  /large?BYTES     that much
 *   GET  /statistics      what http_server_statistics() says, and answers by status
 */
#include <event2/event.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/certificate.h"
#include "lib/http/server.h"

struct program {
    struct http_settings http;
    struct certificate_settings tls;
    struct http_server *server;
    _Atomic unsigned long statuses[600];
    _Atomic unsigned long cancelled;
};

static void *create_worker(struct event_base *base, unsigned index, void *context)
{
    (void)index;
    (void)context;
    return base;
}

static void count(const struct http_outcome *outcome, void *worker, void *context)
{
    struct program *program = context;

    (void)worker;
    if (outcome->status >= 0 && outcome->status < 600)
        program->statuses[outcome->status]++;
}

static void answer_verdict(struct http_exchange *exchange, void *context)
{
    (void)context;
    buffer_append_text(&exchange->response.body,
                       "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                       "\"response\":{\"uid\":\"705ab4f5-6393-11e8-b7cc-42010a800002\","
                       "\"allowed\":true}}");
}

static void answer_echo(struct http_exchange *exchange, void *context)
{
    (void)context;
    exchange->response.content_type = "application/octet-stream";
    buffer_append(&exchange->response.body, exchange->request.body.data,
                  exchange->request.body.length);
}

static void answer_large(struct http_exchange *exchange, void *context)
{
    static const char line[] = "a line of sixty-four bytes, again and again until it is enough.\n";
    unsigned long left =
        strtoul(exchange->request.query.data ? exchange->request.query.data : "", NULL, 10);

    (void)context;
    exchange->response.content_type = "text/plain";
    for (; left > 0 && left <= 1UL << 30; left -= left < 64 ? left : 64)
        buffer_append(&exchange->response.body, line, left < 64 ? left : 64);
}

/* A handler that waits: here for a clock, in earnest for somebody else's answer. */
struct wait {
    struct http_exchange *exchange;
    struct event *timer;
    struct program *program;
};

static void finish_wait(evutil_socket_t fd, short events, void *context)
{
    struct wait *wait = context;
    struct http_exchange *exchange = wait->exchange;
    size_t lines = 0;

    (void)fd;
    (void)events;
    /* The body is looked at only now: it must still be there. */
    for (size_t i = 0; i < exchange->request.body.length; i++)
        lines += exchange->request.body.data[i] == '\n';
    buffer_append_format(&exchange->response.body, "%zu bytes, %zu lines\n",
                         exchange->request.body.length, lines);
    event_free(wait->timer);
    http_exchange_answer(exchange);
}

static void forget_wait(struct http_exchange *exchange, void *context)
{
    struct wait *wait = context;

    (void)exchange;
    event_free(wait->timer);
    wait->program->cancelled++;
}

static void answer_later(struct http_exchange *exchange, void *context)
{
    struct slice query = exchange->request.query;
    struct wait *wait = arena_allocate(&exchange->arena, sizeof(*wait));

    *wait = (struct wait){.exchange = exchange, .program = context};
    wait->timer = event_new(exchange->worker, -1, 0, finish_wait, wait);
    exchange->response.content_type = "text/plain";
    http_exchange_defer(exchange, forget_wait, wait);
    if (slice_is(query, "never"))
        return;
    unsigned long ms = strtoul(query.data ? query.data : "0", NULL, 10);
    struct timeval time = {.tv_sec = (time_t)(ms / 1000),
                           .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    event_add(wait->timer, &time);
}

static void answer_statistics(struct http_exchange *exchange, void *context)
{
    struct program *program = context;
    struct buffer *body = &exchange->response.body;
    struct http_statistics now;
    struct certificate_status tls = {0};

    http_server_statistics(program->server, &now);
    if (program->http.certificates)
        certificate_store_status(program->http.certificates, &tls);
    exchange->response.content_type = "text/plain";
    buffer_append_format(body, "accepted %lu\nhandshakes_failed %lu\ntimed_out %lu\nevicted %lu\n",
                         now.accepted, now.handshakes_failed, now.timed_out, now.evicted);
    buffer_append_format(body, "connections %lu\nin_flight %lu\nbody_memory %lu\ncancelled %lu\n",
                         now.connections, now.in_flight, now.body_memory, program->cancelled);
    buffer_append_format(body, "certificate_reads %lu\ncertificate_errors %lu\n", tls.reads,
                         tls.errors);
    for (size_t i = 0; i < ARRAY_LENGTH(program->statuses); i++)
        if (program->statuses[i])
            buffer_append_format(body, "status_%zu %lu\n", i, program->statuses[i]);
}

/* NAME=NUMBER */
static bool read_number(struct program *program, const char *name, long long number)
{
    struct http_limits *limits = &program->http.limits;
    const struct {
        const char *name;
        size_t *size;
        int64_t *time;
    } known[] = {
        {"head", &limits->head, NULL},
        {"body", &limits->body, NULL},
        {"all_bodies", &limits->all_bodies, NULL},
        {"connections", &limits->connections, NULL},
        {"handshake", NULL, &limits->handshake},
        {"request", NULL, &limits->request},
        {"idle", NULL, &limits->idle},
        {"linger", NULL, &limits->linger},
        {"quiet", NULL, &limits->quiet},
        {"drain", NULL, &limits->drain},
        {"poll", NULL, &program->tls.poll},
    };

    if (strcmp(name, "workers") == 0) {
        program->http.workers = (unsigned)number;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (strcmp(name, known[i].name) != 0)
            continue;
        if (known[i].size)
            *known[i].size = (size_t)number;
        if (known[i].time)
            *known[i].time = number;
        return true;
    }
    return false;
}

static bool read_argument(struct program *program, char *argument)
{
    char *value = strchr(argument, '=');

    if (!value)
        return false;
    *value++ = '\0';
    const struct {
        const char *name, **text;
    } known[] = {
        {"listen", &program->http.listen},
        {"cert", &program->tls.certificate},
        {"key", &program->tls.key},
        {"client_ca", &program->tls.client_ca},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (strcmp(argument, known[i].name) == 0) {
            *known[i].text = value;
            return true;
        }
    }
    return read_number(program, argument, strtoll(value, NULL, 10));
}

static int serve(struct program *program)
{
    cleanup_error struct error *error = NULL;
    sigset_t ends;
    int signal_number;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (program->tls.certificate)
        program->http.certificates = certificate_store_create(&program->tls, &error);
    if (!error)
        program->server = http_server_create(&program->http, &error);
    if (error || http_server_start(program->server, &error) < 0) {
        (void)fprintf(stderr, "echo_server: %s\n", error->message);
        return 1;
    }
    (void)printf("%s\n", http_server_address(program->server));
    (void)fflush(stdout);
    (void)sigwait(&ends, &signal_number);
    http_server_drain(program->server);
    http_server_join(program->server);
    return 0;
}

int main(int argc, char **argv)
{
    static struct program program;
    static const char json[] = "application/json";
    const struct http_route routes[] = {
        {"/verdict", "POST", json, answer_verdict, NULL},
        {"/echo", "POST", NULL, answer_echo, NULL},
        {"/later", "POST", NULL, answer_later, &program},
        {"/large", "GET", NULL, answer_large, NULL},
        {"/statistics", "GET", NULL, answer_statistics, &program},
        {NULL},
    };

    (void)mallopt(M_ARENA_MAX, 1);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    program.http = (struct http_settings){
        .listen = "127.0.0.1:0",
        .routes = routes,
        .worker_create = create_worker,
        .observer = count,
        .context = &program,
    };
    for (int i = 1; i < argc; i++) {
        if (!read_argument(&program, argv[i])) {
            (void)fprintf(stderr, "echo_server: what is '%s'?\n", argv[i]);
            return 2;
        }
    }
    int status = serve(&program);
    http_server_free(program.server);
    certificate_store_free(program.http.certificates);
    return status;
}
