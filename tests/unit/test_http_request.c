#include "lib/http/request.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static struct http_request request;
static struct http_head head;

static int parse(const char *text)
{
    struct http_head_search search = {0};
    const char *why = NULL;
    long found = http_head_find(&search, text, strlen(text));

    if (found < 0)
        return 400;
    ck_assert_msg(found > 0, "no end: %s", text);
    ck_assert_uint_eq((size_t)found, strlen(text));
    int status = http_head_parse(text, (size_t)found, &request, &head, &why);
    ck_assert_msg((status != 0) == (why != NULL), "%s", text);
    return status;
}

static void expect_slice(struct slice slice, const char *text)
{
    ck_assert_msg(slice_is(slice, text), "'%.*s' is not '%s'", SLICE_FORMAT(slice), text);
}

START_TEST(reads_what_an_api_server_sends)
{
    ck_assert_int_eq(parse("POST /mutate?timeout=10s HTTP/1.1\r\n"
                           "Host: webhook.ns.svc:443\r\n"
                           "User-Agent: kube-apiserver-admission\r\n"
                           "Content-Length: 9371\r\n"
                           "Accept: application/json, */*\r\n"
                           "Content-Type:\tapplication/json \r\n"
                           "Accept-Encoding: gzip\r\n\r\n"),
                     0);
    expect_slice(request.method, "POST");
    expect_slice(request.path, "/mutate");
    expect_slice(request.query, "timeout=10s");
    ck_assert_uint_eq(request.field_count, 6);
    expect_slice(http_request_field(&request, "CONTENT-type"), "application/json");
    ck_assert(!slice_present(http_request_field(&request, "Content-Typ")));
    ck_assert_int_eq(head.framing, HTTP_LENGTH);
    ck_assert_uint_eq(head.content_length, 9371);
    ck_assert(head.keep_alive);
    ck_assert(!head.expects_continue);
}
END_TEST

START_TEST(reads_targets)
{
    static const struct {
        const char *target, *path, *query;
    } rows[] = {
        {"/", "/", NULL},
        {"/a/b?", "/a/b", ""},
        {"/a?b?c=%2F", "/a", "b?c=%2F"},
        {"http://host:80/a?b", "/a", "b"},
        {"HTTPS://host", "/", NULL},
        {"http:///a", "/a", NULL},
        {"*", "*", NULL},
        {"host:443", "host:443", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_free char *text = xasprintf("GET %s HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].target);
        ck_assert_int_eq(parse(text), 0);
        expect_slice(request.path, rows[i].path);
        if (rows[i].query)
            expect_slice(request.query, rows[i].query);
        else
            ck_assert(!slice_present(request.query));
    }
}
END_TEST

START_TEST(decides_on_connection_and_body)
{
    static const struct {
        const char *text;
        enum http_framing framing;
        bool keep_alive, expects;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_NO_BODY, true, false},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n", HTTP_NO_BODY, true, false},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n", HTTP_NO_BODY, false, false},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", HTTP_NO_BODY, true, false},
        {"GET / HTTP/1.7\r\nHost: h\r\n\r\n", HTTP_NO_BODY, true, false},
        {"GET / HTTP/1.0\r\n\r\n", HTTP_NO_BODY, false, false},
        {"POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: x\r\n\r\n", HTTP_LENGTH, false, false},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", HTTP_LENGTH, true, false},
        {"POST / HTTP/1.1\r\nHost: h\r\nTRANSFER-ENCODING: Chunked\r\n\r\n", HTTP_CHUNKED, true,
         false},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nExpect: 100-Continue\r\n\r\n",
         HTTP_LENGTH, true, true},
        {"GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n", HTTP_NO_BODY, true, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_msg(parse(rows[i].text) == 0, "row %zu", i);
        ck_assert_msg(head.framing == rows[i].framing, "row %zu", i);
        ck_assert_msg(head.keep_alive == rows[i].keep_alive, "row %zu", i);
        ck_assert_msg(head.expects_continue == rows[i].expects, "row %zu", i);
    }
}
END_TEST

#define GOOD "POST / HTTP/1.1\r\nHost: h\r\n"

