/* The rules by name, and the parts they are checked in. Internal to credspec/; what others need is
 * in spec.h. */
#ifndef GMSA_CREDSPEC_RULES_H
#define GMSA_CREDSPEC_RULES_H

#include "credspec/finding.h"

/* In the order of their codes. Each subject has room for more. */
enum rule_number {
    /* The document as such: CS001 to CS019 */
    RULE_SPEC_OBJECT,
    RULE_SPEC_WRAPPED,
    RULE_FIELD_MISSING,
    RULE_FIELD_TYPE,
    RULE_FIELD_CASE,
    RULE_FIELD_UNKNOWN,
    RULE_FIELD_MISPLACED,
    RULE_TEXT_EMPTY,
    RULE_TEXT_WHITE_SPACE,
    RULE_TEXT_CONTROL,
    RULE_NUMBER_FORM,
    RULE_SPEC_SIZE,
    RULE_SPEC_NESTING,
    RULE_PLACEHOLDER,
    /* The domain: CS020 to CS039 */
    RULE_CMS_PLUGINS,
    RULE_CMS_PLUGIN_UNKNOWN,
    RULE_SID_FORM,
    RULE_SID_OF_ACCOUNT,
    RULE_SID_ZERO,
    RULE_GUID_FORM,
    RULE_GUID_ZERO,
    RULE_DNS_NAME_FORM,
    RULE_DNS_NAME_SINGLE_LABEL,
    RULE_NETBIOS_NAME_FORM,
    RULE_NETBIOS_NAME_LENGTH,
    RULE_NAMES_SWAPPED,
    RULE_DNS_TREE,
    /* The accounts: CS040 to CS059 */
    RULE_ACCOUNT_NAME_FORM,
    RULE_ACCOUNT_NAME_LENGTH,
    RULE_ACCOUNT_NAME_FIFTEEN,
    RULE_ACCOUNTS_EMPTY,
    RULE_ACCOUNT_NOT_LISTED,
    RULE_ACCOUNT_DNS_SCOPE,
    RULE_ACCOUNT_NETBIOS_SCOPE,
    RULE_ACCOUNT_TWICE,
    RULE_SCOPE_FORM,
    /* The plug-in: CS060 to CS079 */
    RULE_CCG_VERSION,
    RULE_PLUGIN_GUID,
    RULE_PLUGIN_PASSWORD,
    RULE_PLUGIN_PERHAPS_PASSWORD,
    RULE_PLUGIN_INPUT_FORM,
    RULE_PLUGIN_INPUT_OBJECT,
    /* The resource: CS080 to CS099 */
    RULE_API_VERSION,
    RULE_API_VERSION_OLD,
    RULE_KIND,
    RULE_RESOURCE_NAME,
    RULE_CREDSPEC_FIELD,
    RULE_RUN_AS_USER,
    RULE_RUN_AS_USER_DEFAULT,
    RULE_RUN_AS_USER_TWICE,
    RULE_RUN_AS_USER_LOCAL,
    RULE_COUNT,
};

/* The rule of that number, as `credspec rules` explains it. */
const struct rule *rule_of(enum rule_number number);

struct location;

/* rules_domain.c: CmsPlugins and DomainJoinConfig. */
void rules_check_domain(struct findings *findings, const struct location *spec);
/* rules_accounts.c: MachineAccountName and GroupManagedServiceAccounts. */
void rules_check_accounts(struct findings *findings, const struct location *spec);
/* rules_plugin.c: HostAccountConfig. */
void rules_check_plugin(struct findings *findings, const struct location *spec);

#endif
