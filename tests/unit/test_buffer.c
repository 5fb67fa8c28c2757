#include "lib/common/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

START_TEST(an_empty_buffer_is_empty_text)
{
    cleanup_buffer struct buffer buffer = {0};
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_append(&buffer, "", 0);
    ck_assert_ptr_null(buffer.data);
    cleanup_free char *stolen = buffer_steal(&buffer);
    ck_assert_str_eq(stolen, "");
}
END_TEST

START_TEST(appending_keeps_a_nul_behind)
{
    cleanup_buffer struct buffer buffer = {0};
    buffer_append(&buffer, "a\0b", 3);
    buffer_append_byte(&buffer, 'c');
    buffer_append_text(&buffer, "de");
    buffer_append_format(&buffer, "%s-%d", "f", 12);
    ck_assert_uint_eq(buffer.length, 10);
    ck_assert_mem_eq(buffer.data, "a\0bcdef-12", 11);
}
END_TEST

START_TEST(growing_loses_nothing)
{
    cleanup_buffer struct buffer buffer = {0};
    const unsigned length = suite_rounds(100000);
    for (unsigned i = 0; i < length; i++)
        buffer_append_byte(&buffer, (char)('a' + i % 26));
    ck_assert_uint_eq(buffer.length, length);
    for (unsigned i = 0; i < length; i++)
        ck_assert_int_eq(buffer.data[i], 'a' + i % 26);
}
END_TEST

START_TEST(clearing_keeps_the_memory)
{
    cleanup_buffer struct buffer buffer = {0};
    buffer_append_text(&buffer, "something");
    const char *memory = buffer.data;
    buffer_clear(&buffer);
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_append_text(&buffer, "other");
    ck_assert_ptr_eq(buffer.data, memory);
}
END_TEST

START_TEST(stealing_leaves_an_empty_buffer)
{
    cleanup_buffer struct buffer buffer = {0};
    buffer_append_text(&buffer, "mine");
    cleanup_free char *stolen = buffer_steal(&buffer);
    ck_assert_str_eq(stolen, "mine");
    ck_assert_uint_eq(buffer.length, 0);
    buffer_append_text(&buffer, "new");
    ck_assert_str_eq(buffer_text(&buffer), "new");
}
END_TEST

SUITE("buffer", an_empty_buffer_is_empty_text, appending_keeps_a_nul_behind, growing_loses_nothing,
      clearing_keeps_the_memory, stealing_leaves_an_empty_buffer)
