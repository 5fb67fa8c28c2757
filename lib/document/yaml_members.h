/* The members of one YAML mapping while it is read: own ones, and those that `<<` merges in. */
#ifndef GMSA_DOCUMENT_YAML_MEMBERS_H
#define GMSA_DOCUMENT_YAML_MEMBERS_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

struct yaml_member {
    struct node *node; /* with name and name_position; NULL once another one counts instead */
    size_t order;
    bool merged;
};

/* A zeroed struct is empty. */
struct yaml_members {
    struct yaml_member *items;
    size_t count, capacity;
    struct position merge; /* of the `<<`, line 0 while there was none */
};

/* Nodes stay the caller's. */
void yaml_members_add(struct yaml_members *members, struct node *node, bool merged);
/* Remembers a `<<`; a second one is refused with ERROR_INPUT. */
int yaml_members_begin_merge(struct yaml_members *members, struct position position,
                             struct error **err);
/* Appends to the object what counts, in order. An own member counts instead of a merged one, the
 * earlier of several merged ones instead of the later. Refused with ERROR_INPUT and the place: an
 * own name that stands there twice, and one that stands before the `<<` which merges it, since YAML
 * lets the own value count there and go-yaml the merged one. */
int yaml_members_settle(struct yaml_members *members, struct node *object,
                        struct position *position, struct error **err);
void yaml_members_release(struct yaml_members *members);

#define cleanup_yaml_members __attribute__((cleanup(yaml_members_release)))

#endif