START_TEST(refuses)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        /* lines */
        {400, "GET / HTTP/1.1\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\n\n"},
        {400, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        /* request line */
        {400, "GET /\r\nHost: h\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
        {400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "G\"T / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET / http/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/11\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\rHost: h\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
        {505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n"},
        /* fields */
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, GOOD "Host: h\r\n\r\n"},
        {400, GOOD "A : b\r\n\r\n"},
        {400, GOOD "A\r\n\r\n"},
        {400, GOOD ": b\r\n\r\n"},
        {400, GOOD "A: b\r\n c\r\n\r\n"},
        {400, GOOD "A: b\r\n\tc\r\n\r\n"},
        {400, GOOD "A: b\rc\r\n\r\n"},
        {400, GOOD "A: b\x7f\r\n\r\n"},
        {400, GOOD "A: \x01\r\n\r\n"},
        /* length of the body: every way to be of two minds */
        {400, GOOD "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        {400, GOOD "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
        {400, GOOD "Content-Length: 5, 5\r\n\r\n"},
        {400, GOOD "Content-Length: +5\r\n\r\n"},
        {400, GOOD "Content-Length: -5\r\n\r\n"},
        {400, GOOD "Content-Length: 0x5\r\n\r\n"},
        {400, GOOD "Content-Length: 5 5\r\n\r\n"},
        {400, GOOD "Content-Length:\r\n\r\n"},
        {400, GOOD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, GOOD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {501, GOOD "Transfer-Encoding: gzip, chunked\r\n\r\n"},
        {501, GOOD "Transfer-Encoding: chunked, identity\r\n\r\n"},
        {501, GOOD "Transfer-Encoding: xchunked\r\n\r\n"},
        {501, GOOD "Transfer-Encoding:\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {417, GOOD "Content-Length: 5\r\nExpect: 200-ok\r\n\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int status = parse(rows[i].text);
        ck_assert_msg(status == rows[i].status, "%d for %s", status, rows[i].text);
    }
}
END_TEST

START_TEST(refuses_nul)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\0\r\n\r\n";
    const char *why = NULL;

    ck_assert_int_eq(http_head_parse(text, sizeof(text) - 1, &request, &head, &why), 400);
}
END_TEST

START_TEST(huge_lengths_do_not_wrap)
{
    ck_assert_int_eq(parse(GOOD "Content-Length: 18446744073709551615\r\n\r\n"), 0);
    ck_assert(head.content_length == UINT64_MAX);
    ck_assert_int_eq(parse(GOOD "Content-Length: 18446744073709551616\r\n\r\n"), 0);
    ck_assert(head.content_length == UINT64_MAX);
    ck_assert_int_eq(parse(GOOD "Content-Length: 184467440737095516170\r\n\r\n"), 0);
    ck_assert(head.content_length == UINT64_MAX);
    ck_assert_int_eq(parse(GOOD "Content-Length: 00000000000000000000000000012\r\n\r\n"), 0);
    ck_assert(head.content_length == 12);
}
END_TEST

START_TEST(counts_fields)
{
    for (int extra = 0; extra < 2; extra++) {
        cleanup_buffer struct buffer text = {0};
        buffer_append_text(&text, "GET / HTTP/1.1\r\nHost: h\r\n");
        for (int i = 1; i < HTTP_FIELDS_MAX + extra; i++)
            buffer_append_format(&text, "F%d: %d\r\n", i, i);
        buffer_append_text(&text, "\r\n");
        ck_assert_int_eq(parse(buffer_text(&text)), extra ? 431 : 0);
    }
}
END_TEST

/* Whatever pieces a head comes in, its end is found at the same place. */
START_TEST(finds_the_end_in_pieces)
{
    static const char text[] = "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\nGET";
    const size_t end = sizeof(text) - 1 - 3;

    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct http_head_search search = {0};
        long found = 0;
        for (size_t length = piece; found == 0; length += piece)
            found =
                http_head_find(&search, text, length < sizeof(text) ? length : sizeof(text) - 1);
        ck_assert_int_eq(found, (long)end);
    }
}
END_TEST

START_TEST(compares_media_types)
{
    static const struct {
        const char *value;
        bool fits;
    } rows[] = {
        {"application/json", true},
        {"Application/JSON", true},
        {"application/json;charset=x", true},
        {"application/json ; a=b", true},
        {"application/jso", false},
        {"application/jsonx", false},
        {"text/plain", false},
        {"", false},
        {"; application/json", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_msg(http_media_type_is(slice_of(rows[i].value), "application/json") ==
                          rows[i].fits,
                      "%s", rows[i].value);
    ck_assert(!http_media_type_is((struct slice){0}, "application/json"));
}
END_TEST

SUITE("http_request", reads_what_an_api_server_sends, reads_targets, decides_on_connection_and_body,
      refuses, refuses_nul, huge_lengths_do_not_wrap, counts_fields, finds_the_end_in_pieces,
      compares_media_types)
