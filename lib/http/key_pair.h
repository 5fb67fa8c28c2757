/* A certificate and its private key (ECDSA P-256): made, written, read back and checked. */
#ifndef GMSA_HTTP_KEY_PAIR_H
#define GMSA_HTTP_KEY_PAIR_H

#include <stdbool.h>
#include <time.h>

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"
#include "lib/common/slice.h"

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

/* From PEM texts in memory; the names are what they are called in messages. ERROR_INPUT where they
 * are damaged or do not belong together. */
int key_pair_read(struct key_pair *pair, struct slice certificate, struct slice key,
                  const char *certificate_name, const char *key_name, struct error **err);
/* To PEM texts in memory: the certificate is appended, the key fills an empty buffer.
 * ERROR_INTERNAL, ERROR_UNAVAILABLE. */
int key_pair_write(const struct key_pair *pair, struct buffer *certificate,
                   struct secure_buffer *key, struct error **err);
/* A second owner of the same pair; `from` may be empty, `to` must be. */
void key_pair_share(struct key_pair *to, const struct key_pair *from);
void key_pair_release(struct key_pair *pair);
#define cleanup_key_pair __attribute__((cleanup(key_pair_release)))

/* Names are DNS names or IP addresses; the list ends with NULL and is not empty. ERROR_INPUT. */
int key_pair_check_names(const char *const *names, struct error **err);
/* Valid from five minutes ago, for clocks that are behind. ERROR_INTERNAL. */
int key_pair_make_authority(struct key_pair *pair, int days, struct error **err);
int key_pair_make_serving(struct key_pair *pair, const struct key_pair *authority,
                          const char *const *names, int days, struct error **err);
/* The same with the second since 1970 in which they end. */
int key_pair_make_authority_until(struct key_pair *pair, time_t end, struct error **err);
int key_pair_make_serving_until(struct key_pair *pair, const struct key_pair *authority,
                                const char *const *names, time_t end, struct error **err);

/* When a certificate that was made here was made, and when it ends; seconds since 1970. */
struct certificate_life {
    time_t made, ends;
};
struct certificate_life certificate_life(X509 *certificate);

/* Its serial number in hexadecimal, as `openssl x509 -serial` prints it; cut where it is longer
 * than any that is made here. */
enum { CERTIFICATE_SERIAL_SIZE = 41 };
void certificate_serial(X509 *certificate, char text[CERTIFICATE_SERIAL_SIZE]);

bool key_pair_is_authority(const struct key_pair *pair);
bool key_pair_is_signed_by(const struct key_pair *pair, const struct key_pair *authority);
bool key_pair_has_names(const struct key_pair *pair, const char *const *names);
/* Valid at that time, with more than a sixth of its life left. */
bool key_pair_is_young(const struct key_pair *pair, time_t now);

#endif
