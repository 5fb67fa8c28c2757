/* Names of accounts as users write them. */
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/quote.h"
#include "lib/directory/account.h"

enum { ACCOUNT_NAME_MAX = 256 /* sAMAccountName's rangeUpper: MS-ADA3 2.222 */ };

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (ascii_is_control(name.data[i]) || strchr("\"/\\[]:;|=,+*?<>@", name.data[i]))
            return false;
    return name.length > 0 && name.length <= ACCOUNT_NAME_MAX && !slice_is(name, "$");
}

static bool is_domain(struct slice domain)
{
    for (size_t i = 0; i < domain.length; i++)
        if (!ascii_is_alphanumeric(domain.data[i]) && !strchr("-_.", domain.data[i]))
            return false;
    return domain.length > 0 && domain.length <= 255;
}

int account_reference_read(const char *text, struct account_reference *reference,
                           struct error **err)
{
    cleanup_arena struct arena arena = {0};
    struct slice all = slice_of(text);
    const char *backslash = strchr(text, '\\'), *at = strrchr(text, '@');
    *reference = (struct account_reference){.name = all};
    if (backslash) {
        reference->domain = (struct slice){text, (size_t)(backslash - text)};
        reference->name = slice_of(backslash + 1);
    } else if (at) {
        reference->name = (struct slice){text, (size_t)(at - text)};
        reference->domain = slice_of(at + 1);
    }
    if (!is_name(reference->name) || (reference->domain.data && !is_domain(reference->domain)))
        return error_set(err, ERROR_INPUT,
                         "%s is no account's name: write NAME, NAME@DOMAIN or DOMAIN\\NAME",
                         quote(&arena, all));
    return 0;
}
