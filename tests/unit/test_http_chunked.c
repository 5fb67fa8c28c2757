#include "lib/http/chunked.h"

#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* Reads a text that arrives in pieces of that size; the body goes to `body`, what stands behind the
 * end to `rest`. */
static int decode(const char *text, size_t piece, size_t limit, struct buffer *body,
                  struct buffer *rest)
{
    cleanup_buffer struct buffer data = {0};
    struct http_chunks chunks = {0};
    size_t at = 0, body_end = 0, length = strlen(text), come = 0;
    int result = 0;

    buffer_append(&data, text, length);
    while (result == 0 && come < length) {
        come = come + piece < length ? come + piece : length;
        result = http_chunks_read(&chunks, data.data, &at, come, &body_end, limit - body_end);
        ck_assert_uint_le(body_end, at);
        ck_assert_uint_le(at, come);
    }
    buffer_append(body, data.data, body_end);
    buffer_append(rest, data.data + at, length - at);
    return result;
}

static void expect(const char *text, size_t limit, int expected, const char *expected_body,
                   const char *expected_rest)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        cleanup_buffer struct buffer body = {0}, rest = {0};
        int result = decode(text, piece, limit, &body, &rest);
        ck_assert_msg(result == expected, "%d for %s in pieces of %zu", result, text, piece);
        if (expected == 1) {
            ck_assert_str_eq(buffer_text(&body), expected_body);
            ck_assert_str_eq(buffer_text(&rest), expected_rest);
        }
    }
}

START_TEST(puts_chunks_together)
{
    expect("0\r\n\r\n", 10, 1, "", "");
    expect("0\r\n\r\nGET", 0, 1, "", "GET");
    expect("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nnext", 10, 1, "abcde", "next");
    expect("00000A\r\n0123456789\r\n000\r\n\r\n", 10, 1, "0123456789", "");
    expect("a\r\n0123456789\r\n0\r\n\r\n", 10, 1, "0123456789", "");
    expect("1;name=\"va lue\"\r\nx\r\n0;z\r\n\r\n", 10, 1, "x", "");
    expect("1\r\nx\r\n0\r\nTrailer: dropped\r\nOther: too\r\n\r\n", 10, 1, "x", "");
    expect("4\r\n\r\n\r\n\r\n0\r\n\r\n", 10, 1, "\r\n\r\n", "");
}
END_TEST

START_TEST(refuses)
{
    static const char *const malformed[] = {
        "\r\n",           "x\r\n",          "1 \r\n",      " 1\r\n",        "-1\r\n",
        "0x1\r\n",        "1\nx\r\n",       "1\r\nxy\r\n", "1\r\nx\n0\r\n", "1\r\nx\r0",
        "1;a\nx\r\n",     "1\r\rx",         "1;\x01\r\nx", "0\r\n\n",       "0\r\nA: b\n\r\n",
        "0\r\nA\x7f\r\n", "1\r\nx\r\n\r\n", "0\r\n\rx",    "1;\r\r\nx",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++)
        expect(malformed[i], 100, 400, NULL, NULL);
}
END_TEST

START_TEST(bounds_the_body)
{
    expect("5\r\nabcde\r\n0\r\n\r\n", 5, 1, "abcde", "");
    expect("6\r\nabcdef\r\n0\r\n\r\n", 5, 413, NULL, NULL);
    expect("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 5, 413, NULL, NULL);
    expect("10000000000000005\r\nabcde", 5, 413, NULL, NULL);
    expect("fffffffffffffffff\r\nabcde", (size_t)-1 / 2, 413, NULL, NULL);
    expect("1\r\n", 0, 413, NULL, NULL);
}
END_TEST

static void expect_bounded(const char *before, char filling, int status)
{
    cleanup_buffer struct buffer text = {0}, body = {0}, rest = {0};

    buffer_append_text(&text, before);
    for (int i = 0; i < 5000; i++)
        buffer_append_byte(&text, filling);
    ck_assert_int_eq(decode(buffer_text(&text), 100, 1000, &body, &rest), status);
}

START_TEST(bounds_what_is_dropped)
{
    expect_bounded("1;", 'x', 400);
    expect_bounded("0\r\nTrailer:", 'x', 400);
    expect_bounded("", '0', 400);
}
END_TEST

SUITE("http_chunked", puts_chunks_together, refuses, bounds_the_body, bounds_what_is_dropped)
