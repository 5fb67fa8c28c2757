#include "lib/http/request.h"

#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"

/* What a byte may be part of. */
enum { TOKEN = 1, TARGET = 2, VALUE = 4 };

/* RFC 9110: tchar (5.6.2); VCHAR for a target; field-content with obs-text (5.5). */
static unsigned char_class(unsigned char byte)
{
    static const unsigned char table[128] = {
#define V VALUE
#define T (VALUE | TARGET)
#define A (VALUE | TARGET | TOKEN)
        [' '] = V, ['\t'] = V,        ['!'] = A,         ['"'] = T,  ['#'] = T, ['$'] = A,
        ['%'] = A, ['&'] = A,         ['\''] = A,        ['('] = T,  [')'] = T, ['*'] = A,
        ['+'] = A, [','] = T,         ['-'] = A,         ['.'] = A,  ['/'] = T, ['0' ... '9'] = A,
        [':'] = T, [';'] = T,         ['<'] = T,         ['='] = T,  ['>'] = T, ['?'] = T,
        ['@'] = T, ['A' ... 'Z'] = A, ['['] = T,         ['\\'] = T, [']'] = T, ['^'] = A,
        ['_'] = A, ['`'] = A,         ['a' ... 'z'] = A, ['{'] = T,  ['|'] = A, ['}'] = T,
        ['~'] = A,
#undef V
#undef T
#undef A
    };
    return byte < 128 ? table[byte] : VALUE;
}

static size_t span(const char *at, const char *end, unsigned class)
{
    const char *begin = at;
    while (at < end && (char_class((unsigned char)*at) & class))
        at++;
    return (size_t)(at - begin);
}

static struct slice trim(struct slice text)
{
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 &&
           (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

bool http_media_type_is(struct slice value, const char *media_type)
{
    const char *semicolon = value.length ? memchr(value.data, ';', value.length) : NULL;
    if (semicolon)
        value.length = (size_t)(semicolon - value.data);
    return slice_equal_ignoring_case(trim(value), slice_of(media_type));
}

struct slice http_request_field(const struct http_request *request, const char *name)
{
    struct slice wanted = slice_of(name);

    for (size_t i = 0; i < request->field_count; i++)
        if (slice_equal_ignoring_case(request->fields[i].name, wanted))
            return request->fields[i].value;
    return (struct slice){0};
}

long http_head_find(struct http_head_search *search, const char *data, size_t length)
{
    while (search->scanned < length) {
        const char *feed = memchr(data + search->scanned, '\n', length - search->scanned);
        if (!feed)
            break;
        size_t at = (size_t)(feed - data);
        if (at == search->line || data[at - 1] != '\r')
            return -1;
        bool empty = at - 1 == search->line;
        bool first = search->line == search->begin;
        search->scanned = search->line = at + 1;
        if (empty && !first)
            return (long)search->line;
        if (empty)
            search->begin = search->line;
    }
    search->scanned = length;
    return 0;
}

/* What the fields say about framing, collected while they are read. */
struct framing {
    unsigned hosts, lengths, codings;
    bool close, expects;
    struct slice length, coding, expectation;
};

static int refuse(int status, const char *text, const char **why)
{
    *why = text;
    return status;
}

/* Splits the target into path and query; an absolute one (RFC 9112, 3.2.2) loses its scheme and
 * authority. Anything else (`*`, an authority) is a path that no route has. */
static void read_target(struct slice target, struct http_request *request)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; target.data[0] != '/' && i < ARRAY_LENGTH(schemes); i++) {
        size_t length = strlen(schemes[i]);
        if (target.length <= length ||
            !slice_equal_ignoring_case((struct slice){target.data, length}, slice_of(schemes[i])))
            continue;
        target.data += length;
        target.length -= length;
        while (target.length > 0 && *target.data != '/' && *target.data != '?') {
            target.data++;
            target.length--;
        }
        break;
    }
    const char *mark = memchr(target.data, '?', target.length);
    request->path = target;
    request->query = (struct slice){0};
    if (mark) {
        request->path.length = (size_t)(mark - target.data);
        request->query = (struct slice){mark + 1, target.length - request->path.length - 1};
    }
    if (request->path.length == 0) /* behind an authority */
        request->path = slice_of("/");
}

/* method SP request-target SP HTTP-version CRLF (RFC 9112, 3). Moves *at behind it. */
static int read_request_line(const char **at, const char *end, struct http_request *request,
                             unsigned *minor, const char **why)
{
    const char *c = *at;
    request->method = (struct slice){c, span(c, end, TOKEN)};
    c += request->method.length;
    if (request->method.length == 0 || c == end || *c++ != ' ')
        return refuse(400, "the request line has no method", why);
    struct slice target = {c, span(c, end, TARGET)};
    c += target.length;
    if (target.length == 0 || c == end || *c++ != ' ')
        return refuse(400, "the request line has no proper target", why);
    if (end - c < 10 || memcmp(c, "HTTP/", 5) != 0 || c[5] < '0' || c[5] > '9' || c[6] != '.' ||
        c[7] < '0' || c[7] > '9' || c[8] != '\r' || c[9] != '\n')
        return refuse(400, "the request line does not end with a version of HTTP", why);
    if (c[5] != '1')
        return refuse(505, "this server speaks HTTP/1.1", why);
    *minor = (unsigned)(c[7] - '0');
    *at = c + 10;
    read_target(target, request);
    return 0;
}

