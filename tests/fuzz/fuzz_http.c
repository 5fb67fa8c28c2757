/* HTTP requests: whatever comes, and however it is cut, the same requests are read from it.
 *
 * The first byte gives the size of the pieces; the rest is a connection's bytes, read once as one
 * piece and once in pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/http/chunked.h"
#include "lib/http/request.h"

enum { BODY_LIMIT = 1000 };

static void must(bool condition)
{
    if (!condition)
        abort();
}

static bool inside(struct slice slice, const char *data, size_t length)
{
    return !slice.data || slice_is(slice, "/") ||
           (slice.data >= data && slice.data + slice.length <= data + length);
}

/* What the parser promises about a request it accepts. */
static void check_request(const struct http_request *request, const struct http_head *head,
                          const char *data)
{
    must(request->method.length > 0 && inside(request->method, data, head->length));
    must(inside(request->path, data, head->length) && inside(request->query, data, head->length));
    must(request->field_count <= HTTP_FIELDS_MAX);
    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];
        must(field->name.length > 0 && inside(field->name, data, head->length));
        must(inside(field->value, data, head->length));
        must(!memchr(field->value.data, '\n', field->value.length));
        must(!memchr(field->value.data, '\0', field->value.length));
    }
    bool length = slice_present(http_request_field(request, "content-length"));
    bool coding = slice_present(http_request_field(request, "transfer-encoding"));
    must(!(length && coding));
    must(length == (head->framing == HTTP_LENGTH) && coding == (head->framing == HTTP_CHUNKED));
}

static long find_head(const char *data, size_t length, size_t piece)
{
    struct http_head_search search = {0};
    long found = 0;

    for (size_t come = 0; found == 0 && come < length;) {
        come = come + piece < length ? come + piece : length;
        found = http_head_find(&search, data, come);
    }
    return found;
}

/* Returns the bytes taken, or 0 when there is no whole body; what it holds goes to `body`. */
static size_t read_chunks(const char *data, size_t length, size_t piece, struct buffer *body,
                          int *result)
{
    cleanup_buffer struct buffer copy = {0};
    struct http_chunks chunks = {0};
    size_t at = 0, body_end = 0;

    buffer_append(&copy, data, length);
    *result = 0;
    for (size_t come = 0; *result == 0 && come < length;) {
        come = come + piece < length ? come + piece : length;
        *result = http_chunks_read(&chunks, copy.data, &at, come, &body_end, BODY_LIMIT - body_end);
        must(body_end <= at && at <= come && body_end <= BODY_LIMIT);
    }
    buffer_append(body, copy.data, body_end);
    return *result == 1 ? at : 0;
}

static size_t take_chunks(const char *data, size_t length, size_t piece)
{
    cleanup_buffer struct buffer whole = {0}, pieces = {0};
    int whole_result, pieces_result;
    size_t taken = read_chunks(data, length, length ? length : 1, &whole, &whole_result);

    must(read_chunks(data, length, piece, &pieces, &pieces_result) == taken);
    must(whole_result == pieces_result);
    if (whole_result == 1)
        must(whole.length == pieces.length &&
             memcmp(buffer_text(&whole), buffer_text(&pieces), whole.length) == 0);
    return taken;
}

/* Reads one request; returns the bytes it took, 0 for none. */
static size_t take_request(const char *data, size_t length, size_t piece)
{
    static struct http_request request;
    struct http_head head;
    const char *why = NULL;
    long found = find_head(data, length, length ? length : 1);

    must(find_head(data, length, piece) == found);
    if (found <= 0)
        return 0;
    int status = http_head_parse(data, (size_t)found, &request, &head, &why);
    must((status == 0) == (why == NULL));
    if (status != 0)
        return 0;
    must(head.length == (size_t)found);
    check_request(&request, &head, data);
    if (head.framing == HTTP_CHUNKED) {
        size_t body = take_chunks(data + found, length - head.length, piece);
        return body ? head.length + body : 0;
    }
    if (head.framing == HTTP_LENGTH && head.content_length > length - head.length)
        return 0;
    return head.length + (head.framing == HTTP_LENGTH ? (size_t)head.content_length : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t piece = data[0] ? data[0] : 1, taken;
    /* A copy of exactly that size, so that reading behind its end is noticed. */
    cleanup_free char *text = xmalloc(size - 1);
    memcpy(text, data + 1, size - 1);
    for (size_t at = 0; at < size - 1; at += taken) {
        taken = take_request(text + at, size - 1 - at, piece);
        if (taken == 0)
            break;
    }
    return 0;
}
