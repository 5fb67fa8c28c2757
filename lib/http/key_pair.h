/* A certificate and its private key (ECDSA P-256): made, saved, read back and checked. */
#ifndef GMSA_HTTP_KEY_PAIR_H
#define GMSA_HTTP_KEY_PAIR_H

#include <stdbool.h>
#include <time.h>

#include "lib/common/error.h"

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

/* A zeroed struct is empty. */
struct key_pair {
    X509 *certificate;
    EVP_PKEY *key;
};

/* Reads PEM files. ERROR_NOT_FOUND where one is missing, ERROR_INPUT where they are damaged or do
 * not belong together, else what reading the files says. */
int key_pair_load(struct key_pair *pair, const char *certificate, const char *key,
                  struct error **err);
/* Writes PEM files atomically, the key (mode 0600) first. */
int key_pair_save(const struct key_pair *pair, const char *certificate, const char *key,
                  struct error **err);
void key_pair_release(struct key_pair *pair);
#define cleanup_key_pair __attribute__((cleanup(key_pair_release)))

/* Names are DNS names or IP addresses; the list ends with NULL and is not empty. ERROR_INPUT. */
int key_pair_check_names(const char *const *names, struct error **err);
/* Valid from five minutes ago, for clocks that are behind. ERROR_INTERNAL. */
int key_pair_make_authority(struct key_pair *pair, int days, struct error **err);
int key_pair_make_serving(struct key_pair *pair, const struct key_pair *authority,
                          const char *const *names, int days, struct error **err);

bool key_pair_is_authority(const struct key_pair *pair);
bool key_pair_is_signed_by(const struct key_pair *pair, const struct key_pair *authority);
bool key_pair_has_names(const struct key_pair *pair, const char *const *names);
/* Valid at that time, with more than a sixth of its life left. */
bool key_pair_is_young(const struct key_pair *pair, time_t now);

#endif
