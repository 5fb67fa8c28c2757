/* A connection to a domain controller: LDAP, either sealed by Kerberos or inside TLS.
 *
 * Port 389 with GSS-SPNEGO (Kerberos), which signs and seals everything behind the sign-in with at
 * least 128 bits, or a simple bind inside TLS 1.2 or newer whose certificate was checked. Never
 * both, since domain controllers refuse that (MS-ADTS 5.1.1.1.2), and never a password or an answer
 * in clear text: what a connection cannot protect it refuses to do.
 *
 * Names are not looked up: the socket is the caller's, and the host's name is what the caller says
 * it is. A connection belongs to one thread at a time; different ones to different threads. Every
 * call has a deadline, and what the server sends is bounded. After ERROR_UNAVAILABLE or
 * ERROR_PROTOCOL a connection is good for nothing but directory_close().
 *
 * Process-wide: what libldap and liblber free is wiped, because decrypted answers pass
 * through their buffers (lib/directory/wiping_memory.h). */
#ifndef GMSA_DIRECTORY_CONNECTION_H
#define GMSA_DIRECTORY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"
#include "lib/common/slice.h"

struct directory_connection;

enum { DIRECTORY_LDAP_PORT = 389, DIRECTORY_LDAPS_PORT = 636, DIRECTORY_SSF_LEAST = 128 };

enum directory_security {
    DIRECTORY_SEALED,   /* port 389, then directory_bind_ticket() */
    DIRECTORY_STARTTLS, /* port 389, TLS at once, then directory_bind_password() */
    DIRECTORY_LDAPS,    /* port 636, the same */
};

/* Zero means the default. */
struct directory_settings {
    enum directory_security security;
    const char *tls_ca; /* PEM file of the authorities for TLS; NULL: the machine's */
    int64_t operation;  /* milliseconds that one answer may take; 10 s */
};

/* Once, before the first thread; directory_open() does it where the program has not.
 * ERROR_INTERNAL: the libraries are not installed. */
int directory_prepare(struct error **err);

/* Makes a connection of a connected socket, which is taken over in every case. `host` is the DC's
 * DNS name: the certificate must be for it, and the service principal is ldap/HOST. With TLS the
 * handshake is done here. ERROR_DENIED: the certificate is not for this host or not of a trusted
 * authority; ERROR_INPUT: tls_ca cannot be read; ERROR_UNAVAILABLE. */
struct directory_connection *directory_open(int fd, const char *host,
                                            const struct directory_settings *settings,
                                            int64_t deadline, struct error **err);
/* Says goodbye to the server and frees; NULL is fine. Never waits. */
void directory_close(struct directory_connection *connection);

static inline void directory_close_at(struct directory_connection **connection)
{
    directory_close(*connection);
}
#define cleanup_directory_connection __attribute__((cleanup(directory_close_at)))

const char *directory_host(const struct directory_connection *connection);
/* Gives the server another name (it was connected to by address): the one for the service principal
 * of a later directory_bind_ticket(). Only without TLS, whose certificate was for the old name, and
 * before the sign-in. */
int directory_rename(struct directory_connection *connection, const char *host, struct error **err);
enum directory_security directory_security(const struct directory_connection *connection);

/* Signs in with the tickets of a credential cache ("MEMORY:..."; neither the environment nor the
 * thread's default cache counts). A ticket for ldap/HOST that is there already is used, so that
 * only the DC is talked to. Refuses a layer below DIRECTORY_SSF_LEAST. */
int directory_bind_ticket(struct directory_connection *connection, const char *ccache,
                          int64_t deadline, struct error **err);
/* Signs in with a password, inside TLS only. `name` is "user@contoso.test", "CONTOSO\user" or a DN;
 * an empty password, which would be an anonymous bind (RFC 4513, 5.1.2), is ERROR_INPUT. */
int directory_bind_password(struct directory_connection *connection, const char *name,
                            const struct secure_buffer *password, int64_t deadline,
                            struct error **err);
/* Whether somebody is signed in, and so everything that comes is protected. */
bool directory_is_bound(const struct directory_connection *connection);
/* The strength of what protects the connection, in bits of the key; 0 before that. */
unsigned directory_strength(const struct directory_connection *connection);
/* Who the server says we are (RFC 4532): "u:CONTOSO\webapp01$". The caller frees. */
int directory_whoami(struct directory_connection *connection, int64_t deadline, char **name,
                     struct error **err);

/* --- Searching -------------------------------------------------------------------------------- */

enum directory_scope { DIRECTORY_BASE, DIRECTORY_ONE_LEVEL, DIRECTORY_SUBTREE };

/* Zero means the default. */
struct directory_search {
    const char *base; /* "" is the rootDSE */
    enum directory_scope scope;
    const char *filter;            /* NULL: "(objectClass=*)"; see filter.h for values */
    const char *const *attributes; /* ends with NULL */
    size_t entries_max;            /* more is ERROR_PROTOCOL; 100; above 500 in pages */
    size_t bytes_max;              /* of names and values together; 4 MiB */
};

struct directory_attribute {
    const char *name; /* as the server writes it */
    struct slice *values;
    size_t count;
};
struct directory_entry {
    const char *dn;
    struct directory_attribute *attributes;
    size_t count;
};
struct directory_entries {
    struct arena arena; /* everything lives in it; wiped at the end */
    struct directory_entry *items;
    size_t count;
};

/* All that a search finds; references to other servers are left out, none is followed.
 * ERROR_NOT_FOUND: there is no such base; other errors by ldap_failure(). `entries` must be zeroed,
 * and is released by the caller. Before sign-in only the rootDSE answers. */
int directory_search(struct directory_connection *connection, const struct directory_search *search,
                     int64_t deadline, struct directory_entries *entries, struct error **err);
/* The same for searches that do not depend on each other, in one round trip. None is in pages. */
int directory_search_all(struct directory_connection *connection,
                         const struct directory_search *searches, size_t count, int64_t deadline,
                         struct directory_entries *entries, struct error **err);
void directory_entries_release(struct directory_entries *entries);
#define cleanup_directory_entries __attribute__((cleanup(directory_entries_release)))

/* The values of an attribute, whose name is compared without regard to case; NULL where the entry
 * has none. */
const struct directory_attribute *directory_attribute(const struct directory_entry *entry,
                                                      const char *name);
/* The first value, absent where there is none. It may hold any octets, and a NUL stands behind. */
struct slice directory_value(const struct directory_entry *entry, const char *name);
/* The first value as a whole number; `fallback` where there is none, or it is no number. */
int64_t directory_integer(const struct directory_entry *entry, const char *name, int64_t fallback);

/* What came of reading a secret. */
struct directory_secret {
    size_t entries;             /* how many the search found */
    struct secure_buffer value; /* empty where the entry is there without the attribute */
};

/* Searches for one entry and puts the first value of the one attribute that is asked for straight
 * into locked memory; libldap's own copy is wiped. Only on a connection that somebody is signed in
 * on, and which protects what it carries. `limit` bounds the value in bytes. */
int directory_read_secret(struct directory_connection *connection,
                          const struct directory_search *search, size_t limit, int64_t deadline,
                          struct directory_secret *secret, struct error **err);

#endif
