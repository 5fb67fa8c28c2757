#include "lib/common/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/suite.h"

static bool all_zero(const unsigned char *memory, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (memory[i] != 0)
            return false;
    return true;
}

START_TEST(memory_is_zeroed_and_aligned)
{
    cleanup_arena struct arena arena = {0};
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *memory = arena_allocate(&arena, size);
        ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
        ck_assert(all_zero(memory, size));
        memset(memory, 0xFF, size);
    }
}
END_TEST

START_TEST(reset_memory_is_zeroed_again)
{
    cleanup_arena struct arena arena = {0};
    char *first = arena_allocate(&arena, 100);
    memset(first, 'x', 100);
    arena_reset(&arena);
    char *second = arena_allocate(&arena, 100);
    ck_assert_ptr_eq(first, second);
    for (size_t i = 0; i < 100; i++)
        ck_assert_int_eq(second[i], 0);
}
END_TEST

START_TEST(copies_have_a_nul_behind)
{
    cleanup_arena struct arena arena = {0};
    struct slice text = {"abcdef", 3};
    struct slice copy = arena_copy_slice(&arena, text);
    ck_assert_str_eq(copy.data, "abc");
    ck_assert_uint_eq(copy.length, 3);
    ck_assert_ptr_null(arena_copy_slice(&arena, (struct slice){0}).data);
    ck_assert_str_eq(arena_copy(&arena, NULL, 0), "");
    ck_assert_str_eq(arena_format(&arena, "%s/%d", "items", 3), "items/3");
}
END_TEST

START_TEST(large_and_small_live_together)
{
    cleanup_arena struct arena arena = {0};
    char *small = arena_copy(&arena, "small", 5);
    char *large = arena_allocate(&arena, 1 << 20);
    memset(large, 'x', 1 << 20);
    char *after = arena_copy(&arena, "after", 5);
    ck_assert_str_eq(small, "small");
    ck_assert_str_eq(after, "after");
    arena_reset(&arena);
    ck_assert_str_eq(arena_copy(&arena, "again", 5), "again");
}
END_TEST

START_TEST(slices_compare_by_bytes)
{
    ck_assert_int_lt(slice_compare(slice_of("a"), slice_of("b")), 0);
    ck_assert_int_lt(slice_compare(slice_of("a"), slice_of("ab")), 0);
    ck_assert_int_gt(slice_compare(slice_of("\xC3\xA9"), slice_of("z")), 0);
    ck_assert_int_eq(slice_compare(slice_of(""), slice_of("")), 0);
    ck_assert(slice_equal((struct slice){0}, (struct slice){0}));
    ck_assert(!slice_equal((struct slice){0}, slice_of("")));
    ck_assert(slice_starts_with(slice_of("abc"), "ab"));
    ck_assert(!slice_starts_with(slice_of("a"), "ab"));
}
END_TEST

SUITE("arena", memory_is_zeroed_and_aligned, reset_memory_is_zeroed_again, copies_have_a_nul_behind,
      large_and_small_live_together, slices_compare_by_bytes)
