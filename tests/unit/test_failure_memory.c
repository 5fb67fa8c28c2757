#include "lib/directory/failure_memory.h"

#include <pthread.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

enum { SECOND = 1000000000 };

static int64_t now;

static int64_t clock_of_test(void *context)
{
    (void)context;
    return now;
}

static struct failure_memory *create(void)
{
    const struct failure_memory_settings settings = {.lifetime = 10000, .now = clock_of_test};
    now = 0;
    return failure_memory_create(&settings);
}

START_TEST(a_failure_is_remembered_for_a_while)
{
    struct failure_memory *memory = create();
    ck_assert(!failure_memory_has(memory, "dc1.contoso.test"));
    failure_memory_add(memory, "dc1.contoso.test");
    ck_assert(failure_memory_has(memory, "DC1.Contoso.test"));
    ck_assert(!failure_memory_has(memory, "dc2.contoso.test"));
    now = (int64_t)10 * SECOND - 1;
    ck_assert(failure_memory_has(memory, "dc1.contoso.test"));
    now++;
    ck_assert(!failure_memory_has(memory, "dc1.contoso.test"));
    failure_memory_free(memory);
}
END_TEST

START_TEST(a_success_ends_it)
{
    struct failure_memory *memory = create();
    failure_memory_add(memory, "dc1");
    failure_memory_add(memory, "dc2");
    failure_memory_remove(memory, "DC1");
    failure_memory_remove(memory, "dc3");
    ck_assert(!failure_memory_has(memory, "dc1"));
    ck_assert(failure_memory_has(memory, "dc2"));
    failure_memory_free(memory);
}
END_TEST

START_TEST(the_latest_failure_counts)
{
    struct failure_memory *memory = create();
    failure_memory_add(memory, "dc1");
    now = (int64_t)5 * SECOND;
    failure_memory_add(memory, "dc2");
    failure_memory_add(memory, "dc1");
    now = (int64_t)12 * SECOND;
    ck_assert(failure_memory_has(memory, "dc1"));
    ck_assert(failure_memory_has(memory, "dc2"));
    now = (int64_t)15 * SECOND;
    ck_assert(!failure_memory_has(memory, "dc1"));
    ck_assert(!failure_memory_has(memory, "dc2"));
    failure_memory_free(memory);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
    struct failure_memory *memory = create();
    for (int i = 0; i <= FAILURE_MEMORY_MAX; i++) {
        cleanup_free char *host = xasprintf("dc%d", i);
        failure_memory_add(memory, host);
    }
    ck_assert(!failure_memory_has(memory, "dc0"));
    ck_assert(failure_memory_has(memory, "dc1"));
    ck_assert(failure_memory_has(memory, "dc256"));
    failure_memory_free(memory);
}
END_TEST

START_TEST(without_a_memory_nothing_is_remembered)
{
    failure_memory_add(NULL, "dc1");
    failure_memory_remove(NULL, "dc1");
    ck_assert(!failure_memory_has(NULL, "dc1"));
    failure_memory_free(NULL);
}
END_TEST

static void *use_memory(void *context)
{
    struct failure_memory *memory = context;
    for (int i = 0; i < 2000; i++) {
        cleanup_free char *host = xasprintf("dc%d", i % 7);
        failure_memory_add(memory, host);
        (void)failure_memory_has(memory, host);
        failure_memory_remove(memory, host);
    }
    return NULL;
}

START_TEST(threads_may_share_it)
{
    struct failure_memory *memory = failure_memory_create(NULL);
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_memory, memory), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < 7; i++) {
        cleanup_free char *host = xasprintf("dc%d", i);
        ck_assert(!failure_memory_has(memory, host));
    }
    failure_memory_free(memory);
}
END_TEST

SUITE("failure_memory", a_failure_is_remembered_for_a_while, a_success_ends_it,
      the_latest_failure_counts, the_oldest_makes_room, without_a_memory_nothing_is_remembered,
      threads_may_share_it)
