#include "lib/http/response.h"

#include <stdio.h>
#include <string.h>

#include "lib/common/memory.h"

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } names[] = {
        {200, "OK"},
        {204, "No Content"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].status == status)
            return names[i].text;
    return "Unknown";
}

/* By hand: strftime() would ask the locale for the names. */
void http_date_update(struct http_date *date, time_t now)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;

    if (date->text[0] && date->second == now)
        return;
    date->second = now;
    if (!gmtime_r(&now, &tm))
        tm = (struct tm){.tm_mday = 1, .tm_year = 70, .tm_wday = 4};
    (void)snprintf(date->text, sizeof(date->text), "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
                   days[(unsigned)tm.tm_wday % 7], (unsigned)tm.tm_mday % 100,
                   months[(unsigned)tm.tm_mon % 12], (unsigned)(tm.tm_year + 1900) % 10000,
                   (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
                   (unsigned)tm.tm_sec % 100);
}

/* A head is put together without printf: it is made for every request. */
struct head {
    struct buffer *spill; /* NULL while it fits into text[] */
    size_t length;
    char text[HTTP_HEAD_ROOM];
};

static void append(struct head *head, struct buffer *spill, const char *text, size_t length)
{
    if (!head->spill && head->length + length <= sizeof(head->text)) {
        memcpy(head->text + head->length, text, length);
        head->length += length;
        return;
    }
    if (!head->spill) {
        head->spill = spill;
        buffer_append(spill, head->text, head->length);
    }
    buffer_append(spill, text, length);
}

static size_t decimal(char text[24], size_t number)
{
    size_t at = 24;
    do
        text[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    memmove(text, text + at, 24 - at);
    return 24 - at;
}

static void compose(struct head *head, struct buffer *spill, const struct http_answer *answer,
                    const struct http_date *date, size_t body)
{
    char number[24];
#define APPEND_LITERAL(literal) append(head, spill, "" literal, sizeof(literal) - 1)
#define APPEND_TEXT(string)     append(head, spill, string, strlen(string))
    if (answer->status == 200) {
        APPEND_LITERAL("HTTP/1.1 200 OK\r\nDate: ");
    } else {
        APPEND_LITERAL("HTTP/1.1 ");
        append(head, spill, number, decimal(number, (size_t)answer->status));
        APPEND_LITERAL(" ");
        APPEND_TEXT(http_status_text(answer->status));
        APPEND_LITERAL("\r\nDate: ");
    }
    APPEND_TEXT(date->text);
    if (answer->status != 204) { /* RFC 9110, 8.6: no length there */
        if (answer->content_type) {
            APPEND_LITERAL("\r\nContent-Type: ");
            APPEND_TEXT(answer->content_type);
        }
        APPEND_LITERAL("\r\nContent-Length: ");
        append(head, spill, number, decimal(number, body));
    }
    APPEND_LITERAL("\r\n");
    if (answer->fields)
        APPEND_TEXT(answer->fields);
    if (answer->close)
        APPEND_LITERAL("Connection: close\r\n");
    APPEND_LITERAL("\r\n");
#undef APPEND_LITERAL
#undef APPEND_TEXT
}

size_t http_response_finish(struct buffer *out, const struct http_answer *answer,
                            const struct http_date *date)
{
    struct head head;
    cleanup_buffer struct buffer spill = {0};
    size_t room = HTTP_HEAD_ROOM;

    head.spill = NULL;
    head.length = 0;
    compose(&head, &spill, answer, date, out->length - HTTP_HEAD_ROOM);
    const char *text = head.spill ? spill.data : head.text;
    size_t length = head.spill ? spill.length : head.length;
    if (length > room) {
        size_t more = length - room;
        buffer_reserve(out, more);
        memmove(out->data + length, out->data + room, out->length - room + 1);
        out->length += more;
        room = length;
    }
    memcpy(out->data + room - length, text, length);
    if (answer->no_body || answer->status == 204)
        out->length = room;
    return room - length;
}
