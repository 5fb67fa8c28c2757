#include "lib/common/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

START_TEST(what_is_written_is_read)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/file", folder);
    cleanup_buffer struct buffer buffer = {0};
    ck_assert_int_eq(file_write_atomic(path, "a\0b", 3, 0640, FILE_REPLACE, NULL), 0);
    ck_assert_int_eq(file_read(path, 3, &buffer, NULL), 0);
    ck_assert_uint_eq(buffer.length, 3);
    ck_assert_mem_eq(buffer.data, "a\0b", 4);
}
END_TEST

START_TEST(the_mode_is_exact_whatever_the_umask)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/file", folder);
    mode_t before = umask(077);
    int result = file_write_atomic(path, "", 0, 0644, FILE_REPLACE, NULL);
    (void)umask(before);
    struct stat status;
    ck_assert_int_eq(result, 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0644);
}
END_TEST

START_TEST(keeping_refuses_and_leaves_the_old)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/file", folder);
    cleanup_error struct error *error = NULL;
    cleanup_buffer struct buffer buffer = {0};
    ck_assert_int_eq(file_write_atomic(path, "old", 3, 0644, FILE_KEEP, NULL), 0);
    ck_assert_int_eq(file_write_atomic(path, "new", 3, 0644, FILE_KEEP, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_nonnull(strstr(error->message, "exists already"));
    ck_assert_int_eq(file_read(path, 100, &buffer, NULL), 0);
    ck_assert_str_eq(buffer_text(&buffer), "old");
    ck_assert_int_eq(file_write_atomic(path, "new", 3, 0644, FILE_REPLACE, NULL), 0);
    buffer_clear(&buffer);
    ck_assert_int_eq(file_read(path, 100, &buffer, NULL), 0);
    ck_assert_str_eq(buffer_text(&buffer), "new");
    ck_assert_int_eq(test_folder_count(folder), 1); /* no temporary file stays behind */
}
END_TEST

START_TEST(a_failure_says_whose_fault_it_is)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *missing = xasprintf("%s/missing/file", folder);
    cleanup_buffer struct buffer buffer = {0};
    struct error *error = NULL;
    ck_assert_int_eq(file_read(missing, 10, &buffer, &error), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error->message, missing));
    error_free(STEAL(error));
    ck_assert_int_eq(file_write_atomic(missing, "", 0, 0644, FILE_REPLACE, &error), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    error_free(STEAL(error));
    ck_assert_int_eq(file_read(folder, 10, &buffer, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    error_free(STEAL(error));
}
END_TEST

START_TEST(more_than_the_limit_is_refused)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/file", folder);
    cleanup_buffer struct buffer buffer = {0};
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(file_write_atomic(path, "12345", 5, 0644, FILE_REPLACE, NULL), 0);
    ck_assert_int_eq(file_read(path, 5, &buffer, NULL), 0);
    buffer_clear(&buffer);
    ck_assert_int_eq(file_read(path, 4, &buffer, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_nonnull(strstr(error->message, "larger than 4 bytes"));
}
END_TEST

START_TEST(an_endless_device_ends_at_the_limit)
{
    cleanup_buffer struct buffer buffer = {0};
    cleanup_error struct error *error = NULL;
    ck_assert_int_eq(file_read("/dev/zero", 1 << 20, &buffer, &error), -1);
    ck_assert_ptr_nonnull(strstr(error->message, "larger than 1 MiB"));
}
END_TEST

START_TEST(a_pipe_is_read_to_its_end)
{
    int ends[2];
    cleanup_buffer struct buffer buffer = {0};
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], "piped", 5), 5);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(file_read_descriptor(ends[0], "pipe", 5, &buffer, NULL), 0);
    ck_assert_str_eq(buffer_text(&buffer), "piped");
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

SUITE("file", what_is_written_is_read, the_mode_is_exact_whatever_the_umask,
      keeping_refuses_and_leaves_the_old, a_failure_says_whose_fault_it_is,
      more_than_the_limit_is_refused, an_endless_device_ends_at_the_limit,
      a_pipe_is_read_to_its_end)
