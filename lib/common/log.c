#include "lib/common/log.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/common/ascii.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/common/utf8.h"

/* Set once before the first thread, read by all. */
static enum log_level least_level = LOG_LEVEL_INFO;
static bool as_json = true;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_configure(enum log_level least, enum log_format format)
{
    least_level = least;
    as_json =
        format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTOMATIC && !isatty(STDERR_FILENO));
}

int log_level_parse(const char *word, enum log_level *level, struct error **err)
{
    /* The levels of other programs' loggers are understood too, in any letter case, for
     * deployments that set them. */
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {
        {"debug", LOG_LEVEL_DEBUG}, {"info", LOG_LEVEL_INFO},   {"warning", LOG_LEVEL_WARNING},
        {"error", LOG_LEVEL_ERROR}, {"trace", LOG_LEVEL_DEBUG}, {"warn", LOG_LEVEL_WARNING},
        {"fatal", LOG_LEVEL_ERROR}, {"panic", LOG_LEVEL_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (slice_equal_ignoring_case(slice_of(word), slice_of(words[i].word))) {
            *level = words[i].level;
            return 0;
        }
    }
    return error_set(err, ERROR_INPUT,
                     "\"%s\" is no log level; it is one of debug, info, warning, error", word);
}

bool log_enabled(enum log_level level)
{
    return level >= least_level;
}

/* RFC 8259 string; whatever is no UTF-8 becomes U+FFFD, so that a line is always JSON. */
static void append_quoted(struct buffer *line, struct slice text)
{
    buffer_append_byte(line, '"');
    for (size_t at = 0; at < text.length;) {
        uint32_t code_point;
        size_t size = utf8_decode(text.data + at, text.length - at, &code_point);
        if (size == 0) {
            buffer_append_text(line, "\xEF\xBF\xBD");
            size = 1;
        } else if (code_point == '"' || code_point == '\\') {
            buffer_append_byte(line, '\\');
            buffer_append_byte(line, (char)code_point);
        } else if (code_point == '\n') {
            buffer_append_text(line, "\\n");
        } else if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) {
            buffer_append_format(line, "\\u%04x", (unsigned)code_point);
        } else {
            buffer_append(line, text.data + at, size);
        }
        at += size;
    }
    buffer_append_byte(line, '"');
}

static void append_value(struct buffer *line, const struct log_field *field)
{
    if (field->type == LOG_FIELD_TEXT)
        append_quoted(line, field->text);
    else if (field->type == LOG_FIELD_INTEGER)
        buffer_append_format(line, "%lld", (long long)field->integer);
    else if (isfinite(field->real))
        buffer_append_format(line, "%.3f", field->real);
    else
        buffer_append_text(line, "null"); /* JSON has no infinity */
}

static bool present(const struct log_field *field)
{
    return field->type != LOG_FIELD_TEXT || slice_present(field->text);
}

static void append_json(struct buffer *line, const char *time, enum log_level level,
                        const char *message, const struct log_field *fields)
{
    buffer_append_format(line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", time,
                         level_names[level]);
    append_quoted(line, slice_of(message));
    for (const struct log_field *field = fields; field->type != LOG_FIELD_END; field++) {
        if (!present(field))
            continue;
        buffer_append_byte(line, ',');
        append_quoted(line, slice_of(field->key));
        buffer_append_byte(line, ':');
        append_value(line, field);
    }
    buffer_append_text(line, "}\n");
}

static void append_text(struct buffer *line, const char *time, enum log_level level,
                        const char *message, const struct log_field *fields)
{
    buffer_append_format(line, "%.8s %-7s %s", time + 11, level_names[level], message);
    for (const struct log_field *field = fields; field->type != LOG_FIELD_END; field++) {
        if (!present(field))
            continue;
        buffer_append_format(line, " %s=", field->key);
        append_value(line, field);
    }
    buffer_append_byte(line, '\n');
}

void log_event(enum log_level level, const char *message, const struct log_field *fields)
{
    cleanup_buffer struct buffer line = {0};
    struct timespec now;
    struct tm parts;
    char time[40];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    size_t length = strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(time + length, sizeof(time) - length, ".%03ldZ", now.tv_nsec / 1000000);
    if (as_json)
        append_json(&line, time, level, message, fields);
    else
        append_text(&line, time, level, message, fields);
    ssize_t ignored = write(STDERR_FILENO, line.data, line.length);
    (void)ignored;
}
