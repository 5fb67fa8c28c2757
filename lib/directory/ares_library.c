#include "lib/directory/ares_library.h"

#include "lib/common/library.h"
#include "lib/common/memory.h"

static const char *const names[] = {
#define ARES_NAME(name) #name,
    ARES_FUNCTIONS(ARES_NAME)
#undef ARES_NAME
};

static struct ares_functions functions;
_Static_assert(sizeof(functions) == sizeof(names), "nothing but pointers to functions");

static struct library library = {
    .file = "libcares.so.2",
    .package = "libc-ares2",
    .names = names,
    .count = ARRAY_LENGTH(names),
    .functions = &functions,
};

int ares_library_load(struct error **err)
{
    return library_load(&library, err);
}

const struct ares_functions *ares_library(void)
{
    library_need(&library);
    return &functions;
}
