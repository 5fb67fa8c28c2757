#include "webhook/sources/spec_snapshot.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/spec_object.h"
#include "tests/support/suite.h"

static const char *const LIST = "[\"NT AUTHORITY\\\\SYSTEM\"]";

static void put(struct spec_store *store, const char *name, int version, const char *allowed)
{
    const struct spec_object object = {.name = name, .version = version, .allowed = allowed};
    spec_store_put(store, spec_object_read(&object));
}

static struct known_spec *find(const struct spec_snapshot *snapshot, const char *name)
{
    return spec_snapshot_find(snapshot, slice_of(name));
}

/* What the snapshot of this moment says. */
static bool misses(const struct spec_store *store, const char *name)
{
    struct spec_snapshot *snapshot = spec_store_snapshot(store);
    const struct known_spec *spec = find(snapshot, name);
    ck_assert_ptr_nonnull(spec);
    bool result = spec_snapshot_misses_allow_list(snapshot, spec);
    spec_snapshot_drop(snapshot);
    return result;
}

START_TEST(reads_what_the_api_server_sends)
{
    const struct spec_object object = {.name = "web", .version = 7, .allowed = LIST};
    struct known_spec *spec = spec_object_read(&object);
    ck_assert_str_eq(spec->resource->name, "web");
    ck_assert_str_eq(spec->uid, "u-web");
    ck_assert_str_eq(spec->version, "7");
    ck_assert_uint_eq(spec->resource->allowed_count, 1);
    ck_assert(!spec->had_allow_list);
    known_spec_drop(spec);
    known_spec_drop(NULL);
}
END_TEST

START_TEST(refuses_what_is_no_spec)
{
    static const char *const rows[] = {"",
                                       "{",
                                       "{}",
                                       "[]",
                                       "{\"metadata\":{\"name\":\"a\",\"name\":\"b\"}}",
                                       "{\"metadata\":{\"name\":\"../x\"}}",
                                       "{\"metadata\":{\"name\":5}}"};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_error struct error *error = NULL;
        ck_assert_ptr_null(known_spec_read(slice_of(rows[i]), &error));
        ck_assert_int_eq(error->code, ERROR_INPUT);
    }
}
END_TEST

START_TEST(a_snapshot_never_changes)
{
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, NULL);
    struct spec_snapshot *before = spec_store_snapshot(store);
    put(store, "web", 2, NULL);
    put(store, "api", 3, NULL);
    struct spec_snapshot *between = spec_store_snapshot(store);
    spec_store_remove(store, slice_of("web"));
    spec_store_remove(store, slice_of("none"));
    struct spec_snapshot *after = spec_store_snapshot(store);
    spec_store_free(store);

    ck_assert_str_eq(find(before, "web")->version, "1");
    ck_assert_ptr_null(find(before, "api"));
    ck_assert_uint_eq(spec_snapshot_count(before), 1);
    ck_assert_str_eq(find(between, "web")->version, "2");
    ck_assert_str_eq(find(between, "api")->version, "3");
    ck_assert_uint_eq(spec_snapshot_count(between), 2);
    ck_assert_ptr_null(find(after, "web"));
    ck_assert_str_eq(find(after, "api")->version, "3");
    ck_assert_ptr_null(find(after, "ap"));
    ck_assert_ptr_null(find(after, "apis"));
    ck_assert_ptr_null(find(after, ""));

    struct known_spec *held = known_spec_hold(find(before, "web"));
    spec_snapshot_drop(before);
    spec_snapshot_drop(between);
    spec_snapshot_drop(after);
    ck_assert_str_eq(held->version, "1");
    known_spec_drop(held);
    spec_snapshot_drop(NULL);
}
END_TEST

