#include "lib/kube/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

/* The name that programs linked with it carry; it changes with the binary interface. */
#define LIBCURL "libcurl.so.4"

struct kube_curl_functions kube_curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    /* Never closed: its own threads and handlers may live on. */
    void *library = dlopen(LIBCURL, RTLD_NOW | RTLD_LOCAL);
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
