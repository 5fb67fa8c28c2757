/* The facts of an account, and who may read a gMSA's password. */
#ifndef GMSA_DIRECTORY_ACCOUNT_H
#define GMSA_DIRECTORY_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/directory/connection.h"
#include "lib/directory/domain.h"

/* By the most special objectClass. */
enum account_class {
    ACCOUNT_GMSA, /* msDS-GroupManagedServiceAccount */
    ACCOUNT_SMSA, /* msDS-ManagedServiceAccount: a standalone one, for one computer */
    ACCOUNT_DMSA, /* msDS-DelegatedManagedServiceAccount, Windows Server 2025 */
    ACCOUNT_COMPUTER,
    ACCOUNT_USER,
    ACCOUNT_GROUP,
    ACCOUNT_OTHER,
};
/* "a group Managed Service Account (gMSA)", "a computer account", "a user account", ... */
const char *account_class_name(enum account_class class);

struct account_names {
    char **items;
    size_t count;
};

struct account {
    enum account_class class;
    char *name; /* sAMAccountName: "webapp01$" */
    char *dn;
    char *sid; /* "S-1-5-21-...-1105" */
    char *guid;
    char *dns_host_name;                     /* or NULL */
    struct account_names service_principals; /* "http/webapp.contoso.test" */
    bool enabled; /* userAccountControl lacks ACCOUNTDISABLE (MS-ADTS 2.2.16) */
    bool trusted_for_delegation;
    uint32_t control;          /* userAccountControl */
    int64_t key_version;       /* msDS-KeyVersionNumber; -1 unknown */
    int64_t encryption_types;  /* msDS-SupportedEncryptionTypes (MS-KILE 2.2.7); -1 unset */
    int64_t password_interval; /* msDS-ManagedPasswordInterval in days; -1 unset */
    bool has_membership;       /* msDS-GroupMSAMembership could be read */
    char *membership;          /* its octets: a security descriptor; for account_readers() */
    size_t membership_length;
};

/* Finds an account of the domain by "webapp01", "webapp01$", "CONTOSO\webapp01", "webapp01@contoso.
 * test". A name without the final $ means the account with it, if there is one. ERROR_NOT_FOUND:
 * there is none; ERROR_INPUT: the name is none, or of another domain. One round trip. */
int account_find(struct directory_connection *connection, const struct domain *domain,
                 const char *name, int64_t deadline, struct account *account, struct error **err);
void account_release(struct account *account);
#define cleanup_account __attribute__((cleanup(account_release)))

/* Splits "NAME@DOMAIN" and "DOMAIN\NAME"; the domain is absent where none is named. Checks the
 * characters of the name (MS-SAMR 3.1.1.6) and its length. */
struct account_reference {
    struct slice name, domain;
};
int account_reference_read(const char *text, struct account_reference *reference,
                           struct error **err);

/* --- Who may read its password ---------------------------------------------------------------- */

enum { ACCOUNT_READERS_MAX = 64 };

struct account_reader {
    char *sid;
    char *name; /* "CONTOSO\node1$", "BUILTIN\Administrators"; NULL: nothing is known of this SID */
    enum account_class class;
    bool denied; /* an entry that forbids it */
};
struct account_readers {
    struct account_reader items[ACCOUNT_READERS_MAX];
    size_t count;
    bool cut; /* there are more */
};

/* Who is listed in msDS-GroupMSAMembership, with names: from a table of well-known SIDs, then by
 * one search. `has_membership` must be true. ERROR_PROTOCOL: it is no security descriptor. */
int account_readers(struct directory_connection *connection, const struct domain *domain,
                    const struct account *account, int64_t deadline,
                    struct account_readers *readers, struct error **err);
void account_readers_release(struct account_readers *readers);
#define cleanup_account_readers __attribute__((cleanup(account_readers_release)))

/* The SIDs that the account itself stands for at this DC: its own and those of its groups, nested
 * ones too (tokenGroups). A ticket that is older than a membership lacks it. */
int account_sids(struct directory_connection *connection, const struct account *account,
                 int64_t deadline, struct account_names *sids, struct error **err);
void account_names_release(struct account_names *names);
#define cleanup_account_names __attribute__((cleanup(account_names_release)))
/* Whether msDS-GroupMSAMembership of `account` lets one who stands for these SIDs read its
 * password. Errors as account_readers(). */
int account_permits(const struct account *account, const struct account_names *sids, bool *permits,
                    struct error **err);

#endif