START_TEST(broken_ones_are_counted)
{
    static const struct spec_object broken = {.name = "web", .version = 2, .invalid = true};
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, NULL);
    put(store, "api", 1, NULL);
    spec_store_put(store, spec_object_read(&broken));
    struct spec_snapshot *snapshot = spec_store_snapshot(store);
    ck_assert_uint_eq(spec_snapshot_count(snapshot), 2);
    ck_assert_uint_eq(spec_snapshot_broken(snapshot), 1);
    spec_snapshot_drop(snapshot);
    put(store, "web", 3, NULL);
    snapshot = spec_store_snapshot(store);
    ck_assert_uint_eq(spec_snapshot_broken(snapshot), 0);
    spec_snapshot_drop(snapshot);
    spec_store_put(store, spec_object_read(&broken));
    spec_store_remove(store, slice_of("web"));
    snapshot = spec_store_snapshot(store);
    ck_assert_uint_eq(spec_snapshot_broken(snapshot), 0);
    ck_assert_uint_eq(spec_snapshot_count(snapshot), 1);
    spec_snapshot_drop(snapshot);
    spec_store_free(store);
}
END_TEST

START_TEST(a_list_replaces_what_was_known_when_it_ends)
{
    struct spec_store *store = spec_store_create();
    put(store, "old", 1, NULL);
    put(store, "kept", 1, NULL);
    spec_store_begin_list(store);
    put(store, "half", 2, NULL);
    /* It was interrupted, and begins anew. */
    spec_store_begin_list(store);
    put(store, "kept", 1, NULL);
    put(store, "new", 2, NULL);
    struct spec_snapshot *during = spec_store_snapshot(store);
    ck_assert_ptr_nonnull(find(during, "old"));
    ck_assert_ptr_null(find(during, "new"));
    spec_store_end_list(store);
    struct spec_snapshot *after = spec_store_snapshot(store);
    ck_assert_uint_eq(spec_snapshot_count(after), 2);
    ck_assert_ptr_nonnull(find(after, "new"));
    ck_assert_ptr_null(find(after, "half"));
    ck_assert_ptr_null(find(after, "old"));
    /* What did not change is not kept twice. */
    ck_assert_ptr_eq(find(after, "kept"), find(during, "kept"));
    spec_snapshot_drop(during);
    spec_snapshot_drop(after);
    spec_store_free(store);
}
END_TEST

START_TEST(the_same_version_with_other_contents_is_taken)
{
    /* As when the definition changes what the API server shows. */
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, LIST);
    put(store, "web", 1, "[\"one\"]");
    struct spec_snapshot *snapshot = spec_store_snapshot(store);
    ck_assert_str_eq(find(snapshot, "web")->resource->allowed_run_as_user_names[0], "one");
    spec_snapshot_drop(snapshot);
    spec_store_free(store);
}
END_TEST

START_TEST(many_specs_come_and_go)
{
    const unsigned count = suite_rounds(2500) * 2;
    struct spec_store *store = spec_store_create();
    struct spec_snapshot *full = NULL;
    char name[32];
    spec_store_begin_list(store);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(name, sizeof(name), "spec-%u", i);
        put(store, name, (int)i, NULL);
    }
    spec_store_end_list(store);
    full = spec_store_snapshot(store);
    for (unsigned i = 0; i < count; i += 2) {
        (void)snprintf(name, sizeof(name), "spec-%u", i);
        spec_store_remove(store, slice_of(name));
        spec_snapshot_drop(spec_store_snapshot(store));
    }
    struct spec_snapshot *half = spec_store_snapshot(store);
    ck_assert_uint_eq(spec_snapshot_count(full), count);
    ck_assert_uint_eq(spec_snapshot_count(half), count / 2);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(name, sizeof(name), "spec-%u", i);
        ck_assert_str_eq(find(full, name)->resource->name, name);
        ck_assert(!find(half, name) == (i % 2 == 0));
    }
    spec_snapshot_drop(full);
    spec_snapshot_drop(half);
    spec_store_free(store);
}
END_TEST

/* --- The definition without our fields ------------------------------------------------------- */

START_TEST(a_list_the_definition_drops_is_missed)
{
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, LIST);
    put(store, "free", 1, NULL);
    ck_assert(!misses(store, "web"));
    spec_store_set_keeps_fields(store, false);
    ck_assert(!misses(store, "web")); /* its list is still known */
    put(store, "web", 1, NULL);
    put(store, "free", 2, NULL);
    ck_assert(misses(store, "web"));
    ck_assert(!misses(store, "free"));
    /* Written by somebody meanwhile, or listed anew. */
    put(store, "web", 3, NULL);
    ck_assert(misses(store, "web"));
    spec_store_begin_list(store);
    put(store, "web", 3, NULL);
    spec_store_end_list(store);
    ck_assert(misses(store, "web"));
    spec_store_free(store);
}
END_TEST

