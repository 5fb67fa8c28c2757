#include "credspec/manifest.h"

#include <stdio.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

struct record {
    struct buffer lines;
    size_t visits, stop_after;
};

static bool record_visit(const struct manifest *manifest, void *context)
{
    static const char *const kinds[] = {"spec", "resource", "other", "broken"};
    struct record *record = context;
    struct buffer *out = &record->lines;
    buffer_append_format(out, "%s [%s] [%s]", kinds[manifest->kind], manifest->pointer,
                         manifest->spec_pointer);
    if (manifest->kind == MANIFEST_BROKEN) {
        ck_assert_ptr_null(manifest->object);
        ck_assert_ptr_nonnull(manifest->document->error);
    } else {
        ck_assert_ptr_eq(node_at_pointer(manifest->document->root, manifest->pointer),
                         manifest->object);
    }
    if (manifest->spec) {
        ck_assert_ptr_eq(node_at_pointer(manifest->document->root, manifest->spec_pointer),
                         manifest->spec);
        buffer_append_byte(out, ' ');
        json_write_canonical(out, manifest->spec);
    }
    buffer_append_byte(out, '\n');
    return ++record->visits != record->stop_after;
}

static void expect(const char *text, const char *lines)
{
    struct record record = {0};
    ck_assert(manifest_visit_text("f", text, strlen(text), record_visit, &record));
    ck_assert_str_eq(buffer_text(&record.lines), lines);
    buffer_release(&record.lines);
}

START_TEST(test_kinds)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"{\"CmsPlugins\": []}", "spec [] [] {\"CmsPlugins\":[]}\n"},
        {"{\"DomainJoinConfig\": {}}", "spec [] [] {\"DomainJoinConfig\":{}}\n"},
        {"activedirectoryconfig: {}", "spec [] [] {\"activedirectoryconfig\":{}}\n"},
        {"---\n{kind: x, CmsPlugins: []}", "other [] []\n"},
        {"---\n{apiVersion: x, CmsPlugins: []}", "other [] []\n"},
        {"apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec\ncredspec: {a: 1}",
         "resource [] [/credspec] {\"a\":1}\n"},
        {"apiVersion: windows.k8s.io/v1alpha1\nkind: GMSACredentialSpec\ncredspec: 5",
         "resource [] [/credspec] 5\n"},
        {"apiVersion: windows.k8s.io/v1\nkind: GMSACredentialSpec", "resource [] [/credspec]\n"},
        {"apiVersion: v1\nkind: GMSACredentialSpec\ncredspec: {}", "other [] []\n"},
        {"apiVersion: windows.k8s.io/v1\nkind: Other\ncredspec: {}", "other [] []\n"},
        {"apiVersion: v1\nkind: Pod", "other [] []\n"},
        {"credspec: {CmsPlugins: []}", "other [] []\n"},
        {"- CmsPlugins: []", "other [] []\n"},
        {"CmsPlugins", "other [] []\n"},
        {"~", "other [] []\n"},
        {"{}", "other [] []\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        expect(cases[i].text, cases[i].line);
}
END_TEST

#define RESOURCE(spec)                                                                             \
    "{\"apiVersion\":\"windows.k8s.io/v1\",\"kind\":\"GMSACredentialSpec\",\"credspec\":" spec "}"

START_TEST(test_lists)
{
    expect("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" RESOURCE(
               "{\"a\":1}") ",{\"kind\":"
                            "\"Pod\"}," RESOURCE("{}") ",{\"CmsPlugins\":1},null]}",
           "resource [/items/0] [/items/0/credspec] {\"a\":1}\nother [/items/1] [/items/1]\n"
           "resource [/items/2] [/items/2/credspec] {}\nspec [/items/3] [/items/3] "
           "{\"CmsPlugins\":1}\nother [/items/4] [/items/4]\n");
    expect("{\"apiVersion\":\"windows.k8s.io/"
           "v1\",\"kind\":\"GMSACredentialSpecList\",\"items\":[" RESOURCE("1") "]}",
           "resource [/items/0] [/items/0/credspec] 1\n");
    expect("kind: List\nitems:\n- kind: List\n  items: [{kind: Pod}, {CmsPlugins: 1}]\n",
           "other [/items/0/items/0] [/items/0/items/0]\n"
           "spec [/items/0/items/1] [/items/0/items/1] {\"CmsPlugins\":1}\n");
    expect("kind: List\nitems: []\n", "");
    expect("kind: List\nitems: {}\n", "other [] []\n");
    expect("kind: List\n", "other [] []\n");
    expect("kind: PodList\nitems: []\n", "other [] []\n");
}
END_TEST

START_TEST(test_several_and_broken)
{
    expect("CmsPlugins: 1\n---\nkind: Pod\n---\na: [\n",
           "spec [] [] {\"CmsPlugins\":1}\nother [] []\nbroken [] []\n");
    expect("", "broken [] []\n");
}
END_TEST

START_TEST(test_stopping)
{
    static const char text[] =
        "kind: List\nitems: [{kind: Pod}, {kind: Pod}]\n---\nkind: Pod\n---\n[";
    for (size_t stop = 1; stop <= 4; stop++) {
        struct record record = {.stop_after = stop};
        ck_assert(!manifest_visit_text("f", text, strlen(text), record_visit, &record));
        ck_assert_uint_eq(record.visits, stop);
        buffer_release(&record.lines);
    }
}
END_TEST

START_TEST(test_path)
{
    cleanup_test_folder char *folder = test_folder();
    cleanup_free char *path = xasprintf("%s/a.json", folder);
    static const char text[] = "{\"CmsPlugins\":1}";
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_KEEP, NULL), 0);
    struct record record = {0};
    ck_assert(manifest_visit(folder, record_visit, &record));
    ck_assert(manifest_visit("nowhere.yaml", record_visit, &record));
    ck_assert_str_eq(buffer_text(&record.lines), "spec [] [] {\"CmsPlugins\":1}\nbroken [] []\n");
    buffer_release(&record.lines);
}
END_TEST

SUITE("manifest", test_kinds, test_lists, test_several_and_broken, test_stopping, test_path)
