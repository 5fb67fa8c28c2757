#include "webhook/server/requester_policy.h"

#include "lib/common/memory.h"
#include "tests/support/review_data.h"
#include "tests/support/suite.h"

#define USER(name, groups)                                                                         \
    "\"uid\":\"u\",\"userInfo\":{\"username\":\"" name "\",\"uid\":\"7\",\"groups\":[" groups      \
    "],\"extra\":{\"scopes\":[\"a\"]}}"

START_TEST(tells_people_from_machines)
{
    static const struct {
        const char *body;
        bool person;
    } rows[] = {
        {REVIEW_OF(USER("alice", "\"system:authenticated\"")), true},
        {REVIEW_OF(USER("alice", "")), true},
        {REVIEW_OF("\"uid\":\"u\""), true},
        {REVIEW_OF(USER("admin", "\"system:masters\"")), true},
        {REVIEW_OF(USER("system:node:n1", "\"system:nodes\"")), false},
        {REVIEW_OF(USER("system:node:n1", "\"system:nodes:x\"")), true},
        {REVIEW_OF(USER("system:serviceaccount:kube-system:replicaset-controller",
                        "\"system:serviceaccounts\",\"system:serviceaccounts:kube-system\"")),
         false},
        {REVIEW_OF(USER("system:serviceaccount:shop:ci", "\"system:serviceaccounts:shop\"")), true},
        {REVIEW_OF(USER("argo", "")), false},
        {REVIEW_OF(USER("argo2", "")), true},
    };
    static const char *const controllers[] = {"x", "argo"};
    const struct requester_policy policy = {controllers, 2};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_arena struct arena arena = {0};
        struct review review;
        struct requester requester;
        ck_assert_int_eq(review_read(&arena, rows[i].body, strlen(rows[i].body), &review, NULL), 0);
        ck_assert_msg(requester_must_be_permitted(&policy, &review, &requester) == rows[i].person,
                      "%s", rows[i].body);
    }
}
END_TEST

START_TEST(says_all_that_is_known_of_a_person)
{
    static const char body[] = REVIEW_OF(USER("alice", "\"a\",\"b\""));
    cleanup_arena struct arena arena = {0};
    struct review review;
    struct requester requester;
    const struct requester_policy policy = {0};
    ck_assert_int_eq(review_read(&arena, body, strlen(body), &review, NULL), 0);
    ck_assert(requester_must_be_permitted(&policy, &review, &requester));
    assert_slice(requester.user, "alice");
    assert_slice(requester.uid, "7");
    ck_assert_uint_eq(requester.group_count, 2);
    assert_slice(requester.groups[1], "b");
    assert_slice(requester.extra, "{\"scopes\":[\"a\"]}");
}
END_TEST

SUITE("requester_policy", tells_people_from_machines, says_all_that_is_known_of_a_person)
