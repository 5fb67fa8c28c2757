/* A context of libkrb5, which belongs to one thread at a time: for the other files of Kerberos in
 * this folder alone. */
#ifndef GMSA_DIRECTORY_KERBEROS_CONTEXT_H
#define GMSA_DIRECTORY_KERBEROS_CONTEXT_H

#include "lib/common/error.h"
#include "lib/directory/krb5_library.h"

/* Made from the process's profile; the caller frees it with krb5_free_context(). ERROR_INPUT: a
 * krb5.conf is damaged; ERROR_INTERNAL. */
int kerberos_context(krb5_context *context, struct error **err);

#endif
