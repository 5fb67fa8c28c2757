/* A client for servers of lib/http in the same process: plain TCP, byte by byte as a test wants it.
 */
#ifndef GMSA_TESTS_SUPPORT_HTTP_CLIENT_H
#define GMSA_TESTS_SUPPORT_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/http/server.h"

#define POST(path, fields)                                                                         \
    "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n" fields
#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

/* A socket that is connected to the server's port on 127.0.0.1; -1 where that fails. */
int connect_to(const struct http_server *server);
/* The same with a socket that is there already; 0 or -1. */
int connect_socket(int fd, const struct http_server *server);

/* Sends it all, unless the server has heard enough. */
void say(int fd, const char *text, size_t length);
/* Everything until the server closes, with the dates taken out. The caller frees it. */
char *hear(int fd);
/* Reads until that text has come; the test fails where the connection ends first. */
void hear_until(int fd, const char *wanted);
/* On a new connection: says a text in two pieces, ends its side, and hears. */
char *say_and_hear(const struct http_server *server, const char *text, size_t length, size_t first);

/* Until the server counts so many. */
void wait_for_statistics(const struct http_server *server, uint64_t connections,
                         uint64_t in_flight);

#endif
