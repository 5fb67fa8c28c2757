/* What the files of lib/directory/account.h share. Nobody else includes this. */
#ifndef GMSA_DIRECTORY_ACCOUNT_PARTS_H
#define GMSA_DIRECTORY_ACCOUNT_PARTS_H

#include "lib/directory/account.h"

/* By the entry's objectClass. */
enum account_class account_class_of(const struct directory_entry *entry);

#endif
