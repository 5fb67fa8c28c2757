/* Whether an account of a domain is fit for a credential spec, and what is to be said of it. */
#ifndef GMSA_CREDSPEC_CLI_ACCOUNT_CHECK_H
#define GMSA_CREDSPEC_CLI_ACCOUNT_CHECK_H

#include "lib/common/arena.h"
#include "lib/common/slice.h"
#include "lib/directory/account.h"

/* The `$` at the end of a sAMAccountName is no part of the name in a credential spec; PowerShell
 * takes it off, too. */
struct slice account_spec_name(const char *text, size_t length);

enum { ACCOUNT_WARNINGS_MAX = 4 };

/* Texts of the arena. */
struct account_verdict {
    const char *problem; /* why no container can use it, or NULL */
    const char *hint;    /* what to do about that */
    const char *warnings[ACCOUNT_WARNINGS_MAX];
    size_t warning_count;
};

/* `readers` NULL: it is not known who may read the password. */
void account_judge(struct arena *arena, const struct account *account,
                   const struct account_readers *readers, struct account_verdict *verdict);

/* "CONTOSO\node1$, the group CONTOSO\gmsa-hosts": who may read the password; NULL for nobody. */
const char *account_readers_text(struct arena *arena, const struct account_readers *readers);

/* The gMSA of the domain whose name is most like `name`, without its `$`, or NULL: none is, or the
 * domain cannot be asked. */
const char *account_nearest(struct arena *arena, struct directory_connection *connection,
                            const struct domain *domain, const char *name, int64_t deadline);

#endif
