#include "credspec/cli/password.h"

#include <string.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* Reads a file with these bytes. */
static int read_bytes(const void *bytes, size_t length, struct secure_buffer *password,
                      struct error **err)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/password", folder);
    ck_assert_int_eq(file_write_atomic(path, bytes, length, 0600, FILE_KEEP, NULL), 0);
    return password_read(path, password, err);
}

START_TEST(one_line_end_is_cut_off)
{
    static const struct {
        const char *text, *password;
    } rows[] = {
        {"secret", "secret"},
        {"secret\n", "secret"},
        {"secret\r\n", "secret"},
        {" spaces \n", " spaces "},
        {"gr\xc3\xbc\xc3\x9f"
         "e",
         "gr\xc3\xbc\xc3\x9f"
         "e"},
        {"carriage\r", "carriage\r"},
        {"x", "x"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_secure_buffer struct secure_buffer password = {0};
        ck_assert_int_eq(read_bytes(rows[i].text, strlen(rows[i].text), &password, NULL), 0);
        ck_assert_uint_eq(password.length, strlen(rows[i].password));
        ck_assert_str_eq((const char *)password.data, rows[i].password);
    }
}
END_TEST

START_TEST(what_is_no_password_is_refused_and_not_repeated)
{
    static const struct {
        const char *text;
        size_t length;
        const char *says;
    } rows[] = {
        {"", 0, "there is no password"},
        {"\n", 1, "there is no password"},
        {"\r\n", 2, "there is no password"},
        {"secret\n\n", 8, "more than one line"},
        {"secret\nsecond", 13, "more than one line"},
        {"sec\0ret", 7, "not UTF-8 text"},
        {"secret\xff", 7, "not UTF-8 text"},
        {"\xff\xfes\0e\0c\0r\0e\0t\0", 14, "not UTF-8 text"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_secure_buffer struct secure_buffer password = {0};
        cleanup_error struct error *error = NULL;
        ck_assert_int_eq(read_bytes(rows[i].text, rows[i].length, &password, &error), -1);
        ck_assert_int_eq(error->code, ERROR_INPUT);
        ck_assert_ptr_nonnull(strstr(error->message, rows[i].says));
        ck_assert_ptr_null(strstr(error->message, "sec"));
        ck_assert_ptr_null(password.data);
    }
}
END_TEST

START_TEST(the_length_is_bounded)
{
    cleanup_free char *text = xcalloc(1, PASSWORD_LENGTH_MAX + 8);
    memset(text, 'x', PASSWORD_LENGTH_MAX + 4);
    static const struct {
        size_t length;
        int result;
    } rows[] = {
        {PASSWORD_LENGTH_MAX, 0},
        {PASSWORD_LENGTH_MAX + 1, -1},
        {PASSWORD_LENGTH_MAX + 4, -1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_secure_buffer struct secure_buffer password = {0};
        cleanup_error struct error *error = NULL;
        ck_assert_int_eq(read_bytes(text, rows[i].length, &password, &error), rows[i].result);
        ck_assert(rows[i].result == 0 || error->code == ERROR_INPUT);
    }
    /* The line ends do not count. */
    memcpy(text + PASSWORD_LENGTH_MAX, "\r\n", 2);
    cleanup_secure_buffer struct secure_buffer password = {0};
    ck_assert_int_eq(read_bytes(text, PASSWORD_LENGTH_MAX + 2, &password, NULL), 0);
    ck_assert_uint_eq(password.length, PASSWORD_LENGTH_MAX);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    cleanup_secure_buffer struct secure_buffer password = {0};
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(password_read("/nonexistent/password", &password, &error), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/password"));
}
END_TEST

SUITE("password", one_line_end_is_cut_off, what_is_no_password_is_refused_and_not_repeated,
      the_length_is_bounded, a_missing_file_is_named)
