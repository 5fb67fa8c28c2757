/* A credential spec beside what its domain says: pure. */
#ifndef GMSA_CREDSPEC_CLI_DOCTOR_COMPARE_H
#define GMSA_CREDSPEC_CLI_DOCTOR_COMPARE_H

#include "credspec/spec.h"
#include "lib/common/arena.h"
#include "lib/directory/domain.h"
#include "lib/directory/netlogon.h"

/* What is known of a domain; absent where it is not. */
struct domain_facts {
    struct slice dns_name, forest_name, netbios_name, sid, guid;
};
struct domain_facts domain_facts_of(const struct domain *domain);
/* Out of the answer to an LDAP ping, which lacks the SID. Lives in the arena. */
struct domain_facts domain_facts_of_ping(struct arena *arena, const struct netlogon *netlogon);

/* What the spec has otherwise, a line each, without regard to letter case: "Sid is ..., but the
 * domain's is ...". NULL where all that is known agrees. Lives in the arena. */
const char *doctor_compare(struct arena *arena, const struct credspec *spec,
                           const struct domain_facts *facts);

/* An account that the spec names. */
struct doctor_account {
    struct slice name;
    struct slice domain; /* absent: the spec's own */
    const char *label;   /* "webapp01", "archive@fabrikam.test" */
};
/* Each of them once, MachineAccountName first: the list has an account once for every scope, and
 * the domain's DNS and NetBIOS names are two scopes of the same. Lives in the arena. */
struct doctor_account *doctor_accounts(struct arena *arena, const struct credspec *spec,
                                       size_t *count);

#endif