/* The definition is put right: the API server shows the list again a moment later, or it is gone
 * for good, for the spec was written meanwhile. */
START_TEST(a_list_is_missed_until_it_is_seen_or_the_spec_is_written)
{
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, LIST);
    put(store, "api", 1, LIST);
    spec_store_set_keeps_fields(store, false);
    put(store, "web", 1, NULL);
    put(store, "api", 2, NULL);
    spec_store_set_keeps_fields(store, true);
    ck_assert(misses(store, "web"));
    put(store, "web", 1, NULL);
    ck_assert(misses(store, "web"));
    put(store, "web", 1, LIST);
    ck_assert(!misses(store, "web"));
    ck_assert(misses(store, "api"));
    put(store, "api", 3, NULL);
    ck_assert(!misses(store, "api"));
    spec_store_set_keeps_fields(store, false);
    ck_assert(!misses(store, "web"));
    ck_assert(!misses(store, "api"));
    spec_store_free(store);
}
END_TEST

START_TEST(specs_seen_before_the_definition_are_missed_too)
{
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, LIST);
    spec_store_begin_list(store);
    put(store, "web", 1, NULL);
    spec_store_end_list(store);
    ck_assert(misses(store, "web"));
    spec_store_set_keeps_fields(store, false);
    ck_assert(misses(store, "web"));
    spec_store_free(store);
}
END_TEST

START_TEST(a_list_that_somebody_took_away_is_not_missed)
{
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, LIST);
    put(store, "web", 2, NULL);
    spec_store_set_keeps_fields(store, false);
    ck_assert(!misses(store, "web"));
    spec_store_free(store);
}
END_TEST

START_TEST(a_list_is_missed_when_the_spec_was_deleted_and_made_anew)
{
    struct spec_store *store = spec_store_create();
    put(store, "web", 1, LIST);
    put(store, "api", 1, LIST);
    put(store, "free", 1, NULL);
    spec_store_set_keeps_fields(store, false);
    spec_store_remove(store, slice_of("web"));
    spec_store_begin_list(store);
    spec_store_end_list(store);
    put(store, "web", 5, NULL);
    put(store, "free", 5, NULL);
    ck_assert(misses(store, "web"));
    ck_assert(!misses(store, "free"));
    spec_store_begin_list(store);
    put(store, "web", 5, NULL);
    put(store, "api", 6, NULL);
    spec_store_end_list(store);
    ck_assert(misses(store, "web"));
    ck_assert(misses(store, "api"));

    /* With the right definition what is seen is what there is. */
    spec_store_remove(store, slice_of("web"));
    spec_store_set_keeps_fields(store, true);
    put(store, "web", 7, NULL);
    spec_store_set_keeps_fields(store, false);
    ck_assert(!misses(store, "web"));
    spec_store_free(store);
}
END_TEST

START_TEST(a_spec_looked_up_is_judged_by_what_was_seen_of_its_name)
{
    const struct spec_object plain = {.name = "web", .version = 9};
    const struct spec_object listed = {.name = "web", .version = 9, .allowed = LIST};
    cleanup_known_spec struct known_spec *looked_up = spec_object_read(&plain);
    cleanup_known_spec struct known_spec *whole = spec_object_read(&listed);
    cleanup_known_spec struct known_spec *pruned =
        spec_object_read(&(struct spec_object){.name = "web", .version = 1});
    struct spec_store *store = spec_store_create();
    spec_store_set_keeps_fields(store, false);
    struct spec_snapshot *snapshot = spec_store_snapshot(store);
    ck_assert(!spec_snapshot_misses_allow_list(snapshot, looked_up));
    spec_snapshot_drop(snapshot);
    put(store, "web", 1, LIST);
    for (int i = 0; i < 2; i++) { /* known with its list, then not known any more */
        snapshot = spec_store_snapshot(store);
        ck_assert(spec_snapshot_misses_allow_list(snapshot, looked_up));
        ck_assert(spec_snapshot_misses_allow_list(snapshot, pruned));
        ck_assert(!spec_snapshot_misses_allow_list(snapshot, whole));
        spec_snapshot_drop(snapshot);
        spec_store_remove(store, slice_of("web"));
    }
    /* With the right definition: the same version without the list is not believed. */
    put(store, "web", 1, LIST);
    spec_store_set_keeps_fields(store, true);
    snapshot = spec_store_snapshot(store);
    ck_assert(!spec_snapshot_misses_allow_list(snapshot, looked_up));
    ck_assert(spec_snapshot_misses_allow_list(snapshot, pruned));
    spec_snapshot_drop(snapshot);
    spec_store_free(store);
}
END_TEST

