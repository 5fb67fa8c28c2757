#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/directory/deadline.h"
#include "lib/directory/dial.h"
#include "lib/directory/kdc.h"

enum {
    PREFIX = 4,              /* bytes of the length in front */
    REPLY_MAX = 1024 * 1024, /* a ticket with a large PAC has some 64 KiB */
};

static void close_line(struct kdc_line *line)
{
    close_at(&line->fd);
    line->fd = -1;
    free(STEAL(line->realm));
}

void kdc_line_end(struct kdc_line *line)
{
    if (line->fd >= 0)
        kerberos_give_idle(line->kerberos, line->realm, line->fd, line->generation);
    line->fd = -1;
    free(STEAL(line->realm));
}

static int open_line(struct kdc_line *line, const char *realm, struct error **err)
{
    struct kdc kdc;
    close_line(line);
    if (kerberos_kdc(line->kerberos, realm, line->deadline, &kdc, err) < 0)
        return -1;
    if (dial(&kdc.addresses, kdc.port, line->deadline, &line->fd, NULL, err) < 0) {
        line->fd = -1;
        return error_prefix(err, "cannot reach the KDC of %.300s on TCP port %u", realm, kdc.port);
    }
    line->realm = xstrdup(realm);
    line->generation = kdc.generation;
    kerberos_count_connection(line->kerberos);
    return 0;
}

/* Waits until the socket can be read or written. */
static int wait_for(const struct kdc_line *line, short events, struct error **err)
{
    struct pollfd poll_for = {.fd = line->fd, .events = events};
    for (;;) {
        int left = deadline_left(line->deadline);
        int ready = poll(&poll_for, 1, left);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot wait for a KDC");
        if (ready == 0 && deadline_left(line->deadline) == 0)
            return error_set(err, ERROR_UNAVAILABLE, "the KDC of %.300s did not answer in time",
                             line->realm);
    }
}

static int broken(const struct kdc_line *line, int number, struct error **err)
{
    return error_set_errno(err, ERROR_UNAVAILABLE, number, "the connection to the KDC of %.300s",
                           line->realm);
}

static int send_request(const struct kdc_line *line, struct slice request, struct error **err)
{
    uint32_t length = htonl((uint32_t)request.length);
    struct iovec parts[] = {{&length, PREFIX}, {(void *)request.data, request.length}};
    size_t at = 0;
    while (at < 2) {
        struct msghdr message = {.msg_iov = parts + at, .msg_iovlen = 2 - at};
        if (wait_for(line, POLLOUT, err) < 0)
            return -1;
        ssize_t sent = sendmsg(line->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return broken(line, errno, err);
        for (size_t left = sent > 0 ? (size_t)sent : 0; at < 2;) {
            size_t part = left < parts[at].iov_len ? left : parts[at].iov_len;
            parts[at].iov_base = (char *)parts[at].iov_base + part;
            parts[at].iov_len -= part;
            left -= part;
            if (parts[at].iov_len > 0)
                break;
            at++;
        }
    }
    return 0;
}

/* Reads exactly `length` bytes. */
static int receive(const struct kdc_line *line, void *data, size_t length, struct error **err)
{
    size_t have = 0;
    while (have < length) {
        if (wait_for(line, POLLIN, err) < 0)
            return -1;
        ssize_t got = recv(line->fd, (char *)data + have, length - have, 0);
        if (got == 0)
            return broken(line, ECONNRESET, err);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return broken(line, errno, err);
        have += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static int receive_reply(const struct kdc_line *line, struct buffer *reply, struct error **err)
{
    uint32_t prefix;
    if (receive(line, &prefix, PREFIX, err) < 0)
        return -1;
    size_t length = ntohl(prefix);
    if (length == 0 || length > REPLY_MAX)
        return error_set(err, ERROR_PROTOCOL, "the KDC of %.300s sent what is no answer",
                         line->realm);
    buffer_reserve(reply, length);
    if (receive(line, reply->data + reply->length, length, err) < 0)
        return -1;
    reply->length += length;
    return 0;
}

static int attempt(const struct kdc_line *line, struct slice request, struct buffer *reply,
                   struct error **err)
{
    if (send_request(line, request, err) < 0 || receive_reply(line, reply, err) < 0)
        return -1;
    kerberos_count_exchange(line->kerberos);
    return 0;
}

/* Whether there is a connection that was used before, by this user or another. */
static bool have_used_line(struct kdc_line *line, const char *realm)
{
    if (line->fd >= 0 && strcmp(line->realm, realm) == 0)
        return true;
    close_line(line);
    line->fd = kerberos_take_idle(line->kerberos, realm, &line->generation);
    if (line->fd >= 0)
        line->realm = xstrdup(realm);
    return line->fd >= 0;
}

int kdc_exchange(struct kdc_line *line, const char *realm, struct slice request,
                 struct buffer *reply, struct error **err)
{
    /* A KDC may have closed a connection since; then a new one is opened. */
    if (have_used_line(line, realm) && attempt(line, request, reply, NULL) == 0)
        return 0;
    if (open_line(line, realm, err) < 0)
        return -1;
    if (attempt(line, request, reply, err) == 0)
        return 0;
    close_line(line);
    return -1;
}
