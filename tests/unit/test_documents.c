#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/document/documents.h"
#include "lib/document/json_write.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

/* Writes down each visit as a line: place of the value or the error, then JSON or message. */
struct record {
    struct buffer lines;
    size_t visits, stop_after;
};

static void record_release(struct record *record)
{
    buffer_release(&record->lines);
}
#define cleanup_record __attribute__((cleanup(record_release)))

static bool record_visit(const struct document *document, void *context)
{
    struct record *record = context;
    struct buffer *out = &record->lines;
    const char *base = strrchr(document->file, '/');
    buffer_append_format(out, "%s ", base ? base + 1 : document->file);
    ck_assert_int_eq(document->root == NULL, document->error != NULL);
    if (document->unreadable) {
        ck_assert_uint_eq(document->where.line, 0);
        buffer_append_format(out, "unreadable %s", error_code_name(document->error->code));
    } else if (document->error) {
        ck_assert_int_eq(document->error->code, ERROR_INPUT);
        buffer_append_format(out, "%u:%u ! %s", document->where.line, document->where.column,
                             document->error->message);
    } else {
        ck_assert_uint_gt(document->file_size, 0);
        buffer_append_format(out, "%u:%u %s ", document->root->position.line,
                             document->root->position.column, document->json ? "json" : "yaml");
        json_write_canonical(out, document->root);
        (void)arena_copy(document->arena, "x", 1);
    }
    buffer_append_byte(out, '\n');
    return ++record->visits != record->stop_after;
}

static void expect_bytes(const char *text, size_t length, const char *lines)
{
    cleanup_record struct record record = {0};
    ck_assert(documents_visit_text("f", text, length, NULL, record_visit, &record));
    ck_assert_str_eq(buffer_text(&record.lines), lines);
}

static void expect(const char *text, const char *lines)
{
    expect_bytes(text, strlen(text), lines);
}

static void expect_path(const char *path, const char *lines)
{
    cleanup_record struct record record = {0};
    ck_assert(documents_visit(path, NULL, record_visit, &record));
    ck_assert_str_eq(buffer_text(&record.lines), lines);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_REPLACE, NULL), 0);
}

START_TEST(test_yaml)
{
    expect("a: 1\n---\n---\n# x\n---\n- b\n", "f 1:1 yaml {\"a\":1}\nf 6:1 yaml [\"b\"]\n");
    expect("\xef\xbb\xbf  a: 1\r\n  b: 2\r\n", "f 1:3 yaml {\"a\":1,\"b\":2}\n");
    expect("[1, 2]", "f 1:1 yaml [1,2]\n");
    expect(
        "a: 1\n---\nb: *x\n---\nc: 1\n",
        "f 1:1 yaml {\"a\":1}\nf 3:4 ! there is no anchor \"x\" before this alias; define it, or "
        "quote the value\n");
}
END_TEST

#define MORE_TEXT "! text follows the end of the JSON document; remove it\n"

START_TEST(test_json)
{
    expect(" \r\n\t{\"a\": 1}\n", "f 2:2 json {\"a\":1}\n");
    expect("\xef\xbb\xbf{\"a\": 1}", "f 1:1 json {\"a\":1}\n");
    expect("{\"a\":1}{\"b\":2}\n  {\"c\":3}", "f 1:1 json {\"a\":1}\nf 1:8 json {\"b\":2}\n"
                                              "f 2:3 json {\"c\":3}\n");
    expect("{\"a\":1} {\"\xc3\xa9\":1} {\"b\":2,\"b\":3}",
           "f 1:1 json {\"a\":1}\nf 1:9 json {\"\xc3\xa9\":1}\n"
           "f 1:24 ! duplicate key \"b\"\n");
    expect("{\"a\":1}\n{\"b\" 2}\n{\"c\":1}",
           "f 1:1 json {\"a\":1}\nf 2:6 ! expected ':' after the name of a member\n");
    expect("{a: 1}", "f 1:2 ! expected the name of a member, in double quotes\n");
    expect("{\"a\":1}, {}", "f 1:1 json {\"a\":1}\nf 1:8 " MORE_TEXT);
    expect("{\"a\":1}\n }\n", "f 1:1 json {\"a\":1}\nf 2:2 " MORE_TEXT);
    expect("{\"a\":1} [2] {", "f 1:1 json {\"a\":1}\nf 1:9 " MORE_TEXT);
    expect("{\"a\":1} \"b\"", "f 1:1 json {\"a\":1}\nf 1:9 " MORE_TEXT);
}
END_TEST

START_TEST(test_json_with_separators)
{
    expect("{\"a\":1}\n---\n{\"b\":2}\n--- \n c: 3\n---\nd: 4\n",
           "f 1:1 json {\"a\":1}\nf 3:1 json {\"b\":2}\nf 5:2 yaml {\"c\":3}\nf 7:1 yaml "
           "{\"d\":4}\n");
    expect("{\"a\":1} --- x: 1", "f 1:1 json {\"a\":1}\nf 1:13 yaml {\"x\":1}\n");
    expect("{\"a\":1}\n---\n", "f 1:1 json {\"a\":1}\n");
    expect("{\"a\":1}\n---", "f 1:1 json {\"a\":1}\n");
    expect("{\"a\":1}\n---x", "f 1:1 json {\"a\":1}\nf 2:1 " MORE_TEXT);
    expect("---\n{\"a\":1}\n---\n{b: 1}", "f 2:1 yaml {\"a\":1}\nf 4:1 yaml {\"b\":1}\n");
}
END_TEST

