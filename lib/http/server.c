#include "lib/http/server.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/worker.h"

static void fill_limits(struct http_limits *limits)
{
    const struct http_limits defaults = {
        .head = (size_t)16 * 1024,
        .body = (size_t)8 * 1024 * 1024,
        .all_bodies = (size_t)256 * 1024 * 1024,
        .connections = 1024,
        .handshake = 10000,
        .request = 10000,
        .idle = 120000,
        .linger = 2000,
        .quiet = 1000,
        .drain = 20000,
    };
#define DEFAULT(member) limits->member = limits->member ? limits->member : defaults.member
    DEFAULT(head);
    DEFAULT(body);
    DEFAULT(all_bodies);
    DEFAULT(connections);
    DEFAULT(handshake);
    DEFAULT(request);
    DEFAULT(idle);
    DEFAULT(linger);
    DEFAULT(quiet);
    DEFAULT(drain);
#undef DEFAULT
}

/* More connections than descriptors would leave new ones waiting where idle ones could go. A
 * quarter is for everything else. */
static void fit_connections(struct http_limits *limits)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || limits->connections <= files.rlim_cur / 4 * 3)
        return;
    limits->connections = files.rlim_cur / 4 * 3;
    log_warning("fewer connections than wanted: raise the limit of open files (ulimit -n)",
                log_integer("connections", (int64_t)limits->connections));
}

struct http_server *http_server_create(const struct http_settings *settings, struct error **err)
{
    cleanup_http_server struct http_server *server = xcalloc(1, sizeof(*server));

    server->settings = *settings;
    server->settings.listen = NULL; /* the caller's text need not live on */
    fill_limits(&server->settings.limits);
    fit_connections(&server->settings.limits);
    if (listener_open(&server->listener, settings->listen, &server->address, err) < 0)
        return NULL;
    unsigned count = settings->workers ? settings->workers : 1;
    server->workers = xcalloc(count, sizeof(*server->workers));
    for (unsigned i = 0; i < count; i++) {
        server->workers[i].wake_fd = -1;
        server->worker_count = i + 1;
        if (worker_init(&server->workers[i], server, i, err) < 0)
            return NULL;
    }
    if (listener_start(&server->workers[0], err) < 0)
        return NULL;
    return STEAL(server);
}

const char *http_server_address(const struct http_server *server)
{
    return server->address;
}

int http_server_start(struct http_server *server, struct error **err)
{
    sigset_t all, before;
    int failed = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited; SIGPIPE included */
    for (unsigned i = 0; i < server->worker_count && !failed; i++) {
        struct worker *worker = &server->workers[i];
        failed = pthread_create(&worker->thread, NULL, worker_run, worker);
        worker->started = !failed;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? error_set_errno(err, ERROR_UNAVAILABLE, failed, "cannot start a thread") : 0;
}

static void wake_all(struct http_server *server)
{
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_wake(&server->workers[i]);
}

void http_server_drain(struct http_server *server)
{
    atomic_store(&server->draining, true);
    wake_all(server);
}

void http_server_join(struct http_server *server)
{
    for (unsigned i = 0; i < server->worker_count; i++) {
        if (server->workers[i].started)
            (void)pthread_join(server->workers[i].thread, NULL);
        server->workers[i].started = false;
    }
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    atomic_store(&server->stopping, true);
    wake_all(server);
    http_server_join(server);
    if (server->worker_count)
        listener_close(&server->workers[0]);
    else if (server->listener.fd >= 0)
        (void)close(server->listener.fd);
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_release(&server->workers[i]);
    free(server->workers);
    free(server->address);
    free(server);
}

void http_server_statistics(const struct http_server *server, struct http_statistics *statistics)
{
    uint64_t sums[COUNTER_COUNT] = {0};

    *statistics = (struct http_statistics){0};
    for (unsigned i = 0; i < server->worker_count; i++) {
        const struct worker *worker = &server->workers[i];
        for (int counter = 0; counter < COUNTER_COUNT; counter++)
            sums[counter] += atomic_load_explicit(&worker->counters[counter], memory_order_relaxed);
        statistics->connections += atomic_load_explicit(&worker->connections, memory_order_relaxed);
    }
    statistics->accepted = sums[COUNTER_ACCEPTED];
    statistics->handshakes_failed = sums[COUNTER_HANDSHAKES_FAILED];
    statistics->timed_out = sums[COUNTER_TIMED_OUT];
    statistics->evicted = sums[COUNTER_EVICTED];
    statistics->in_flight = sums[COUNTER_IN_FLIGHT];
    statistics->body_memory = atomic_load_explicit(&server->body_memory, memory_order_relaxed);
}
