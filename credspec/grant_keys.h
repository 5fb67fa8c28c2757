/* Inside the grant: keys and raw signatures. The public side is credspec/grant.h. */
#ifndef GMSA_CREDSPEC_GRANT_KEYS_H
#define GMSA_CREDSPEC_GRANT_KEYS_H

#include "credspec/grant.h"

/* A key id: the first 16 hexadecimal digits (lower case) of the SHA-256 of the raw public key. */
enum { GRANT_KEY_ID_LENGTH = 16, GRANT_SIGNATURE_LENGTH = 64 };

/* The id of the key that signs, or NULL when none can. */
const char *grant_keys_signer(const struct grant_keys *keys);
/* Signs with that key. ERROR_INPUT when the set has no private key, ERROR_INTERNAL. */
int grant_keys_sign(const struct grant_keys *keys, struct slice message,
                    unsigned char signature[GRANT_SIGNATURE_LENGTH], struct error **err);
/* Verifies with the key of that id. ERROR_DENIED for an unknown key or a wrong signature. */
int grant_keys_verify(const struct grant_keys *keys, struct slice key_id, struct slice message,
                      struct slice signature, struct error **err);

#endif
