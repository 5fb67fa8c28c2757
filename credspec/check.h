/* What the rules' files share: where a value stands, how to report on it. Internal to credspec/. */
#ifndef GMSA_CREDSPEC_CHECK_H
#define GMSA_CREDSPEC_CHECK_H

#include "credspec/finding.h"
#include "credspec/rules.h"
#include "lib/common/buffer.h"

/* A value and the way to it. Parents are other locations, which must outlive this one; the pointer
 * is put together only where something is reported. */
struct location {
    const struct location *parent; /* NULL at the top */
    const char *pointer;           /* at the top: where that value stands in its document */
    struct slice name;             /* as a member, else absent */
    size_t index;                  /* as an item */
    const struct node *node;       /* NULL: missing */
};

/* The value that is checked, with its own pointer into the document, which is kept, not copied. */
struct location location_top(const char *pointer, const struct node *node);
/* The member of that name, which may be missing. */
struct location location_member(const struct location *parent, const char *name);
/* A member or item that is at hand. */
struct location location_child(const struct location *parent, const struct node *child,
                               size_t index);
/* Writes the RFC 6901 pointer. */
void location_pointer(const struct location *location, struct buffer *out);

/* Adds a finding at the value, or at the nearest parent that exists. */
void report(struct findings *findings, enum rule_number rule, const struct location *location,
            const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Adds a finding at the member's name. */
void report_name(struct findings *findings, enum rule_number rule, const struct location *location,
                 const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The text of a string that is not empty and has neither control characters nor white space around
 * it; absent for all else, on which the rules of form have reported already. */
struct slice location_text(const struct location *location);

/* Where the right values come from, for hints. */
#define HINT_SID     "get it with PowerShell: (Get-ADDomain).DomainSID.Value"
#define HINT_GUID    "get it with PowerShell: (Get-ADDomain).ObjectGUID"
#define HINT_DNS     "get it with PowerShell: (Get-ADDomain).DNSRoot"
#define HINT_TREE    "get it with PowerShell: (Get-ADDomain).Forest"
#define HINT_NETBIOS "get it with PowerShell: (Get-ADDomain).NetBIOSName"
#define HINT_ACCOUNT                                                                               \
    "get it with PowerShell: (Get-ADServiceAccount NAME).SamAccountName, and leave out the '$'"

/* A formatted hint. */
const char *hint_format(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *quoted(struct findings *findings, struct slice text);

#endif