/* Looks through a comma-separated list (RFC 9110, 5.6.1) for the one word that matters to us. */
static void read_connection(struct slice list, struct framing *framing)
{
    while (list.length > 0) {
        const char *comma = memchr(list.data, ',', list.length);
        size_t length = comma ? (size_t)(comma - list.data) : list.length;
        struct slice word = trim((struct slice){list.data, length});
        framing->close |= slice_equal_ignoring_case(word, slice_of("close"));
        length += comma != NULL;
        list.data += length;
        list.length -= length;
    }
}

static void read_field(struct http_field field, struct framing *framing)
{
    switch (field.name.length) { /* the cheapest way to pass over most names */
    case 4:
        framing->hosts += slice_equal_ignoring_case(field.name, slice_of("host"));
        break;
    case 6:
        if (slice_equal_ignoring_case(field.name, slice_of("expect"))) {
            framing->expects = true;
            framing->expectation = field.value;
        }
        break;
    case 10:
        if (slice_equal_ignoring_case(field.name, slice_of("connection")))
            read_connection(field.value, framing);
        break;
    case 14:
        if (slice_equal_ignoring_case(field.name, slice_of("content-length"))) {
            framing->lengths++;
            framing->length = field.value;
        }
        break;
    case 17:
        if (slice_equal_ignoring_case(field.name, slice_of("transfer-encoding"))) {
            framing->codings++;
            framing->coding = field.value;
        }
        break;
    default:
        break;
    }
}

/* field-name ":" OWS field-value OWS CRLF, until the empty line. */
static int read_fields(const char *at, const char *end, struct http_request *request,
                       struct framing *framing, const char **why)
{
    request->field_count = 0;
    while (end - at > 2) {
        struct http_field field = {.name = {at, span(at, end, TOKEN)}};
        at += field.name.length;
        if (field.name.length == 0 || at == end || *at != ':')
            return refuse(400, "a header field has no proper name", why);
        at++;
        struct slice value = {at, span(at, end, VALUE)};
        at += value.length;
        if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
            return refuse(400, "a header field holds a control character", why);
        at += 2;
        field.value = trim(value);
        if (request->field_count == HTTP_FIELDS_MAX)
            return refuse(431, "too many header fields", why);
        request->fields[request->field_count++] = field;
        read_field(field, framing);
    }
    if (end - at != 2 || at[0] != '\r' || at[1] != '\n')
        return refuse(400, "the head does not end with an empty line", why);
    return 0;
}

static bool read_length(struct slice text, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        if (__builtin_mul_overflow(*length, 10U, length) ||
            __builtin_add_overflow(*length, (unsigned)(text.data[i] - '0'), length))
            *length = UINT64_MAX;
    }
    return text.length > 0;
}

/* How the end of the body is found (RFC 9112, 6.3), where the answer is not open to doubt. */
static int decide_framing(const struct framing *framing, unsigned minor, struct http_head *head,
                          const char **why)
{
    if (framing->hosts > 1 || (minor > 0 && framing->hosts == 0))
        return refuse(400, "a request needs one Host field", why);
    if (framing->lengths + framing->codings > 1)
        return refuse(400, "the length of the body is given more than once", why);
    if (framing->lengths) {
        head->framing = HTTP_LENGTH;
        if (!read_length(framing->length, &head->content_length))
            return refuse(400, "Content-Length is not a number", why);
    }
    if (framing->codings) {
        head->framing = HTTP_CHUNKED;
        if (minor == 0)
            return refuse(400, "HTTP/1.0 has no Transfer-Encoding", why);
        if (!slice_equal_ignoring_case(framing->coding, slice_of("chunked")))
            return refuse(501, "the only transfer coding known here is chunked", why);
    }
    if (framing->expects && minor > 0) {
        if (!slice_equal_ignoring_case(framing->expectation, slice_of("100-continue")))
            return refuse(417, "the only expectation known here is 100-continue", why);
        head->expects_continue = head->framing != HTTP_NO_BODY;
    }
    head->keep_alive = minor > 0 && !framing->close;
    return 0;
}

int http_head_parse(const char *data, size_t length, struct http_request *request,
                    struct http_head *head, const char **why)
{
    struct framing framing = {0};
    unsigned minor = 0;
    const char *at = data, *end = data + length;

    *head = (struct http_head){.length = length};
    request->field_count = 0;
    while (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
        at += 2;
    int status = read_request_line(&at, end, request, &minor, why);
    if (status == 0)
        status = read_fields(at, end, request, &framing, why);
    if (status == 0)
        status = decide_framing(&framing, minor, head, why);
    return status;
}
