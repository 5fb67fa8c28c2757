/* Certificates that may change while the server runs.
 *
 * A store loads a certificate chain and its key, builds a complete TLS context from them, and swaps
 * it in only when all of it is good: a pair that does not match, a half-written file or one that
 * cannot be read is logged once, and the last good context stays. One that has expired is taken,
 * and logged: whether that is good enough is for the caller to say, by `expiry`. Open connections
 * keep the context they began with. Files are watched however they are replaced: overwritten,
 * renamed over, or by a swapped symbolic link (as kubelet does with `..data`); should the system
 * not tell, a look at every file each few seconds finds it. Or the pair is fed from memory, and
 * touches no disk.
 *
 * TLS 1.2 and 1.3, AEAD ciphers with forward secrecy only, no compression, no renegotiation, and no
 * session tickets: a full handshake with P-256 is cheap, and nothing outlives a connection.
 */
#ifndef GMSA_HTTP_CERTIFICATE_H
#define GMSA_HTTP_CERTIFICATE_H

#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"

struct certificate_settings {
    const char *certificate; /* PEM: the server's certificate, then its chain; or NULL, as is the
                                key: fed by certificate_store_feed() */
    const char *key;         /* PEM, not encrypted */
    const char *client_ca;   /* PEM: who may have signed the clients' certificates, which are then
                                required; or NULL */
    int64_t poll;            /* milliseconds between looks at the files; 0 means 5 s */
};

struct certificate_store;

/* Loads and starts to watch (a thread of its own, all signals blocked). ERROR_NOT_FOUND,
 * ERROR_DENIED or ERROR_INPUT when there is nothing good to begin with. */
struct certificate_store *certificate_store_create(const struct certificate_settings *settings,
                                                   struct error **err);
/* For a store without files: puts a certificate (PEM, then its chain) and its key (PEM) in place of
 * what is in use; both are copied. On failure (ERROR_INPUT) the last good pair stays. Any thread.
 */
int certificate_store_feed(struct certificate_store *store, struct slice certificate,
                           struct slice key, struct error **err);
/* Open connections keep what they need. NULL is fine. */
void certificate_store_free(struct certificate_store *store);

/* Looks at once, as the watcher would. Returns -1 where what is there now is no good. */
int certificate_store_reload(struct certificate_store *store, struct error **err);

/* For metrics; any thread. `expiry` is the first notAfter of the chain in use, in seconds since
 * 1970; 0 as long as nothing was fed. `reads` counts the attempts to load that a change of the
 * files caused, the first one included. */
struct certificate_status {
    int64_t expiry;
    uint64_t reads;
    uint64_t errors;
};
void certificate_store_status(struct certificate_store *store, struct certificate_status *status);

/* The context in use, with a reference for the caller (SSL_CTX_free()); NULL as long as nothing was
 * fed. Any thread. */
typedef struct ssl_ctx_st SSL_CTX;
SSL_CTX *certificate_store_context(struct certificate_store *store);

static inline void certificate_store_free_at(struct certificate_store **store)
{
    certificate_store_free(*store);
}
#define cleanup_certificate_store __attribute__((cleanup(certificate_store_free_at)))

#endif
