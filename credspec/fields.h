/* The fields a credential spec and its resource have: presence, type, letter case, place.
 * Internal to credspec/. */
#ifndef GMSA_CREDSPEC_FIELDS_H
#define GMSA_CREDSPEC_FIELDS_H

#include "credspec/check.h"

struct field {
    const char *name; /* NULL ends a table */
    enum node_type type;
    bool required;
    const char *hint;        /* where to get a missing one */
    bool own_type_rule;      /* another rule looks at the type */
    const struct form *form; /* of an object; of the items of a list, whose items are strings
                                where there is none */
};

/* An object of known fields. */
struct form {
    const char *title; /* as messages call it */
    const struct field *fields;
};

extern const struct form spec_form;

/* Checks one object, and the objects inside it, against its form. `spec` is the credential spec
 * around it, where fields may have gone to a wrong level, or NULL. */
void fields_check(struct findings *findings, const struct location *object, const struct form *form,
                  const struct node *spec);
/* Whether the object has a member of that name but for the letter case; the member or NULL. */
const struct node *fields_member_ignoring_case(const struct node *object, const char *name);

#endif
