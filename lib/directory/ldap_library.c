#include "lib/directory/ldap_library.h"

#include "lib/common/library.h"
#include "lib/common/memory.h"

/* The name that programs linked with it carry changed with 2.6. */
#if LDAP_VENDOR_VERSION >= 20600
#define LIBLDAP "libldap.so.2"
#define PACKAGE "libldap2"
#else
#define LIBLDAP "libldap-2.5.so.0"
#define PACKAGE "libldap-2.5-0"
#endif

static const char *const names[] = {
#define LDAP_NAME(name) #name,
    LDAP_FUNCTIONS(LDAP_NAME)
#undef LDAP_NAME
};

static struct ldap_functions functions;
_Static_assert(sizeof(functions) == sizeof(names), "nothing but pointers to functions");

static struct library library = {
    .file = LIBLDAP,
    .package = PACKAGE,
    .names = names,
    .count = ARRAY_LENGTH(names),
    .functions = &functions,
    .brings_gnutls = true,
};

int ldap_library_load(struct error **err)
{
    return library_load(&library, err);
}

const struct ldap_functions *ldap_library(void)
{
    library_need(&library);
    return &functions;
}
