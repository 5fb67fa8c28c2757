/* libcurl, loaded when it is first needed.
 *
 * It brings two dozen libraries along, whose pages cost a program some 4 MB even if it never calls
 * an API server, as `gmsa-webhook serve --standalone` and `review` do not. So it is no dependency
 * of the program's file, but opened by kube_curl_load(); include this instead of <curl/curl.h>, and
 * call libcurl's functions by their own names.
 */
#ifndef GMSA_KUBE_CURL_H
#define GMSA_KUBE_CURL_H

#define CURL_DISABLE_TYPECHECK /* its macros name the functions, which are pointers here */
#include <curl/curl.h>

#include "lib/common/error.h"

/* Every function of libcurl that is used, by its name without "curl_". */
#define KUBE_CURL_FUNCTIONS(X)                                                                     \
    X(easy_cleanup)                                                                                \
    X(easy_getinfo)                                                                                \
    X(easy_init)                                                                                   \
    X(easy_setopt)                                                                                 \
    X(easy_strerror)                                                                               \
    X(free)                                                                                        \
    X(global_cleanup)                                                                              \
    X(global_init)                                                                                 \
    X(multi_add_handle)                                                                            \
    X(multi_assign)                                                                                \
    X(multi_cleanup)                                                                               \
    X(multi_info_read)                                                                             \
    X(multi_init)                                                                                  \
    X(multi_remove_handle)                                                                         \
    X(multi_setopt)                                                                                \
    X(multi_socket_action)                                                                         \
    X(slist_append)                                                                                \
    X(slist_free_all)                                                                              \
    X(url)                                                                                         \
    X(url_cleanup)                                                                                 \
    X(url_get)                                                                                     \
    X(url_set)

#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

struct kube_curl_functions {
#define KUBE_CURL_MEMBER(name) __typeof__(&curl_##name) name;
    KUBE_CURL_FUNCTIONS(KUBE_CURL_MEMBER)
#undef KUBE_CURL_MEMBER
};

/* Written once, by kube_curl_load(). */
extern struct kube_curl_functions kube_curl;

/* Opens the library; library_load() says what that does. ERROR_INTERNAL where it is not there. */
int kube_curl_load(struct error **err);

#define curl_easy_cleanup        kube_curl.easy_cleanup
#define curl_easy_getinfo        kube_curl.easy_getinfo
#define curl_easy_init           kube_curl.easy_init
#define curl_easy_setopt         kube_curl.easy_setopt
#define curl_easy_strerror       kube_curl.easy_strerror
#define curl_free                kube_curl.free
#define curl_global_cleanup      kube_curl.global_cleanup
#define curl_global_init         kube_curl.global_init
#define curl_multi_add_handle    kube_curl.multi_add_handle
#define curl_multi_assign        kube_curl.multi_assign
#define curl_multi_cleanup       kube_curl.multi_cleanup
#define curl_multi_info_read     kube_curl.multi_info_read
#define curl_multi_init          kube_curl.multi_init
#define curl_multi_remove_handle kube_curl.multi_remove_handle
#define curl_multi_setopt        kube_curl.multi_setopt
#define curl_multi_socket_action kube_curl.multi_socket_action
#define curl_slist_append        kube_curl.slist_append
#define curl_slist_free_all      kube_curl.slist_free_all
#define curl_url                 kube_curl.url
#define curl_url_cleanup         kube_curl.url_cleanup
#define curl_url_get             kube_curl.url_get
#define curl_url_set             kube_curl.url_set

#endif
