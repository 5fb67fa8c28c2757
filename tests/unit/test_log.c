#include "lib/common/log.h"

#include <jansson.h>
#include <unistd.h>

#include "lib/common/file.h"
#include "tests/support/suite.h"

/* What one log_event() writes to standard error. */
static void capture(struct buffer *out, enum log_level level, const char *message,
                    const struct log_field *fields)
{
    int ends[2];
    int saved = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    log_event(level, message, fields);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    (void)close(ends[1]);
    ck_assert_int_eq(file_read_descriptor(ends[0], "log", 65536, out, NULL), 0);
    (void)close(ends[0]);
    (void)close(saved);
}

START_TEST(a_line_is_one_json_object)
{
    cleanup_buffer struct buffer line = {0};
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    const struct log_field fields[] = {
        log_text("namespace", "shop"), log_integer("code", 403), log_real("ms", 0.25),
        log_text("absent", NULL),      {LOG_FIELD_END},
    };
    capture(&line, LOG_LEVEL_WARNING, "pod refused", fields);
    json_t *object = json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(json_string_value(json_object_get(object, "level")), "warning");
    ck_assert_str_eq(json_string_value(json_object_get(object, "message")), "pod refused");
    ck_assert_str_eq(json_string_value(json_object_get(object, "namespace")), "shop");
    ck_assert_int_eq(json_integer_value(json_object_get(object, "code")), 403);
    ck_assert_ptr_null(json_object_get(object, "absent"));
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(object, "time"))), 24);
    json_decref(object);
}
END_TEST

START_TEST(hostile_values_cannot_forge_a_line)
{
    cleanup_buffer struct buffer line = {0};
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    const struct log_field fields[] = {
        log_text("name", "a\"}\n{\"level\":\"error\"\x01\xFF\x1B[31m\xC2\x85"),
        log_real("ms", 1.0 / 0.0),
        {LOG_FIELD_END},
    };
    capture(&line, LOG_LEVEL_INFO, "x", fields);
    ck_assert_ptr_eq(memchr(line.data, '\n', line.length), line.data + line.length - 1);
    ck_assert_ptr_null(memchr(line.data, '\x1B', line.length));
    json_t *object = json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert(json_is_null(json_object_get(object, "ms")));
    json_decref(object);
}
END_TEST

START_TEST(text_is_for_people)
{
    cleanup_buffer struct buffer line = {0};
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    const struct log_field fields[] = {
        log_text("pod", "a b"), log_integer("n", 3), {LOG_FIELD_END}};
    capture(&line, LOG_LEVEL_INFO, "ready", fields);
    ck_assert_ptr_nonnull(strstr(buffer_text(&line), "info    ready pod=\"a b\" n=3\n"));
}
END_TEST

START_TEST(levels_below_the_least_are_off)
{
    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_JSON);
    ck_assert(!log_enabled(LOG_LEVEL_INFO));
    ck_assert(log_enabled(LOG_LEVEL_WARNING));
}
END_TEST

START_TEST(levels_have_names)
{
    enum log_level level;
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(log_level_parse("debug", &level, NULL), 0);
    ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
    ck_assert_int_eq(log_level_parse("warn", &level, NULL), 0);
    ck_assert_int_eq(level, LOG_LEVEL_WARNING);
    ck_assert_int_eq(log_level_parse("Error", &level, NULL), 0);
    ck_assert_int_eq(level, LOG_LEVEL_ERROR);
    ck_assert_int_eq(log_level_parse("loud", &level, &error), -1);
    ck_assert_ptr_nonnull(strstr(error->message, "debug, info, warning, error"));
}
END_TEST

SUITE("log", a_line_is_one_json_object, hostile_values_cannot_forge_a_line, text_is_for_people,
      levels_below_the_least_are_off, levels_have_names)
