#include "lib/common/secure_buffer.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* Whether the mapping that holds `address` has a flag of proc(5)'s VmFlags: "lo" locked, "dd" left
 * out of core dumps. */
static bool mapping_has_flag(const void *address, const char *flag)
{
    cleanup_file FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool inside = false;
    while (maps && fgets(line, sizeof(line), maps)) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= (unsigned long)address && (unsigned long)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            return strstr(line, flag) != NULL;
    }
    return false;
}

START_TEST(it_is_left_out_of_core_dumps)
{
    cleanup_secure_buffer struct secure_buffer buffer = {0};
    ck_assert_int_eq(secure_buffer_create(&buffer, 1000, NULL), 0);
    ck_assert(mapping_has_flag(buffer.data, " dd"));
    ck_assert_uint_eq(buffer.capacity, 1000);
    ck_assert_uint_eq(buffer.length, 0);
    memset(buffer.data, 'x', 1001); /* the NUL behind has room too */
}
END_TEST

START_TEST(releasing_empties_it)
{
    struct secure_buffer buffer = {0};
    ck_assert_int_eq(secure_buffer_create(&buffer, 8, NULL), 0);
    secure_buffer_release(&buffer);
    ck_assert_ptr_null(buffer.data);
    secure_buffer_release(&buffer);
}
END_TEST

START_TEST(a_file_is_read_into_it)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/key", folder);
    cleanup_secure_buffer struct secure_buffer buffer = {0};
    ck_assert_int_eq(file_write_atomic(path, "secret", 6, 0600, FILE_KEEP, NULL), 0);
    ck_assert_int_eq(secure_buffer_read_file(&buffer, path, 6, NULL), 0);
    ck_assert_uint_eq(buffer.length, 6);
    ck_assert_str_eq((char *)buffer.data, "secret");
}
END_TEST

START_TEST(a_large_or_missing_file_is_refused)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/key", folder);
    struct secure_buffer buffer = {0};
    struct error *error = NULL;
    ck_assert_int_eq(secure_buffer_read_file(&buffer, path, 5, &error), -1);
    ck_assert_int_eq(error->code, ERROR_NOT_FOUND);
    error_free(STEAL(error));
    ck_assert_int_eq(file_write_atomic(path, "secret", 6, 0600, FILE_KEEP, NULL), 0);
    ck_assert_int_eq(secure_buffer_read_file(&buffer, path, 5, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_null(strstr(error->message, "secret"));
    ck_assert_ptr_null(buffer.data);
    error_free(STEAL(error));
}
END_TEST

START_TEST(a_secure_process_dumps_no_core)
{
    struct rlimit limit;
    secure_process();
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_max, 0);
}
END_TEST

SUITE("secure_buffer", it_is_left_out_of_core_dumps, releasing_empties_it, a_file_is_read_into_it,
      a_large_or_missing_file_is_refused, a_secure_process_dumps_no_core)
