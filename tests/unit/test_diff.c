/* Line by line as `diff -u` shows it. */
#include "tests/support/suite.h"
#include "webhook/report/diff.h"

static void check(const char *before, const char *after, const char *expected)
{
    struct buffer out = {0};
    diff_write(&out, slice_of(before), slice_of(after), false);
    ck_assert_str_eq(buffer_text(&out), expected);
    buffer_release(&out);
}

START_TEST(shows_what_changes)
{
    check("", "", "");
    check("a\nb\n", "a\nb\n", "");
    check("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
    check("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
    check("a", "a\nb", "@@ -1,1 +1,2 @@\n a\n+b\n");
    check("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    check("a\nc\na\n", "a\nb\nc\na\n", "@@ -1,3 +1,4 @@\n a\n+b\n c\n a\n");
    check("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n", "@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n");
}
END_TEST

START_TEST(joins_near_changes_and_parts_far_ones)
{
    check("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
          "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
    check("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
          "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}
END_TEST

START_TEST(colours_lines)
{
    struct buffer out = {0};
    diff_write(&out, slice_of("a\n"), slice_of("b\n"), true);
    ck_assert_str_eq(buffer_text(&out), "\033[36m@@ -1,1 +1,1 @@\033[0m\n\033[31m-a\033[0m\n"
                                        "\033[32m+b\033[0m\n");
    buffer_release(&out);
}
END_TEST

START_TEST(huge_differences_are_one_change)
{
    struct buffer before = {0};
    struct buffer after = {0};
    struct buffer out = {0};
    for (int i = 0; i < 3000; i++) {
        buffer_append_format(&before, "%d\n", i);
        buffer_append_format(&after, "%d\n", -i - 1);
    }
    diff_write(&out, slice_of(before.data), slice_of(after.data), false);
    ck_assert(slice_starts_with(slice_of(out.data), "@@ -1,3000 +1,3000 @@\n-0\n-1\n"));
    buffer_release(&out);
    buffer_release(&after);
    buffer_release(&before);
}
END_TEST

SUITE("diff", shows_what_changes, joins_near_changes_and_parts_far_ones, colours_lines,
      huge_differences_are_one_change)
