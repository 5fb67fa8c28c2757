/* A grant: the webhook's signed word that the containers of one Linux pod may have certain gMSAs.
 *
 * Format and threat model: credspec/grant.md. The webhook writes it into the pod, the node verifies
 * it and trusts nothing else. Ed25519 over "gmsa-identity.dev/grant/v1" NUL payload; verified
 * before it is parsed.
 */
#ifndef GMSA_CREDSPEC_GRANT_H
#define GMSA_CREDSPEC_GRANT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/arena.h"
#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

/* Longest value: all annotations of an object together may have 256 KiB (Kubernetes,
 * TotalAnnotationSizeLimitB). */
enum { GRANT_VALUE_MAX = 256 * 1024 };

struct grant_entry {
    struct slice container; /* "*": every container without an own entry */
    struct slice spec_name;
};

struct grant_spec {
    struct slice name;
    struct slice canonical; /* canonical text */
};

/* What a grant says. The order of entries and specs does not matter: they are written sorted. */
struct grant {
    struct slice cluster, namespace, service_account;
    const struct grant_entry *entries;
    size_t entry_count;
    const struct grant_spec *specs; /* each once */
    size_t spec_count;
};

/* A set of keys: the newest that has its private half signs, all verify. Newest means last by file
 * name, which begins with the creation time. Immutable: may be shared between threads. */
struct grant_keys;

/* Makes a new key pair DIR/NAME.key (PKCS#8 PEM, mode 0600) and DIR/NAME.pub (SubjectPublicKeyInfo
 * PEM, mode 0644), NAME being the creation time (UTC) and the key id. Never overwrites. *path is
 * that of the private key; the caller frees it. */
int grant_key_generate(const char *directory, char **path, struct error **err);
/* Loads a folder of *.key and *.pub, or one such file. Keys without a private half only verify.
 * ERROR_INPUT where there is none, one is no Ed25519 key, or there are more than 64; else the
 * errors of file_read(). The caller frees the set. */
struct grant_keys *grant_keys_load(const char *path, struct error **err);
/* A set with one new key that is nowhere else: for who wants to know all but the signature. */
struct grant_keys *grant_keys_make(struct error **err);
/* A set of public keys (PEM) that are no files; `name` stands in messages. Adds to *keys, which is
 * NULL at first. The errors of grant_keys_load(). */
int grant_keys_add_public(struct grant_keys **keys, const char *name, struct slice pem,
                          struct error **err);
void grant_keys_free(struct grant_keys *keys);
static inline void grant_keys_free_at(struct grant_keys **keys)
{
    grant_keys_free(*keys);
}
#define cleanup_grant_keys __attribute__((cleanup(grant_keys_free_at)))
/* Whether the set can sign. */
bool grant_keys_can_sign(const struct grant_keys *keys);

/* Appends the annotation's value: one line of ASCII. ERROR_INPUT where the set cannot sign, an
 * entry or spec is there twice, an entry names a spec that is not there, or the value would be
 * longer than GRANT_VALUE_MAX. */
int grant_sign(const struct grant_keys *keys, const struct grant *grant, struct buffer *out,
               struct error **err);
/* Checks the signature with the key the value names, and that the payload is byte for byte what
 * grant_sign() would write for `expected` with that key. ERROR_DENIED when not. */
int grant_verify_exact(const struct grant_keys *keys, struct slice value,
                       const struct grant *expected, struct error **err);
/* For the node: checks the signature (ERROR_DENIED), then parses; ERROR_PROTOCOL for a signed
 * payload that no version of this program writes. Slices live in the arena. */
int grant_open(const struct grant_keys *keys, struct slice value, struct arena *arena,
               struct grant *grant, struct error **err);

#endif
