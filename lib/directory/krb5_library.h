/* MIT Kerberos: libkrb5 and its GSSAPI, loaded when they are first needed (lib/common/library.h).
 * Include this instead of <krb5.h> and <gssapi/...>; call the functions by their own names. */
#ifndef GMSA_DIRECTORY_KRB5_LIBRARY_H
#define GMSA_DIRECTORY_KRB5_LIBRARY_H

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>

#include "lib/common/error.h"

/* Every function that is used. */
#define KRB5_FUNCTIONS(X)                                                                          \
    X(initialize_krb5_error_table)                                                                 \
    X(krb5_build_principal_ext)                                                                    \
    X(krb5_cc_close)                                                                               \
    X(krb5_cc_copy_creds)                                                                          \
    X(krb5_cc_default)                                                                             \
    X(krb5_cc_default_name)                                                                        \
    X(krb5_cc_destroy)                                                                             \
    X(krb5_cc_end_seq_get)                                                                         \
    X(krb5_cc_get_full_name)                                                                       \
    X(krb5_cc_get_principal)                                                                       \
    X(krb5_cc_initialize)                                                                          \
    X(krb5_cc_new_unique)                                                                          \
    X(krb5_cc_next_cred)                                                                           \
    X(krb5_cc_resolve)                                                                             \
    X(krb5_cc_start_seq_get)                                                                       \
    X(krb5_cc_store_cred)                                                                          \
    X(krb5_decode_ticket)                                                                          \
    X(krb5_free_context)                                                                           \
    X(krb5_free_cred_contents)                                                                     \
    X(krb5_free_data_contents)                                                                     \
    X(krb5_free_error)                                                                             \
    X(krb5_free_error_message)                                                                     \
    X(krb5_free_keyblock_contents)                                                                 \
    X(krb5_free_keytab_entry_contents)                                                             \
    X(krb5_free_principal)                                                                         \
    X(krb5_free_string)                                                                            \
    X(krb5_free_ticket)                                                                            \
    X(krb5_free_unparsed_name)                                                                     \
    X(krb5_get_error_message)                                                                      \
    X(krb5_get_init_creds_opt_alloc)                                                               \
    X(krb5_get_init_creds_opt_free)                                                                \
    X(krb5_get_init_creds_opt_set_etype_list)                                                      \
    X(krb5_get_init_creds_opt_set_forwardable)                                                     \
    X(krb5_get_init_creds_opt_set_out_ccache)                                                      \
    X(krb5_get_init_creds_opt_set_renew_life)                                                      \
    X(krb5_init_context)                                                                           \
    X(krb5_init_creds_free)                                                                        \
    X(krb5_init_creds_init)                                                                        \
    X(krb5_init_creds_set_keytab)                                                                  \
    X(krb5_init_creds_set_password)                                                                \
    X(krb5_init_creds_step)                                                                        \
    X(krb5_is_config_principal)                                                                    \
    X(krb5_kt_add_entry)                                                                           \
    X(krb5_kt_close)                                                                               \
    X(krb5_kt_end_seq_get)                                                                         \
    X(krb5_kt_next_entry)                                                                          \
    X(krb5_kt_resolve)                                                                             \
    X(krb5_kt_start_seq_get)                                                                       \
    X(krb5_parse_name)                                                                             \
    X(krb5_parse_name_flags)                                                                       \
    X(krb5_principal_compare)                                                                      \
    X(krb5_rd_error)                                                                               \
    X(krb5_set_principal_realm)                                                                    \
    X(krb5_timeofday)                                                                              \
    X(krb5_tkt_creds_free)                                                                         \
    X(krb5_tkt_creds_init)                                                                         \
    X(krb5_tkt_creds_step)                                                                         \
    X(krb5_unparse_name)                                                                           \
    X(krb5_unparse_name_flags)                                                                     \
    X(krb5_c_string_to_key)                                                                        \
    X(error_message)                                                                               \
    X(gss_acquire_cred_from)                                                                       \
    X(gss_delete_sec_context)                                                                      \
    X(gss_display_status)                                                                          \
    X(gss_import_name)                                                                             \
    X(gss_init_sec_context)                                                                        \
    X(gss_inquire_sec_context_by_oid)                                                              \
    X(gss_release_buffer)                                                                          \
    X(gss_release_buffer_set)                                                                      \
    X(gss_release_name)                                                                            \
    X(gss_unwrap)                                                                                  \
    X(gss_wrap)                                                                                    \
    X(krb5_get_init_creds_opt_set_preauth_list)                                                    \
    X(gss_release_cred)

