/* Shared libraries that are loaded when they are first needed.
 *
 * A program that links a library pays for it at every start: Kerberos and LDAP bring two dozen
 * others along, some 10 ms and 4 MB, which `credspec lint` has no use for. Such a library gets a
 * header of its own, as lib/kube/curl.h is one, which is included instead of the library's: it
 * lists the functions that are used, in a structure of pointers, and gives these the functions' own
 * names.
 */
#ifndef GMSA_COMMON_LIBRARY_H
#define GMSA_COMMON_LIBRARY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/common/error.h"

/* A library, and what is wanted of it. Static; from any thread. */
struct library {
    const char *file;         /* the name that programs linked with it carry: "libcurl.so.4" */
    const char *package;      /* Debian's, for the error message */
    const char *const *names; /* `count` functions of it, or of the libraries that it links */
    size_t count;
    void *functions; /* a structure of `count` pointers, which is filled */
    bool brings_gnutls;
    atomic_bool loaded;
};

/* Loads it, unless it is loaded. It is never unloaded, as threads and handlers of its own may live
 * on. One that brings GnuTLS is loaded before the first thread: the environment is changed for a
 * moment, which no other may read meanwhile. ERROR_INTERNAL: it is not there, or is too old. */
int library_load(struct library *library, struct error **err);

/* The same for whoever is about to call a function of it: aborts, with a message on stderr, where
 * library_load() would have failed. */
void library_need(struct library *library);

#endif
