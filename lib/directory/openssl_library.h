/* OpenSSL, loaded when it is first needed (lib/common/library.h).
 * Include this instead of <openssl/...>; call the functions by their own names. */
#ifndef GMSA_DIRECTORY_OPENSSL_LIBRARY_H
#define GMSA_DIRECTORY_OPENSSL_LIBRARY_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/common/error.h"

/* Every function that is used. */
#define OPENSSL_FUNCTIONS(X)                                                                       \
    X(ERR_clear_error)                                                                             \
    X(ERR_peek_last_error)                                                                         \
    X(ERR_pop_to_mark)                                                                             \
    X(ERR_reason_error_string)                                                                     \
    X(ERR_set_mark)                                                                                \
    X(EVP_DigestFinal_ex)                                                                          \
    X(EVP_DigestInit_ex2)                                                                          \
    X(EVP_DigestUpdate)                                                                            \
    X(EVP_MD_CTX_free)                                                                             \
    X(EVP_MD_CTX_new)                                                                              \
    X(EVP_MD_fetch)                                                                                \
    X(EVP_MD_free)                                                                                 \
    X(OSSL_LIB_CTX_free)                                                                           \
    X(OSSL_LIB_CTX_new)                                                                            \
    X(OSSL_PROVIDER_load)                                                                          \
    X(OSSL_PROVIDER_unload)                                                                        \
    X(X509_VERIFY_PARAM_set1_host)                                                                 \
    X(X509_VERIFY_PARAM_set1_ip_asc)                                                               \
    X(X509_VERIFY_PARAM_set_hostflags)                                                             \
    X(X509_verify_cert_error_string)                                                               \
    X(SSL_CIPHER_get_bits)                                                                         \
    X(SSL_CTX_ctrl)                                                                                \
    X(SSL_CTX_free)                                                                                \
    X(SSL_CTX_load_verify_file)                                                                    \
    X(SSL_CTX_new)                                                                                 \
    X(SSL_CTX_set_default_verify_paths)                                                            \
    X(SSL_CTX_set_options)                                                                         \
    X(SSL_CTX_set_verify)                                                                          \
    X(SSL_connect)                                                                                 \
    X(SSL_ctrl)                                                                                    \
    X(SSL_free)                                                                                    \
    X(SSL_get0_param)                                                                              \
    X(SSL_get_current_cipher)                                                                      \
    X(SSL_get_error)                                                                               \
    X(SSL_get_verify_result)                                                                       \
    X(SSL_new)                                                                                     \
    X(SSL_pending)                                                                                 \
    X(SSL_read)                                                                                    \
    X(SSL_set_fd)                                                                                  \
    X(SSL_shutdown)                                                                                \
    X(SSL_write)                                                                                   \
    X(TLS_client_method)

struct openssl_functions {
#define OPENSSL_MEMBER(name) __typeof__(&name) name##_;
    OPENSSL_FUNCTIONS(OPENSSL_MEMBER)
#undef OPENSSL_MEMBER
};

/* Loads it, from any thread; whoever calls a function of the library without having done so loads
 * it there and then, and aborts where it is not installed. Calling it again does nothing.
 * ERROR_INTERNAL. */
int openssl_library_load(struct error **err);
/* What is loaded, for the names below. From any thread. */
const struct openssl_functions *openssl_library(void) __attribute__((returns_nonnull));

#define ERR_clear_error                  openssl_library()->ERR_clear_error_
#define ERR_peek_last_error              openssl_library()->ERR_peek_last_error_
#define ERR_pop_to_mark                  openssl_library()->ERR_pop_to_mark_
#define ERR_reason_error_string          openssl_library()->ERR_reason_error_string_
#define ERR_set_mark                     openssl_library()->ERR_set_mark_
#define EVP_DigestFinal_ex               openssl_library()->EVP_DigestFinal_ex_
#define EVP_DigestInit_ex2               openssl_library()->EVP_DigestInit_ex2_
#define EVP_DigestUpdate                 openssl_library()->EVP_DigestUpdate_
#define EVP_MD_CTX_free                  openssl_library()->EVP_MD_CTX_free_
#define EVP_MD_CTX_new                   openssl_library()->EVP_MD_CTX_new_
#define EVP_MD_fetch                     openssl_library()->EVP_MD_fetch_
#define EVP_MD_free                      openssl_library()->EVP_MD_free_
#define OSSL_LIB_CTX_free                openssl_library()->OSSL_LIB_CTX_free_
#define OSSL_LIB_CTX_new                 openssl_library()->OSSL_LIB_CTX_new_
#define OSSL_PROVIDER_load               openssl_library()->OSSL_PROVIDER_load_
#define OSSL_PROVIDER_unload             openssl_library()->OSSL_PROVIDER_unload_
#define X509_VERIFY_PARAM_set1_host      openssl_library()->X509_VERIFY_PARAM_set1_host_
#define X509_VERIFY_PARAM_set1_ip_asc    openssl_library()->X509_VERIFY_PARAM_set1_ip_asc_
#define X509_VERIFY_PARAM_set_hostflags  openssl_library()->X509_VERIFY_PARAM_set_hostflags_
#define X509_verify_cert_error_string    openssl_library()->X509_verify_cert_error_string_
#define SSL_CIPHER_get_bits              openssl_library()->SSL_CIPHER_get_bits_
#define SSL_CTX_ctrl                     openssl_library()->SSL_CTX_ctrl_
#define SSL_CTX_free                     openssl_library()->SSL_CTX_free_
#define SSL_CTX_load_verify_file         openssl_library()->SSL_CTX_load_verify_file_
#define SSL_CTX_new                      openssl_library()->SSL_CTX_new_
#define SSL_CTX_set_default_verify_paths openssl_library()->SSL_CTX_set_default_verify_paths_
#define SSL_CTX_set_options              openssl_library()->SSL_CTX_set_options_
#define SSL_CTX_set_verify               openssl_library()->SSL_CTX_set_verify_
#define SSL_connect                      openssl_library()->SSL_connect_
#define SSL_ctrl                         openssl_library()->SSL_ctrl_
#define SSL_free                         openssl_library()->SSL_free_
#define SSL_get0_param                   openssl_library()->SSL_get0_param_
#define SSL_get_current_cipher           openssl_library()->SSL_get_current_cipher_
#define SSL_get_error                    openssl_library()->SSL_get_error_
#define SSL_get_verify_result            openssl_library()->SSL_get_verify_result_
#define SSL_new                          openssl_library()->SSL_new_
#define SSL_pending                      openssl_library()->SSL_pending_
#define SSL_read                         openssl_library()->SSL_read_
#define SSL_set_fd                       openssl_library()->SSL_set_fd_
#define SSL_shutdown                     openssl_library()->SSL_shutdown_
#define SSL_write                        openssl_library()->SSL_write_
#define TLS_client_method                openssl_library()->TLS_client_method_

#endif