START_TEST(test_places_are_of_the_file)
{
    static const char text[] = "{} {\"a\":\n {\"b\": 1}}\n---\n c: x\n";
    expect(text, "f 1:1 json {}\nf 1:4 json {\"a\":{\"b\":1}}\nf 4:2 yaml {\"c\":\"x\"}\n");
}
END_TEST

#define NO_DOCUMENT "f 0:0 ! the file holds no document; write one, or remove it\n"

START_TEST(test_nothing)
{
    expect("", NO_DOCUMENT);
    expect(" \n\t\r\n", NO_DOCUMENT);
    expect("\xef\xbb\xbf", NO_DOCUMENT);
    expect("# comment\n---\n---\n", NO_DOCUMENT);
    cleanup_record struct record record = {0};
    ck_assert(documents_visit_text("f", NULL, 0, NULL, record_visit, &record));
    ck_assert_str_eq(buffer_text(&record.lines), NO_DOCUMENT);
}
END_TEST

#define UTF16                                                                                      \
    "f 0:0 ! the file is UTF-16; save it as UTF-8 (PowerShell: Set-Content -Encoding utf8)\n"

START_TEST(test_no_text)
{
    static const char little[] = "\xff\xfe{\0}\0", big[] = "\xfe\xff\0{\0}",
                      bare[] = "{\0\"\0a\0\"\0:\0001\0}\0",
                      bare_big[] = "\0{\0\"\0a\0\"\0:\0001\0}";
    expect_bytes(little, sizeof(little) - 1, UTF16);
    expect_bytes(big, sizeof(big) - 1, UTF16);
    expect_bytes(bare, sizeof(bare) - 1, UTF16);
    expect_bytes(bare_big, sizeof(bare_big) - 1, UTF16);
    static const char zero[] = "a: 1\nbcdefghi: \0x";
    expect_bytes(zero, sizeof(zero) - 1,
                 "f 2:11 ! this is not a text file: it holds a zero byte; "
                 "name a JSON or YAML file\n");
    expect("a: 1\n\xc3\xa9: \xfcx", "f 2:4 ! the byte 0xfc is not UTF-8; save the file as UTF-8\n");
    expect("{\"a\": \"\xff\"}", "f 1:8 ! the byte 0xff is not UTF-8; save the file as UTF-8\n");
}
END_TEST

START_TEST(test_folder_is_sorted_and_filtered)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "b.yaml", "b: 1");
    write_file(folder, "B.yml", "B: 1\n---\nC: 1");
    write_file(folder, "a.json", "{\"a\": 1}");
    write_file(folder, "c.yaml", "");
    write_file(folder, "d.txt", "d: 1");
    write_file(folder, ".yaml", "e: 1");
    write_file(folder, "yaml", "e: 1");
    write_file(folder, "f.yaml.bak", "f: 1");
    cleanup_free char *inner = xasprintf("%s/inner.yaml", folder);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    cleanup_free char *pipe = xasprintf("%s/pipe.yaml", folder);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    cleanup_free char *gone = xasprintf("%s/gone.yaml", folder);
    ck_assert_int_eq(symlink("nowhere", gone), 0);
    cleanup_free char *link = xasprintf("%s/link.yaml", folder);
    ck_assert_int_eq(symlink("b.yaml", link), 0);
    static const char lines[] =
        "B.yml 1:1 yaml {\"B\":1}\nB.yml 3:1 yaml {\"C\":1}\na.json 1:1 json {\"a\":1}\n"
        "b.yaml 1:1 yaml {\"b\":1}\n"
        "c.yaml 0:0 ! the file holds no document; write one, or remove it\n"
        "gone.yaml unreadable not-found\nlink.yaml 1:1 yaml {\"b\":1}\n";
    expect_path(folder, lines);
    cleanup_free char *slash = xasprintf("%s/", folder);
    expect_path(slash, lines);
}
END_TEST

static bool check_path(const struct document *document, void *context)
{
    const char *const *expected = context;
    ck_assert_str_eq(document->file, expected[0]);
    if (expected[1]) {
        ck_assert_str_eq(document->error->message, expected[1]);
        ck_assert_str_eq(document_error_text(document),
                         "the folder holds no *.yaml, *.yml or *.json file; name another one");
    }
    return true;
}

