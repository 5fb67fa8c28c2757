#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"

int connect_socket(int fd, const struct http_server *server)
{
    const char *colon = strrchr(http_server_address(server), ':');
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

int connect_to(const struct http_server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect_socket(fd, server) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void say(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t put = send(fd, text, length, MSG_NOSIGNAL);
        if (put <= 0)
            return; /* the server may have heard enough */
        text += put;
        length -= (size_t)put;
    }
}

char *hear(int fd)
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

void hear_until(int fd, const char *wanted)
{
    cleanup_buffer struct buffer all = {0};
    char byte;

    while (!strstr(buffer_text(&all), wanted)) {
        ck_assert_msg(recv(fd, &byte, 1, 0) == 1, "the end instead of %s", wanted);
        buffer_append(&all, &byte, 1);
    }
}

char *say_and_hear(const struct http_server *server, const char *text, size_t length, size_t first)
{
    cleanup_close int fd = connect_to(server);

    ck_assert_int_ge(fd, 0);
    say(fd, text, first);
    if (first < length)
        say(fd, text + first, length - first);
    (void)shutdown(fd, SHUT_WR);
    return hear(fd);
}

void wait_for_statistics(const struct http_server *server, uint64_t connections, uint64_t in_flight)
{
    struct http_statistics now;

    do {
        (void)usleep(200);
        http_server_statistics(server, &now);
    } while (now.connections != connections || now.in_flight != in_flight);
}