START_TEST(the_memory_is_bounded)
{
    struct spec_store *store = spec_store_create();
    char name[32];
    for (int i = 0; i < SPEC_MEMORY_MAX + 10; i++) {
        (void)snprintf(name, sizeof(name), "spec-%d", i);
        put(store, name, 1, LIST);
        spec_store_remove(store, slice_of(name));
    }
    spec_store_set_keeps_fields(store, false);
    put(store, "spec-0", 2, NULL);
    ck_assert(misses(store, "spec-0"));
    (void)snprintf(name, sizeof(name), "spec-%d", SPEC_MEMORY_MAX + 9);
    put(store, name, 2, NULL);
    ck_assert(!misses(store, name));
    spec_store_free(store);
}
END_TEST

/* --- Board ------------------------------------------------------------------------------------ */

START_TEST(a_view_shows_the_latest_snapshot)
{
    struct spec_board *board = spec_board_create();
    struct spec_store *store = spec_store_create();
    struct spec_view view = {0};
    ck_assert_ptr_null(spec_view_look(&view, board));
    put(store, "web", 1, NULL);
    spec_board_post(board, spec_store_snapshot(store));
    const struct spec_snapshot *first = spec_view_look(&view, board);
    ck_assert_ptr_nonnull(find(first, "web"));
    ck_assert_ptr_eq(spec_view_look(&view, board), first);
    put(store, "web", 2, NULL);
    spec_board_post(board, spec_store_snapshot(store));
    ck_assert_str_eq(find(spec_view_look(&view, board), "web")->version, "2");
    spec_view_release(&view);
    spec_store_free(store);
    spec_board_free(board);
    spec_board_free(NULL);
}
END_TEST

struct reader {
    struct spec_board *board;
    atomic_bool *stop;
    size_t looks;
};

static void *read_on(void *context)
{
    struct reader *reader = context;
    struct spec_view view = {0};
    int last = 0;
    while (!atomic_load(reader->stop)) {
        const struct spec_snapshot *snapshot = spec_view_look(&view, reader->board);
        int version = atoi(find(snapshot, "web")->version);
        if (version < last)
            return reader;
        last = version;
        reader->looks++;
    }
    spec_view_release(&view);
    return NULL;
}

START_TEST(threads_look_while_one_posts)
{
    enum { READERS = 3, POSTS = 500 };
    struct spec_board *board = spec_board_create();
    struct spec_store *store = spec_store_create();
    atomic_bool stop = false;
    pthread_t threads[READERS];
    struct reader readers[READERS];
    put(store, "web", 0, NULL);
    spec_board_post(board, spec_store_snapshot(store));
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.board = board, .stop = &stop};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    for (int i = 1; i <= POSTS; i++) {
        put(store, "web", i, NULL);
        spec_board_post(board, spec_store_snapshot(store));
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        void *failed = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
    spec_store_free(store);
    spec_board_free(board);
}
END_TEST

SUITE("spec_snapshot", reads_what_the_api_server_sends, refuses_what_is_no_spec,
      a_snapshot_never_changes, broken_ones_are_counted,
      a_list_replaces_what_was_known_when_it_ends, the_same_version_with_other_contents_is_taken,
      many_specs_come_and_go, a_list_the_definition_drops_is_missed,
      a_list_is_missed_until_it_is_seen_or_the_spec_is_written,
      specs_seen_before_the_definition_are_missed_too, a_list_that_somebody_took_away_is_not_missed,
      a_list_is_missed_when_the_spec_was_deleted_and_made_anew,
      a_spec_looked_up_is_judged_by_what_was_seen_of_its_name, the_memory_is_bounded,
      a_view_shows_the_latest_snapshot, threads_look_while_one_posts)
