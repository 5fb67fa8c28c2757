/* Names of GMSACredentialSpec objects, and of the files that `install` writes. */
#ifndef GMSA_CREDSPEC_CLI_RESOURCE_NAME_H
#define GMSA_CREDSPEC_CLI_RESOURCE_NAME_H

#include "lib/common/arena.h"
#include "lib/common/error.h"

/* A name made out of an account's or a file's: ASCII letters in lower case, what Kubernetes does
 * not take in names as "-". It may be empty or not valid where nothing usable is left. */
char *resource_name_from(struct arena *arena, struct slice text);

/* Kubernetes' rule for names (a DNS-1123 subdomain), in Kubernetes' words. ERROR_INPUT; `what`
 * begins the message. */
int resource_name_check(const char *what, const char *name, struct error **err);

#endif
