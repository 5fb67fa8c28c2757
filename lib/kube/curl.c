#include "lib/kube/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* The name that programs linked with it carry; it changes with the binary interface. */
#define LIBCURL "libcurl.so.4"

struct kube_curl_functions kube_curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

/* GnuTLS comes along for protocols that are not spoken here. It would start itself when it is
 * loaded, PKCS#11 and all, which costs 0.9 MB; told not to, it waits until somebody calls it. */
static const char *const gnutls_start = "GNUTLS_NO_IMPLICIT_INIT";

static void load(void)
{
    bool told = !getenv(gnutls_start) && setenv(gnutls_start, "1", 1) == 0;
    /* Never closed: its own threads and handlers may live on. */
    void *library = dlopen(LIBCURL, RTLD_NOW | RTLD_LOCAL);
    if (told)
        (void)unsetenv(gnutls_start); /* programs that are started do not inherit it */
    if (!library)
        return;
    bool complete = true;
#define KUBE_CURL_FIND(name)                                                                       \
    complete = (*(void **)&kube_curl.name = dlsym(library, "curl_" #name)) != NULL && complete;
    KUBE_CURL_FUNCTIONS(KUBE_CURL_FIND)
#undef KUBE_CURL_FIND
    loaded = complete;
}

int kube_curl_load(struct error **err)
{
    (void)pthread_once(&once, load);
    if (!loaded)
        return error_set(err, ERROR_INTERNAL, "%s cannot be loaded; install the package libcurl4",
                         LIBCURL);
    return 0;
}
