/* The forms of Active Directory's names; an absent slice has none of them. Internal to credspec/.
 */
#ifndef GMSA_CREDSPEC_NAMES_H
#define GMSA_CREDSPEC_NAMES_H

#include "lib/common/slice.h"

enum {
    NETBIOS_NAME_MAX = 15, /* characters */
    ACCOUNT_NAME_MAX = 15, /* characters of a sAMAccountName without the '$' */
};

/* A DNS name of one or more labels, as RFC 1123 has it, but with underscores, which Active
 * Directory's DNS server accepts; not an address, no final dot, at most 253 bytes. */
bool is_dns_name(struct slice name);
/* The same with at least two labels, as every domain that Windows still creates. */
bool is_dns_name_of_labels(struct slice name);
/* The characters of a NetBIOS domain name, whatever the length. A dot is none of them: it may stand
 * in one by the letter of the rules, but Windows has refused to create such domains since 2000. */
bool is_netbios_name(struct slice name);
/* The same with at most NETBIOS_NAME_MAX characters. */
bool is_netbios_domain(struct slice name);
/* Whether `name` is `tree` or ends with "." and `tree`, without regard to case. */
bool is_domain_below(struct slice name, struct slice tree);
/* XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX, without braces. */
bool is_guid(struct slice guid);
bool is_guid_zero(struct slice guid);
/* {XXXXXXXX-...}: the GUID inside the braces, absent where there are none. */
struct slice without_braces(struct slice guid);

/* What is wrong with the name of an account, NULL for nothing; the length does not count here. */
const char *account_name_problem(struct slice name);

#endif
