/* OpenLDAP: libldap and liblber, loaded when they are first needed (lib/common/library.h).
 * Include this instead of <ldap.h>, <lber.h> and <openldap.h>; call the functions by
 * their own names. */
#ifndef GMSA_DIRECTORY_LDAP_LIBRARY_H
#define GMSA_DIRECTORY_LDAP_LIBRARY_H

#include <ldap.h>
#include <openldap.h>

#include "lib/common/error.h"

/* Every function that is used, and what LDAP_OPT_ON points to. */
#define LDAP_FUNCTIONS(X)                                                                          \
    X(ldap_abandon_ext)                                                                            \
    X(ldap_control_find)                                                                           \
    X(ldap_control_free)                                                                           \
    X(ldap_controls_free)                                                                          \
    X(ldap_create_page_control)                                                                    \
    X(ldap_err2string)                                                                             \
    X(ldap_extended_operation)                                                                     \
    X(ldap_get_attribute_ber)                                                                      \
    X(ldap_get_dn_ber)                                                                             \
    X(ldap_get_option)                                                                             \
    X(ldap_init_fd)                                                                                \
    X(ldap_memfree)                                                                                \
    X(ldap_msgfree)                                                                                \
    X(ldap_msgtype)                                                                                \
    X(ldap_parse_pageresponse_control)                                                             \
    X(ldap_parse_result)                                                                           \
    X(ldap_parse_sasl_bind_result)                                                                 \
    X(ldap_parse_whoami)                                                                           \
    X(ldap_result)                                                                                 \
    X(ldap_sasl_bind)                                                                              \
    X(ldap_search_ext)                                                                             \
    X(ldap_set_option)                                                                             \
    X(ldap_unbind_ext)                                                                             \
    X(ldap_whoami)                                                                                 \
    X(ber_bvfree)                                                                                  \
    X(ber_free)                                                                                    \
    X(ber_memfree)                                                                                 \
    X(ber_pvt_opt_on)                                                                              \
    X(ber_sockbuf_add_io)                                                                          \
    X(ber_sockbuf_ctrl)

struct ldap_functions {
#define LDAP_MEMBER(name) __typeof__(&name) name##_;
    LDAP_FUNCTIONS(LDAP_MEMBER)
#undef LDAP_MEMBER
};

/* Loads it. To be called before the first thread; whoever calls a function of the library without
 * having done so loads it there and then, and aborts where it is not installed. Calling it again
 * does nothing. ERROR_INTERNAL. */
int ldap_library_load(struct error **err);
/* What is loaded, for the names below. From any thread. */
const struct ldap_functions *ldap_library(void) __attribute__((returns_nonnull));

#define ldap_abandon_ext                ldap_library()->ldap_abandon_ext_
#define ldap_control_find               ldap_library()->ldap_control_find_
#define ldap_control_free               ldap_library()->ldap_control_free_
#define ldap_controls_free              ldap_library()->ldap_controls_free_
#define ldap_create_page_control        ldap_library()->ldap_create_page_control_
#define ldap_err2string                 ldap_library()->ldap_err2string_
#define ldap_extended_operation         ldap_library()->ldap_extended_operation_
#define ldap_get_attribute_ber          ldap_library()->ldap_get_attribute_ber_
#define ldap_get_dn_ber                 ldap_library()->ldap_get_dn_ber_
#define ldap_get_option                 ldap_library()->ldap_get_option_
#define ldap_init_fd                    ldap_library()->ldap_init_fd_
#define ldap_memfree                    ldap_library()->ldap_memfree_
#define ldap_msgfree                    ldap_library()->ldap_msgfree_
#define ldap_msgtype                    ldap_library()->ldap_msgtype_
#define ldap_parse_pageresponse_control ldap_library()->ldap_parse_pageresponse_control_
#define ldap_parse_result               ldap_library()->ldap_parse_result_
#define ldap_parse_sasl_bind_result     ldap_library()->ldap_parse_sasl_bind_result_
#define ldap_parse_whoami               ldap_library()->ldap_parse_whoami_
#define ldap_result                     ldap_library()->ldap_result_
#define ldap_sasl_bind                  ldap_library()->ldap_sasl_bind_
#define ldap_search_ext                 ldap_library()->ldap_search_ext_
#define ldap_set_option                 ldap_library()->ldap_set_option_
#define ldap_unbind_ext                 ldap_library()->ldap_unbind_ext_
#define ldap_whoami                     ldap_library()->ldap_whoami_
#define ber_bvfree                      ldap_library()->ber_bvfree_
#define ber_free                        ldap_library()->ber_free_
#define ber_memfree                     ldap_library()->ber_memfree_
#define ber_pvt_opt_on                  (*ldap_library()->ber_pvt_opt_on_)
#define ber_sockbuf_add_io              ldap_library()->ber_sockbuf_add_io_
#define ber_sockbuf_ctrl                ldap_library()->ber_sockbuf_ctrl_

#endif
