/* The head of an HTTP/1.1 request: RFC 9112 without its leniencies, so that no proxy in front can
 * take the same bytes for other requests than we do. */
#ifndef GMSA_HTTP_REQUEST_H
#define GMSA_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/http/server.h"

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };

/* What the head says about the message; kept while the body is read. */
struct http_head {
    size_t length; /* of the head, its empty line included */
    enum http_framing framing;
    uint64_t content_length; /* UINT64_MAX where the number is larger still */
    bool keep_alive;         /* may the client send another request on this connection? */
    bool expects_continue;
};

/* How far the search for the end of a head has come. Zeroed for a new request. */
struct http_head_search {
    size_t scanned; /* bytes looked at */
    size_t line;    /* where the present line begins */
    size_t begin;   /* where the request line begins: behind empty lines */
};

/* Looks for the empty line. Returns the length of the head, 0 where more must come, or -1 for what
 * cannot become a request: a line that does not end with CRLF. Empty lines in front of the request
 * line are skipped and count as part of the head. Bytes seen before are not looked at again. */
long http_head_find(struct http_head_search *search, const char *data, size_t length);

/* Reads a whole head. Returns 0, or the status to refuse with (400, 417, 431, 501, 505) and why. */
int http_head_parse(const char *data, size_t length, struct http_request *request,
                    struct http_head *head, const char **why);

/* Whether a Content-Type value names this media type, parameters and case ignored. */
bool http_media_type_is(struct slice value, const char *media_type);

#endif
