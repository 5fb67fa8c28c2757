#include "lib/kube/curl.h"

#include "lib/common/library.h"
#include "lib/common/memory.h"

struct kube_curl_functions kube_curl;

static const char *const names[] = {
#define KUBE_CURL_NAME(name) "curl_" #name,
    KUBE_CURL_FUNCTIONS(KUBE_CURL_NAME)
#undef KUBE_CURL_NAME
};
_Static_assert(sizeof(kube_curl) == sizeof(names), "nothing but pointers to functions");

int kube_curl_load(struct error **err)
{
    static struct library library = {
        .file = "libcurl.so.4",
        .package = "libcurl4",
        .names = names,
        .count = ARRAY_LENGTH(names),
        .functions = &kube_curl,
        .brings_gnutls = true,
    };
    return library_load(&library, err);
}
