/* c-ares, loaded when it is first needed (lib/common/library.h).
 * Include this instead of <ares.h>; call the functions by their own names. */
#ifndef GMSA_DIRECTORY_ARES_LIBRARY_H
#define GMSA_DIRECTORY_ARES_LIBRARY_H

#include <ares.h>

#include "lib/common/error.h"

/* Every function that is used. */
#define ARES_FUNCTIONS(X)                                                                          \
    X(ares_cancel)                                                                                 \
    X(ares_destroy)                                                                                \
    X(ares_free_data)                                                                              \
    X(ares_freeaddrinfo)                                                                           \
    X(ares_getaddrinfo)                                                                            \
    X(ares_getsock)                                                                                \
    X(ares_init_options)                                                                           \
    X(ares_library_init)                                                                           \
    X(ares_parse_srv_reply)                                                                        \
    X(ares_process_fd)                                                                             \
    X(ares_query)                                                                                  \
    X(ares_set_servers_ports_csv)                                                                  \
    X(ares_strerror)                                                                               \
    X(ares_timeout)

struct ares_functions {
#define ARES_MEMBER(name) __typeof__(&name) name##_;
    ARES_FUNCTIONS(ARES_MEMBER)
#undef ARES_MEMBER
};

/* Loads it. To be called before the first thread; whoever calls a function of the library without
 * having done so loads it there and then, and aborts where it is not installed. Calling it again
 * does nothing. ERROR_INTERNAL. */
int ares_library_load(struct error **err);
/* What is loaded, for the names below. From any thread. */
const struct ares_functions *ares_library(void) __attribute__((returns_nonnull));

#define ares_cancel                ares_library()->ares_cancel_
#define ares_destroy               ares_library()->ares_destroy_
#define ares_free_data             ares_library()->ares_free_data_
#define ares_freeaddrinfo          ares_library()->ares_freeaddrinfo_
#define ares_getaddrinfo           ares_library()->ares_getaddrinfo_
#define ares_getsock               ares_library()->ares_getsock_
#define ares_init_options          ares_library()->ares_init_options_
#define ares_library_init          ares_library()->ares_library_init_
#define ares_parse_srv_reply       ares_library()->ares_parse_srv_reply_
#define ares_process_fd            ares_library()->ares_process_fd_
#define ares_query                 ares_library()->ares_query_
#define ares_set_servers_ports_csv ares_library()->ares_set_servers_ports_csv_
#define ares_strerror              ares_library()->ares_strerror_
#define ares_timeout               ares_library()->ares_timeout_

#endif
