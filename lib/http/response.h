/* Heads of answers. */
#ifndef GMSA_HTTP_RESPONSE_H
#define GMSA_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/common/buffer.h"

/* Room kept in front of a body for its head. */
enum { HTTP_HEAD_ROOM = 512 };

/* "Not Found"; "Unknown" for a status without a registered name. */
const char *http_status_text(int status);

/* The value of a Date field, remade when the second changes. */
struct http_date {
    time_t second;
    char text[32]; /* "Sun, 06 Nov 1994 08:49:37 GMT" */
};
void http_date_update(struct http_date *date, time_t now);

struct http_answer {
    int status;
    const char *content_type;
    const char *fields; /* more of them, each with its CRLF; or NULL */
    bool close;         /* the connection ends with this answer */
    bool no_body;       /* to HEAD: the length is told, the body is not sent */
};

/* Puts a head in front of the body, which stands behind HTTP_HEAD_ROOM bytes of `out`. What must
 * be sent is then the end of `out`, from the offset that is returned. A head that is larger than
 * its room pushes the body back. */
size_t http_response_finish(struct buffer *out, const struct http_answer *answer,
                            const struct http_date *date);

#endif
