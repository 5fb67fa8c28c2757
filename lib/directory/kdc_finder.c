#include "lib/directory/kdc_finder.h"

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"

enum { KDCS_MAX = 4 };

int kdc_find(struct kerberos *kerberos, const char *realm, int64_t deadline, void *context,
             struct error **err)
{
    const struct locate_settings *given = context;
    cleanup_locate_candidates struct locate_candidates candidates = {0};
    cleanup_free char *domain = xstrdup(realm);
    cleanup_error struct error *last = NULL;
    struct addresses all = {0};
    for (char *c = domain; *c; c++)
        *c = ascii_to_lower(*c);
    const struct locate_settings settings = {
        .domain = domain, .resolver = given->resolver, .failures = given->failures};
    if (locate_candidates(&settings, NULL, deadline, &candidates, err) < 0)
        return error_prefix(err, "the KDCs of %s", realm);
    for (size_t i = 0; i < candidates.records.count && i < KDCS_MAX; i++) {
        struct addresses some;
        error_free(STEAL(last));
        if (resolver_addresses(&given->resolver, candidates.records.items[i].host, deadline, &some,
                               &last) < 0)
            continue;
        for (size_t j = 0; j < some.count && all.count < RESOLVER_ADDRESSES_MAX; j++)
            all.items[all.count++] = some.items[j];
    }
    if (all.count == 0) {
        (void)error_move(err, STEAL(last));
        return error_prefix(err, "the KDCs of %s", realm);
    }
    kerberos_set_kdc(kerberos, realm, &all, 0);
    return 0;
}
