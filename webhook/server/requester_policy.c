#include "webhook/server/requester_policy.h"

#include "lib/common/memory.h"

static bool in_group_of_machines(const struct review *review)
{
    static const char *const groups[] = {"system:nodes", "system:serviceaccounts:kube-system"};
    for (size_t i = 0; i < review->group_count; i++)
        for (size_t j = 0; j < ARRAY_LENGTH(groups); j++)
            if (slice_is(review->groups[i], groups[j]))
                return true;
    return false;
}

bool requester_must_be_permitted(const struct requester_policy *policy, const struct review *review,
                                 struct requester *requester)
{
    for (size_t i = 0; i < policy->controller_count; i++)
        if (slice_is(review->user, policy->controllers[i]))
            return false;
    if (in_group_of_machines(review))
        return false;
    *requester = (struct requester){.user = review->user,
                                    .uid = review->user_uid,
                                    .groups = review->groups,
                                    .group_count = review->group_count,
                                    .extra = review->user_extra};
    return true;
}
