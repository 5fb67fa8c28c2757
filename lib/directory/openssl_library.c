#include "lib/directory/openssl_library.h"

#include "lib/common/library.h"
#include "lib/common/memory.h"

static const char *const names[] = {
#define OPENSSL_NAME(name) #name,
    OPENSSL_FUNCTIONS(OPENSSL_NAME)
#undef OPENSSL_NAME
};

static struct openssl_functions functions;
_Static_assert(sizeof(functions) == sizeof(names), "nothing but pointers to functions");

static struct library library = {
    .file = "libssl.so.3",
    .package = "libssl3",
    .names = names,
    .count = ARRAY_LENGTH(names),
    .functions = &functions,
};

int openssl_library_load(struct error **err)
{
    return library_load(&library, err);
}

const struct openssl_functions *openssl_library(void)
{
    library_need(&library);
    return &functions;
}
