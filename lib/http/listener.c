#include "lib/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/worker.h"

enum { BACKLOG = 1024, ACCEPTS_AT_ONCE = 16 };

static const int64_t MILLISECOND = 1000000;

/* --- Address ---------------------------------------------------------------------------------- */

struct place {
    char host[64];
    char port[8];
    bool any; /* no host given, or [::]: IPv4 will do where there is no IPv6 */
};

static int read_place(const char *text, struct place *place, struct error **err)
{
    const char *colon = strrchr(text, ':');
    const char *host = text;
    size_t length = colon ? (size_t)(colon - text) : 0;

    if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    } else if (length > 0 && memchr(host, ':', length)) {
        colon = NULL; /* an IPv6 address without brackets: where does it end? */
    }
    if (!colon || length >= sizeof(place->host) || strlen(colon + 1) >= sizeof(place->port) ||
        !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtoul(colon + 1, NULL, 10) > 65535)
        return error_set(err, ERROR_INPUT,
                         "cannot listen on '%s': write ADDRESS:PORT, as in [::]:8443 or "
                         "127.0.0.1:8443",
                         text);
    memcpy(place->host, host, length);
    place->host[length] = '\0';
    memcpy(place->port, colon + 1, strlen(colon + 1) + 1);
    place->any = length == 0 || strcmp(place->host, "::") == 0;
    if (length == 0)
        memcpy(place->host, "::", 3);
    return 0;
}

static char *name_address(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);
    char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";

    (void)getsockname(fd, (struct sockaddr *)&address, &length);
    (void)getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
                      NI_NUMERICHOST | NI_NUMERICSERV);
    return xasprintf(address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int open_socket(const struct addrinfo *info)
{
    static const int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    /* Accepted sockets inherit it. Without it, whatever needs two packets waits for the client's
     * delayed acknowledgement: 40 ms an answer. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int number = errno;
    (void)close(fd);
    errno = number;
    return -1;
}

static int open_place(const struct place *place, const char *text, struct error **err)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *info = NULL;

    if (getaddrinfo(place->host, place->port, &hints, &info) != 0)
        return error_set(err, ERROR_INPUT,
                         "cannot listen on '%s': '%s' is not an IP address of this machine", text,
                         place->host);
    int fd = open_socket(info);
    int number = errno;
    freeaddrinfo(info);
    if (fd < 0 && place->any && (number == EAFNOSUPPORT || number == EADDRNOTAVAIL)) {
        struct place other = *place;
        memcpy(other.host, "0.0.0.0", sizeof("0.0.0.0"));
        other.any = false;
        return open_place(&other, text, err);
    }
    if (fd < 0)
        return error_set_errno(err,
                               number == EACCES          ? ERROR_DENIED
                               : number == EADDRINUSE    ? ERROR_UNAVAILABLE
                               : number == EADDRNOTAVAIL ? ERROR_INPUT
                                                         : ERROR_INTERNAL,
                               number, "cannot listen on %s", text);
    return fd;
}

int listener_open(struct listener *listener, const char *text, char **address, struct error **err)
{
    struct place place;

    listener->fd = -1;
    if (read_place(text, &place, err) < 0)
        return -1;
    listener->fd = open_place(&place, text, err);
    if (listener->fd < 0)
        return -1;
    *address = name_address(listener->fd);
    return 0;
}

/* --- Accepting -------------------------------------------------------------------------------- */

static struct listener *listener_of(const struct worker *worker)
{
    return worker->index == 0 ? &worker->server->listener : NULL;
}

static void watch(struct listener *listener, bool watched)
{
    if (!listener->event || listener->watched == watched)
        return;
    listener->watched = watched;
    if (watched)
        (void)event_add(listener->event, NULL);
    else
        (void)event_del(listener->event);
}

/* Counted here, so that several connections accepted at once spread too. */
static void deal(struct worker *first, int fd)
{
    struct http_server *server = first->server;
    struct worker *chosen = first;

    /* Of several with the fewest, the one whose turn it is. */
    for (unsigned i = 0; i < server->worker_count && !first->draining; i++) {
        unsigned index = (server->listener.turn + i) % server->worker_count;
        struct worker *worker = &server->workers[index];
        if (i == 0 || atomic_load_explicit(&worker->connections, memory_order_relaxed) <
                          atomic_load_explicit(&chosen->connections, memory_order_relaxed))
            chosen = worker;
    }
    server->listener.turn = chosen->index + 1;
    atomic_fetch_add_explicit(&chosen->connections, 1, memory_order_relaxed);
    if (chosen != first && worker_post(chosen, fd))
        return;
    if (chosen != first) {
        atomic_fetch_sub_explicit(&chosen->connections, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&first->connections, 1, memory_order_relaxed);
    }
    worker_adopt(first, fd);
}

static bool is_full(const struct http_server *server)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < server->worker_count; i++)
        all += atomic_load_explicit(&server->workers[i].connections, memory_order_relaxed);
    return all > server->settings.limits.connections;
}

