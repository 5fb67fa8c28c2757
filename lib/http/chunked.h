/* Bodies in chunks (RFC 9112, 7.1): put together in place, as they come. */
#ifndef GMSA_HTTP_CHUNKED_H
#define GMSA_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed for a new body. */
struct http_chunks {
    int state;
    uint64_t left;   /* data of the present chunk that is still to come */
    size_t overhead; /* bytes of the present chunk's extension, or of all trailer fields */
};

/* Reads from data[*at] to data[length - 1]; moves the body's bytes down to data[*body_end], which
 * is never behind *at, and advances both. Returns 0 where more must come, 1 at the end (*at is then
 * behind the last byte), or the status to refuse with: 400, or 413 where the body would be longer
 * than `left` more bytes. Extensions and trailer fields are checked for length and dropped. */
int http_chunks_read(struct http_chunks *chunks, char *data, size_t *at, size_t length,
                     size_t *body_end, size_t left);

#endif