struct krb5_functions {
#define KRB5_MEMBER(name) __typeof__(&name) name##_;
    KRB5_FUNCTIONS(KRB5_MEMBER)
#undef KRB5_MEMBER
};

/* Loads it. To be called before the first thread; whoever calls a function of the library without
 * having done so loads it there and then, and aborts where it is not installed. Calling it again
 * does nothing. ERROR_INTERNAL. */
int krb5_library_load(struct error **err);
/* What is loaded, for the names below. From any thread. */
const struct krb5_functions *krb5_library(void) __attribute__((returns_nonnull));

#define initialize_krb5_error_table     krb5_library()->initialize_krb5_error_table_
#define krb5_build_principal_ext        krb5_library()->krb5_build_principal_ext_
#define krb5_cc_close                   krb5_library()->krb5_cc_close_
#define krb5_cc_copy_creds              krb5_library()->krb5_cc_copy_creds_
#define krb5_cc_default                 krb5_library()->krb5_cc_default_
#define krb5_cc_default_name            krb5_library()->krb5_cc_default_name_
#define krb5_cc_destroy                 krb5_library()->krb5_cc_destroy_
#define krb5_cc_end_seq_get             krb5_library()->krb5_cc_end_seq_get_
#define krb5_cc_get_full_name           krb5_library()->krb5_cc_get_full_name_
#define krb5_cc_get_principal           krb5_library()->krb5_cc_get_principal_
#define krb5_cc_initialize              krb5_library()->krb5_cc_initialize_
#define krb5_cc_new_unique              krb5_library()->krb5_cc_new_unique_
#define krb5_cc_next_cred               krb5_library()->krb5_cc_next_cred_
#define krb5_cc_resolve                 krb5_library()->krb5_cc_resolve_
#define krb5_cc_start_seq_get           krb5_library()->krb5_cc_start_seq_get_
#define krb5_cc_store_cred              krb5_library()->krb5_cc_store_cred_
#define krb5_decode_ticket              krb5_library()->krb5_decode_ticket_
#define krb5_free_context               krb5_library()->krb5_free_context_
#define krb5_free_cred_contents         krb5_library()->krb5_free_cred_contents_
#define krb5_free_data_contents         krb5_library()->krb5_free_data_contents_
#define krb5_free_error                 krb5_library()->krb5_free_error_
#define krb5_free_error_message         krb5_library()->krb5_free_error_message_
#define krb5_free_keyblock_contents     krb5_library()->krb5_free_keyblock_contents_
#define krb5_free_keytab_entry_contents krb5_library()->krb5_free_keytab_entry_contents_
#define krb5_free_principal             krb5_library()->krb5_free_principal_
#define krb5_free_string                krb5_library()->krb5_free_string_
#define krb5_free_ticket                krb5_library()->krb5_free_ticket_
#define krb5_free_unparsed_name         krb5_library()->krb5_free_unparsed_name_
#define krb5_get_error_message          krb5_library()->krb5_get_error_message_
#define krb5_get_init_creds_opt_alloc   krb5_library()->krb5_get_init_creds_opt_alloc_
#define krb5_get_init_creds_opt_free    krb5_library()->krb5_get_init_creds_opt_free_
#define krb5_get_init_creds_opt_set_etype_list                                                     \
    krb5_library()->krb5_get_init_creds_opt_set_etype_list_
