/* KDCs of a realm that nobody has named: by DNS, for struct kerberos. */
#ifndef GMSA_DIRECTORY_KDC_FINDER_H
#define GMSA_DIRECTORY_KDC_FINDER_H

#include "lib/directory/kerberos.h"
#include "lib/directory/locate.h"

/* A kerberos_find: `context` is a const struct locate_settings, whose resolver, failures and
 * attempt are used. The first controllers of the realm's domain become its KDCs. */
int kdc_find(struct kerberos *kerberos, const char *realm, int64_t deadline, void *context,
             struct error **err);

#endif
