/* Structured logs on standard error: one JSON object a line, or plain text on a terminal.
 *
 *   log_info("pod admitted", log_text("namespace", ns), log_integer("code", 200));
 *
 * One write(2) a line, so that lines of several threads do not mix. Never put a pod's body, an
 * environment value or a secret into a field. Values are escaped, so hostile names cannot forge
 * lines.
 */
#ifndef GMSA_COMMON_LOG_H
#define GMSA_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTOMATIC, LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum log_field_type { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_INTEGER, LOG_FIELD_REAL };

struct log_field {
    enum log_field_type type;
    const char *key;
    struct slice text;
    int64_t integer;
    double real;
};

/* Fields whose text is absent are left out of the line. */
static inline struct log_field log_slice(const char *key, struct slice value)
{
    return (struct log_field){.type = LOG_FIELD_TEXT, .key = key, .text = value};
}
static inline struct log_field log_text(const char *key, const char *value)
{
    return log_slice(key, slice_of(value));
}
static inline struct log_field log_integer(const char *key, int64_t value)
{
    return (struct log_field){.type = LOG_FIELD_INTEGER, .key = key, .integer = value};
}
static inline struct log_field log_real(const char *key, double value)
{
    return (struct log_field){.type = LOG_FIELD_REAL, .key = key, .real = value};
}
/* The message of an error as the field "error". */
static inline struct log_field log_error_field(const struct error *error)
{
    return log_text("error", error ? error->message : NULL);
}

/* Before the first thread. AUTOMATIC means text on a terminal, JSON elsewhere. */
void log_configure(enum log_level least, enum log_format format);
/* "debug", "info", "warning", "error" and what other loggers call these ("trace", "warn", "fatal",
 * "panic"); ERROR_INPUT for any other word. */
int log_level_parse(const char *word, enum log_level *level, struct error **err);
bool log_enabled(enum log_level level);

/* `fields` ends with an entry of type LOG_FIELD_END. */
void log_event(enum log_level level, const char *message, const struct log_field *fields);

/* The first entry is one that is left out, so that there may be no others. */
#define LOG_FIELDS(...)                                                                            \
    (const struct log_field[])                                                                     \
    {                                                                                              \
        {LOG_FIELD_TEXT}, ##__VA_ARGS__,                                                           \
        {                                                                                          \
            LOG_FIELD_END                                                                          \
        }                                                                                          \
    }
#define log_at(level, message, ...)                                                                \
    do {                                                                                           \
        if (log_enabled(level))                                                                    \
            log_event(level, message, LOG_FIELDS(__VA_ARGS__));                                    \
    } while (0)
#define log_debug(...)   log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)    log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...)   log_at(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
