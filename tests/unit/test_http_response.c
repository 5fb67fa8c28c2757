#include "lib/http/response.h"

#include <string.h>

#include "lib/common/memory.h"
#include "lib/common/slice.h"
#include "tests/support/suite.h"

static const struct http_date DATE = {0, "Thu, 01 Jan 1970 00:00:00 GMT"};

static void expect(const struct http_answer *answer, const char *body, const char *text)
{
    cleanup_buffer struct buffer out = {0};

    buffer_reserve(&out, HTTP_HEAD_ROOM);
    memset(out.data, 'x', HTTP_HEAD_ROOM);
    out.length = HTTP_HEAD_ROOM;
    buffer_append_text(&out, body);
    size_t begin = http_response_finish(&out, answer, &DATE);
    struct slice sent = {out.data + begin, out.length - begin};
    ck_assert_msg(slice_is(sent, text), "%.*s\nis not\n%s", SLICE_FORMAT(sent), text);
}

START_TEST(writes_answers)
{
    expect(&(struct http_answer){.status = 200, .content_type = "application/json"}, "{}",
           "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
           "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    expect(&(struct http_answer){.status = 405,
                                 .content_type = "text/plain",
                                 .fields = "Allow: POST\r\n",
                                 .close = true},
           "no\n",
           "HTTP/1.1 405 Method Not Allowed\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
           "Content-Type: text/plain\r\nContent-Length: 3\r\nAllow: POST\r\n"
           "Connection: close\r\n\r\nno\n");
    expect(&(struct http_answer){.status = 299}, "",
           "HTTP/1.1 299 Unknown\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
           "Content-Length: 0\r\n\r\n");
}
END_TEST

/* RFC 9110, 15.3.5: neither length nor body. */
START_TEST(leaves_bodies_out)
{
    expect(&(struct http_answer){.status = 204, .content_type = "text/plain"}, "ignored",
           "HTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
}
END_TEST

/* RFC 9110, 9.3.2: the length of what GET would have brought. */
START_TEST(head_only)
{
    expect(&(struct http_answer){.status = 200, .no_body = true}, "four",
           "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
           "Content-Length: 4\r\n\r\n");
}
END_TEST

/* More fields than there is room for push the body back. */
START_TEST(long_heads)
{
    for (size_t length = 300; length < 700; length += 7) {
        cleanup_buffer struct buffer fields = {0}, expected = {0};
        buffer_append_text(&fields, "X: ");
        for (size_t i = 0; i < length; i++)
            buffer_append_byte(&fields, 'y');
        buffer_append_text(&fields, "\r\n");
        buffer_append_format(&expected,
                             "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                             "Content-Type: t\r\nContent-Length: 4\r\n%s\r\nbody",
                             fields.data);
        expect(&(struct http_answer){.status = 200, .content_type = "t", .fields = fields.data},
               "body", expected.data);
    }
}
END_TEST

START_TEST(dates)
{
    static const struct {
        time_t time;
        const char *text;
    } rows[] = {
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, /* RFC 9110, 5.6.7 */
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {4102444799, "Thu, 31 Dec 2099 23:59:59 GMT"},
    };
    struct http_date date = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        http_date_update(&date, rows[i].time);
        ck_assert_str_eq(date.text, rows[i].text);
    }
}
END_TEST

SUITE("http_response", writes_answers, leaves_bodies_out, head_only, long_heads, dates)
