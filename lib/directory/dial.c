#include "lib/directory/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/directory/deadline.h"

/* Attempts under way: polls[i] is that of addresses->items[i], -1 where it is over. */
struct attempts {
    const struct addresses *addresses;
    uint16_t port;
    struct pollfd polls[RESOLVER_ADDRESSES_MAX];
    size_t begun, open;
    int number; /* errno of the latest failure */
};

static void attempts_release(struct attempts *attempts)
{
    for (size_t i = 0; i < attempts->begun; i++)
        if (attempts->polls[i].fd >= 0)
            (void)close(attempts->polls[i].fd);
}
#define cleanup_attempts __attribute__((cleanup(attempts_release)))

static void set_port(struct sockaddr_storage *socket, uint16_t port)
{
    if (socket->ss_family == AF_INET)
        ((struct sockaddr_in *)(void *)socket)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)(void *)socket)->sin6_port = htons(port);
}

/* Begins the next attempt; true when it is connected at once. */
static bool begin_next(struct attempts *attempts)
{
    const struct address *address = &attempts->addresses->items[attempts->begun];
    struct sockaddr_storage to = address->socket;
    int one = 1;
    set_port(&to, attempts->port);
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    attempts->polls[attempts->begun++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    if (fd < 0) {
        attempts->number = errno;
        return false;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&to, address->length) == 0)
        return true;
    if (errno == EINPROGRESS) {
        attempts->open++;
        return false;
    }
    attempts->number = errno;
    (void)close(fd);
    attempts->polls[attempts->begun - 1].fd = -1;
    return false;
}

/* The index of an attempt that has succeeded, or `begun`. Drops those that failed. */
static size_t look_at(struct attempts *attempts)
{
    for (size_t i = 0; i < attempts->begun; i++) {
        struct pollfd *poll = &attempts->polls[i];
        int number = 0;
        socklen_t size = sizeof number;
        if (poll->fd < 0 || !poll->revents)
            continue;
        if (getsockopt(poll->fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 && number == 0)
            return i;
        attempts->number = number;
        attempts->open--;
        (void)close(poll->fd);
        poll->fd = -1;
    }
    return attempts->begun;
}

/* The index of the address that is connected; the number of addresses when none is. */
static size_t connect_any(struct attempts *attempts, int64_t deadline)
{
    size_t count = attempts->addresses->count;
    while (deadline_left(deadline) > 0 && (attempts->begun < count || attempts->open > 0)) {
        if (attempts->begun < count && begin_next(attempts))
            return attempts->begun - 1;
        int64_t turn =
            attempts->begun < count ? deadline_within(deadline, DIAL_HEAD_START) : deadline;
        size_t open = attempts->open;
        while (attempts->open == open && open > 0 && deadline_left(turn) > 0) {
            if (poll(attempts->polls, attempts->begun, deadline_left(turn)) <= 0)
                continue;
            size_t done = look_at(attempts);
            if (done < attempts->begun)
                return done;
        }
    }
    return count;
}

int dial(const struct addresses *addresses, uint16_t port, int64_t deadline, int *fd,
         size_t *chosen, struct error **err)
{
    cleanup_attempts struct attempts attempts = {.addresses = addresses, .port = port};
    char text[ADDRESS_TEXT_MAX] = "";
    size_t done = connect_any(&attempts, deadline);
    if (done < addresses->count) {
        *fd = attempts.polls[done].fd;
        attempts.polls[done].fd = -1;
        if (chosen)
            *chosen = done;
        return 0;
    }
    if (addresses->count == 0)
        return error_set(err, ERROR_UNAVAILABLE, "there is no address to connect to");
    address_text(&addresses->items[0], text);
    if (attempts.number == 0 || attempts.open > 0)
        return error_set(err, ERROR_UNAVAILABLE, "%s, port %u: no answer in time", text, port);
    return error_set_errno(err, ERROR_UNAVAILABLE, attempts.number, "%s, port %u", text, port);
}