static void on_accept(evutil_socket_t fd, short events, void *context)
{
    struct worker *worker = context;
    struct http_server *server = worker->server;

    (void)events;
    worker_look_at_clock(worker);
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        if (is_full(server)) {
            /* Set before looking again: a worker that closes one in between wakes us. */
            atomic_store(&server->paused, true);
            watch(&server->listener, false);
            if (is_full(server))
                return;
            listener_resume(worker);
        }
        // cppcheck-suppress nullPointer; accept4(2): NULL where the address is not wanted
        int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0) {
            server->listener.failing = false;
            worker_count(worker, COUNTER_ACCEPTED, 1);
            deal(worker, accepted);
            continue;
        }
        /* Else nothing waits, or what waited has gone again. */
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            if (!server->listener.failing)
                log_warning("cannot accept connections", log_text("error", strerror(errno)));
            server->listener.failing = true;
            watch(&server->listener, false);
            server->listener.retry = worker->now + 100 * MILLISECOND;
            worker_start_tick(worker);
        }
        return;
    }
}

int listener_start(struct worker *first, struct error **err)
{
    struct listener *listener = listener_of(first);

    listener->event = event_new(first->base, listener->fd, EV_READ | EV_PERSIST, on_accept, first);
    if (!listener->event)
        return error_set(err, ERROR_INTERNAL, "cannot watch the listening socket");
    watch(listener, true);
    return 0;
}

void listener_resume(struct worker *worker)
{
    struct listener *listener = listener_of(worker);

    if (!listener || listener->fd < 0 || listener->retry || is_full(worker->server))
        return;
    atomic_store(&worker->server->paused, false);
    watch(listener, true);
}

/* --- Ending ----------------------------------------------------------------------------------- */

bool listener_is_open(const struct worker *worker)
{
    const struct listener *listener = listener_of(worker);

    return listener && listener->fd >= 0;
}

/* Closing a listening socket resets the connections in its queue, on which a client may have sent a
 * request already. So first the system is told to drop connection attempts (packets with SYN and
 * without ACK; the filter sees the TCP header), then everything in the queue is accepted while
 * handshakes that have begun come to their end, and only then is the socket closed. */
void listener_drain(struct worker *worker)
{
    static const struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13), /* TCP flags */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const struct sock_fprog program = {.len = ARRAY_LENGTH(code),
                                       .filter = (struct sock_filter *)(uintptr_t)code};
    struct listener *listener = listener_of(worker);

    if (!listener || listener->fd < 0)
        return;
    (void)setsockopt(listener->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    /* Round trips within a cluster take less; the rest of the quiet time is for connections. */
    listener->closes = worker->now + worker->server->settings.limits.quiet * MILLISECOND / 4;
}

void listener_tick(struct worker *worker)
{
    struct listener *listener = listener_of(worker);

    if (!listener || listener->fd < 0)
        return;
    if (listener->retry && worker->now >= listener->retry) {
        listener->retry = 0;
        listener_resume(worker);
    }
    if (listener->closes && worker->now >= listener->closes) {
        on_accept(listener->fd, 0, worker);
        listener_close(worker);
    }
}

bool listener_waits(const struct worker *worker)
{
    const struct listener *listener = listener_of(worker);

    return listener && (listener->retry || listener->closes);
}

void listener_close(struct worker *worker)
{
    struct listener *listener = listener_of(worker);

    if (!listener)
        return;
    if (listener->event)
        event_free(listener->event);
    listener->event = NULL;
    listener->watched = false;
    listener->retry = listener->closes = 0;
    if (listener->fd >= 0)
        (void)close(listener->fd);
    listener->fd = -1;
}
