#include "lib/directory/krb5_library.h"

#include "lib/common/library.h"
#include "lib/common/memory.h"

static const char *const names[] = {
#define KRB5_NAME(name) #name,
    KRB5_FUNCTIONS(KRB5_NAME)
#undef KRB5_NAME
};

static struct krb5_functions functions;
_Static_assert(sizeof(functions) == sizeof(names), "nothing but pointers to functions");

static struct library library = {
    .file = "libgssapi_krb5.so.2",
    .package = "libgssapi-krb5-2",
    .names = names,
    .count = ARRAY_LENGTH(names),
    .functions = &functions,
};

int krb5_library_load(struct error **err)
{
    return library_load(&library, err);
}

const struct krb5_functions *krb5_library(void)
{
    library_need(&library);
    return &functions;
}