START_TEST(test_paths_and_messages)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *empty = xasprintf("%s: the folder holds no *.yaml, *.yml or *.json file; "
                                         "name another one",
                                         folder);
    const char *none[] = {folder, empty};
    ck_assert(documents_visit(folder, NULL, check_path, none));
    expect_path("nowhere/at/all.yaml", "all.yaml unreadable not-found\n");
    write_file(folder, "a.yaml", "a: 1");
    cleanup_free char *slash = xasprintf("%s/", folder);
    cleanup_free char *file = xasprintf("%s/a.yaml", folder);
    const char *one[] = {file, NULL};
    ck_assert(documents_visit(slash, NULL, check_path, one));
    ck_assert(documents_visit(folder, NULL, check_path, one));
    ck_assert(documents_visit(file, NULL, check_path, one));
}
END_TEST

START_TEST(test_folder_without_permission)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "a.yaml", "a: 1");
    ck_assert_int_eq(chmod(folder, 0), 0);
    uid_t self = geteuid();
    if (self == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    cleanup_record struct record record = {0};
    (void)documents_visit(folder, NULL, record_visit, &record);
    ck_assert_int_eq(seteuid(self), 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&record.lines), " unreadable denied\n"));
}
END_TEST

START_TEST(test_standard_input)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], "a: 1\n", 5), 5);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(close(ends[0]), 0);
    expect_path("-", "<stdin> 1:1 yaml {\"a\":1}\n");
}
END_TEST

START_TEST(test_large_file_is_not_read)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "large.yaml", "a: 1");
    cleanup_free char *path = xasprintf("%s/large.yaml", folder);
    ck_assert_int_eq(truncate(path, 100 << 20), 0);
    struct rusage before, after;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
    expect_path(path, "large.yaml unreadable input\n");
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 50 << 10);
    const struct documents_options options = {.file_limit = 3};
    write_file(folder, "large.yaml", "a: 1");
    cleanup_record struct record record = {0};
    ck_assert(documents_visit(path, &options, record_visit, &record));
    ck_assert_str_eq(buffer_text(&record.lines), "large.yaml unreadable input\n");
}
END_TEST

START_TEST(test_stopping)
{
    cleanup_test_folder char *folder = test_folder();
    write_file(folder, "a.yaml", "a: 1\n---\nb: 1");
    write_file(folder, "b.json", "{} {}");
    for (size_t stop = 1; stop <= 4; stop++) {
        cleanup_record struct record record = {.stop_after = stop};
        ck_assert(!documents_visit(folder, NULL, record_visit, &record));
        ck_assert_uint_eq(record.visits, stop);
    }
    cleanup_record struct record record = {.stop_after = 1};
    ck_assert(!documents_visit_text("f", "a: [", 4, NULL, record_visit, &record));
}
END_TEST

START_TEST(test_limits)
{
    const struct documents_options options = {.limits = {.depth = 2}};
    static const char *const deep[] = {"{\"a\":[[1]]}", "a: [[1]]"};
    for (size_t i = 0; i < ARRAY_LENGTH(deep); i++) {
        cleanup_record struct record record = {0};
        (void)documents_visit_text("f", deep[i], strlen(deep[i]), &options, record_visit, &record);
        ck_assert_ptr_nonnull(strstr(buffer_text(&record.lines), " ! "));
    }
}
END_TEST

static bool use_memory(const struct document *document, void *context)
{
    (void)context;
    memset(arena_allocate(document->arena, 100000), 1, 100000);
    return true;
}

START_TEST(test_memory_is_of_one_document)
{
    cleanup_buffer struct buffer text = {0};
    for (int i = 0; i < 20000; i++)
        buffer_append_text(&text, "{\"a\": 1}\n");
    struct rusage before, after;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
    ck_assert(documents_visit_text("f", text.data, text.length, NULL, use_memory, NULL));
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
    /* Without it, two gigabytes; AddressSanitizer alone keeps 256 MiB of what was freed. */
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 512 << 10);
}
END_TEST

/* The names of a folder come in order, each once, however many there are. */
struct order {
    size_t count;
    char last[256];
};

static bool check_order(const struct document *document, void *context)
{
    struct order *order = context;
    ck_assert_ptr_nonnull(document->root);
    ck_assert_int_lt(strcmp(order->last, document->file), 0);
    (void)snprintf(order->last, sizeof(order->last), "%s", document->file);
    order->count++;
    return true;
}

START_TEST(test_large_folder_is_in_order)
{
    enum { FILES = 2500 };
    cleanup_test_folder char *folder = test_folder();
    struct order order = {0};
    for (unsigned i = 0; i < FILES; i++) {
        cleanup_free char *path = xasprintf("%s/%04u.json", folder, i * 7919U % FILES);
        FILE *file = fopen(path, "we");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_ge(fputs("{}", file), 0);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert(documents_visit(folder, NULL, check_order, &order));
    ck_assert_uint_eq(order.count, FILES);
}
END_TEST

SUITE("documents", test_large_folder_is_in_order, test_yaml, test_json, test_json_with_separators,
      test_places_are_of_the_file, test_nothing, test_no_text, test_folder_is_sorted_and_filtered,
      test_paths_and_messages, test_folder_without_permission, test_standard_input,
      test_large_file_is_not_read, test_stopping, test_limits, test_memory_is_of_one_document)
