#include "lib/http/chunked.h"

#include <stdbool.h>
#include <string.h>

enum { EXTENSION_MAX = 256, TRAILERS_MAX = 4096 };

enum state {
    SIZE_FIRST, /* the first digit of a chunk's size */
    SIZE,
    EXTENSION,
    SIZE_FEED, /* the LF of the size's line */
    DATA,
    DATA_RETURN,
    DATA_FEED,
    TRAILER_FIRST, /* the first byte of a line behind the last chunk */
    TRAILER,
    TRAILER_FEED,
    LAST_FEED,
};

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_text(char c)
{
    return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

/* One byte of the size. The size is bounded by what is left of the body, not by its digits. */
static int read_size(struct http_chunks *chunks, char c, size_t left)
{
    int value = digit(c);
    if (value >= 0) {
        if (chunks->left > left / 16)
            return 413;
        chunks->left = chunks->left * 16 + (unsigned)value;
        if (chunks->left > left)
            return 413;
        if (++chunks->overhead > EXTENSION_MAX)
            return 400; /* zeros without end */
        chunks->state = SIZE;
        return 0;
    }
    if (chunks->state == SIZE_FIRST)
        return 400;
    chunks->overhead = 0;
    chunks->state = c == '\r' ? SIZE_FEED : EXTENSION;
    return c == '\r' || c == ';' ? 0 : 400;
}

/* One byte of anything but data. */
static int step(struct http_chunks *chunks, char c, size_t left)
{
    switch ((enum state)chunks->state) {
    case SIZE_FIRST:
    case SIZE:
        return read_size(chunks, c, left);
    case EXTENSION:
        if (c == '\r')
            chunks->state = SIZE_FEED;
        else if (!is_text(c) || ++chunks->overhead > EXTENSION_MAX)
            return 400;
        return 0;
    case SIZE_FEED:
        chunks->overhead = 0;
        chunks->state = chunks->left ? DATA : TRAILER_FIRST;
        break;
    case DATA_RETURN:
        chunks->state = DATA_FEED;
        return c == '\r' ? 0 : 400;
    case DATA_FEED:
        chunks->state = SIZE_FIRST;
        break;
    case TRAILER_FIRST:
    case TRAILER:
        if (c == '\r')
            chunks->state = chunks->state == TRAILER_FIRST ? LAST_FEED : TRAILER_FEED;
        else if (!is_text(c) || ++chunks->overhead > TRAILERS_MAX)
            return 400;
        else
            chunks->state = TRAILER;
        return 0;
    case TRAILER_FEED:
        chunks->state = TRAILER_FIRST;
        break;
    case LAST_FEED:
        return c == '\n' ? 1 : 400;
    case DATA:
        break;
    }
    return c == '\n' ? 0 : 400;
}

int http_chunks_read(struct http_chunks *chunks, char *data, size_t *at, size_t length,
                     size_t *body_end, size_t left)
{
    while (*at < length) {
        if (chunks->state != DATA) {
            int result = step(chunks, data[(*at)++], left);
            if (result != 0)
                return result;
            continue;
        }
        size_t count = length - *at;
        if (count > chunks->left)
            count = (size_t)chunks->left;
        memmove(data + *body_end, data + *at, count);
        *body_end += count;
        *at += count;
        left -= count;
        chunks->left -= count;
        if (chunks->left == 0)
            chunks->state = DATA_RETURN;
    }
    return 0;
}
