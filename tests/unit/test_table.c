#include "webhook/report/table.h"

#include <string.h>

#include "tests/support/suite.h"

static const char *const titles[] = {"NAME", "WHAT", "NOTE"};

START_TEST(columns_are_as_wide_as_their_texts)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer out = {0};
    cleanup_table struct table table = {.arena = &arena, .columns = 3, .titles = titles};
    table_write(&table, &out);
    ck_assert_uint_eq(out.length, 0);
    table_add(&table, (const char *const[]){"a", "longer than the title", ""});
    table_add(&table, (const char *const[]){"Größe", NULL, "x\x1b[2J\ny"});
    table_write(&table, &out);
    ck_assert_str_eq(buffer_text(&out), "NAME   WHAT                   NOTE\n"
                                        "a      longer than the title\n"
                                        "Größe                         x\\x1b[2J\\ny\n");
}
END_TEST

START_TEST(it_grows)
{
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer out = {0};
    cleanup_table struct table table = {.arena = &arena, .columns = 3, .titles = titles};
    for (int i = 0; i < 1000; i++)
        table_add(&table, (const char *const[]){"a", "b", "c"});
    table_write(&table, &out);
    ck_assert_uint_eq(out.length, 1001 * strlen("NAME  WHAT  NOTE\n") - 3000);
}
END_TEST

SUITE("table", columns_are_as_wide_as_their_texts, it_grows)
