/* Grant keys that may change while the server runs: a request keeps the set it began with, a folder
 * that cannot be loaded leaves the last good set in place. Any thread. */
#ifndef GMSA_WEBHOOK_SERVER_GRANT_STORE_H
#define GMSA_WEBHOOK_SERVER_GRANT_STORE_H

#include "credspec/grant.h"

struct grant_store;
struct held_grant_keys;

/* Loads a folder or a key file (grant.h) and watches it. */
struct grant_store *grant_store_create(const char *path, struct error **err);
/* NULL is fine. */
void grant_store_free(struct grant_store *store);

/* The set in use; *keys belongs to the hold. Both NULL where `store` is NULL. */
struct held_grant_keys *grant_store_hold(struct grant_store *store, const struct grant_keys **keys);
/* Gives the hold back; NULL is fine. */
void held_grant_keys_drop(struct held_grant_keys *held);

#endif