#define krb5_get_init_creds_opt_set_forwardable                                                    \
    krb5_library()->krb5_get_init_creds_opt_set_forwardable_
#define krb5_get_init_creds_opt_set_out_ccache                                                     \
    krb5_library()->krb5_get_init_creds_opt_set_out_ccache_
#define krb5_get_init_creds_opt_set_renew_life                                                     \
    krb5_library()->krb5_get_init_creds_opt_set_renew_life_
#define krb5_init_context              krb5_library()->krb5_init_context_
#define krb5_init_creds_free           krb5_library()->krb5_init_creds_free_
#define krb5_init_creds_init           krb5_library()->krb5_init_creds_init_
#define krb5_init_creds_set_keytab     krb5_library()->krb5_init_creds_set_keytab_
#define krb5_init_creds_set_password   krb5_library()->krb5_init_creds_set_password_
#define krb5_init_creds_step           krb5_library()->krb5_init_creds_step_
#define krb5_is_config_principal       krb5_library()->krb5_is_config_principal_
#define krb5_kt_add_entry              krb5_library()->krb5_kt_add_entry_
#define krb5_kt_close                  krb5_library()->krb5_kt_close_
#define krb5_kt_end_seq_get            krb5_library()->krb5_kt_end_seq_get_
#define krb5_kt_next_entry             krb5_library()->krb5_kt_next_entry_
#define krb5_kt_resolve                krb5_library()->krb5_kt_resolve_
#define krb5_kt_start_seq_get          krb5_library()->krb5_kt_start_seq_get_
#define krb5_parse_name                krb5_library()->krb5_parse_name_
#define krb5_parse_name_flags          krb5_library()->krb5_parse_name_flags_
#define krb5_principal_compare         krb5_library()->krb5_principal_compare_
#define krb5_rd_error                  krb5_library()->krb5_rd_error_
#define krb5_set_principal_realm       krb5_library()->krb5_set_principal_realm_
#define krb5_timeofday                 krb5_library()->krb5_timeofday_
#define krb5_tkt_creds_free            krb5_library()->krb5_tkt_creds_free_
#define krb5_tkt_creds_init            krb5_library()->krb5_tkt_creds_init_
#define krb5_tkt_creds_step            krb5_library()->krb5_tkt_creds_step_
#define krb5_unparse_name              krb5_library()->krb5_unparse_name_
#define krb5_unparse_name_flags        krb5_library()->krb5_unparse_name_flags_
#define krb5_c_string_to_key           krb5_library()->krb5_c_string_to_key_
#define error_message                  krb5_library()->error_message_
#define gss_acquire_cred_from          krb5_library()->gss_acquire_cred_from_
#define gss_delete_sec_context         krb5_library()->gss_delete_sec_context_
#define gss_display_status             krb5_library()->gss_display_status_
#define gss_import_name                krb5_library()->gss_import_name_
#define gss_init_sec_context           krb5_library()->gss_init_sec_context_
#define gss_inquire_sec_context_by_oid krb5_library()->gss_inquire_sec_context_by_oid_
#define gss_release_buffer             krb5_library()->gss_release_buffer_
#define gss_release_buffer_set         krb5_library()->gss_release_buffer_set_
#define gss_release_name               krb5_library()->gss_release_name_
#define gss_unwrap                     krb5_library()->gss_unwrap_
#define gss_wrap                       krb5_library()->gss_wrap_
#define krb5_get_init_creds_opt_set_preauth_list                                                   \
    krb5_library()->krb5_get_init_creds_opt_set_preauth_list_
#define gss_release_cred krb5_library()->gss_release_cred_

/* gss_mech_krb5, which is no function: RFC 1964, 1. */
#define GSS_MECHANISM_KRB5 (&(gss_OID_desc){9, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"})

#endif
