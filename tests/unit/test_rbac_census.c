#include "webhook/sources/rbac_census.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

#define OBJECT(version) "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"" version "\"}}"

static bool list(struct rbac_census *census, const char *const *objects)
{
    rbac_census_begin(census);
    for (; *objects; objects++)
        rbac_census_count(census, KUBE_LISTED, slice_of(*objects));
    return rbac_census_end(census);
}

static const char *const three[] = {OBJECT("5"), OBJECT("40"), OBJECT("12"), NULL};

START_TEST(the_first_list_is_a_change)
{
    struct rbac_census census = {0};
    static const char *const none[] = {NULL};
    ck_assert(list(&census, three));
    census = (struct rbac_census){0};
    ck_assert(list(&census, none));
    ck_assert(!list(&census, none));
}
END_TEST

START_TEST(the_same_again_is_none)
{
    struct rbac_census census = {0};
    static const char *const shuffled[] = {OBJECT("40"), OBJECT("12"), OBJECT("5"), NULL};
    (void)list(&census, three);
    ck_assert(!list(&census, three));
    ck_assert(!list(&census, shuffled));
}
END_TEST

START_TEST(every_difference_is_a_change)
{
    static const char *const states[][5] = {
        {OBJECT("5"), OBJECT("12"), NULL},                                 /* the newest is gone */
        {OBJECT("40"), OBJECT("12"), NULL},                                /* another one is */
        {OBJECT("5"), OBJECT("41"), OBJECT("12"), NULL},                   /* modified */
        {OBJECT("5"), OBJECT("40"), OBJECT("12"), OBJECT("41"), NULL},     /* one more */
        {OBJECT("40"), OBJECT("12"), OBJECT("41"), NULL},                  /* another instead */
        {OBJECT("5"), OBJECT("39"), OBJECT("12"), NULL},                   /* an older backup */
        {OBJECT("5"), OBJECT("40"), OBJECT("x"), NULL},                    /* no number */
        {OBJECT("5"), OBJECT("40"), "{}", NULL},                           /* no version */
        {OBJECT("5"), OBJECT("40"), OBJECT("99999999999999999999"), NULL}, /* beyond 64 bits */
        {NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        struct rbac_census census = {0};
        (void)list(&census, three);
        ck_assert_msg(list(&census, states[i]), "state %zu", i);
    }
}
END_TEST

START_TEST(events_are_reckoned_in)
{
    struct rbac_census census = {0};
    static const char *const after[] = {OBJECT("5"), OBJECT("51"), OBJECT("12"), OBJECT("50"),
                                        NULL};
    (void)list(&census, three);
    rbac_census_count(&census, KUBE_ADDED, slice_of(OBJECT("50")));
    rbac_census_count(&census, KUBE_MODIFIED, slice_of(OBJECT("51")));
    ck_assert(!list(&census, after));
    ck_assert(list(&census, three));
}
END_TEST

/* Which version is the newest of those left is not known. */
START_TEST(after_a_deletion_a_list_is_a_change_once)
{
    struct rbac_census census = {0};
    static const char *const after[] = {OBJECT("5"), OBJECT("40"), NULL};
    (void)list(&census, three);
    rbac_census_count(&census, KUBE_DELETED, slice_of(OBJECT("60")));
    ck_assert(list(&census, after));
    ck_assert(!list(&census, after));
}
END_TEST

/* What was read of a list that broke off does not count. */
START_TEST(a_list_may_begin_anew)
{
    struct rbac_census census = {0};
    (void)list(&census, three);
    rbac_census_begin(&census);
    rbac_census_count(&census, KUBE_LISTED, slice_of(OBJECT("70")));
    ck_assert(!list(&census, three));
}
END_TEST

SUITE("rbac_census", the_first_list_is_a_change, the_same_again_is_none,
      every_difference_is_a_change, events_are_reckoned_in,
      after_a_deletion_a_list_is_a_change_once, a_list_may_begin_anew)
