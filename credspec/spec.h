/* A credential spec: the JSON document that names a gMSA and its domain.
 *
 * Form: Microsoft's CredentialSpec module and hcsshim; the reader of the text at the other end is
 * Windows' Container Credential Guard (CCG).
 */
#ifndef GMSA_CREDSPEC_SPEC_H
#define GMSA_CREDSPEC_SPEC_H

#include "credspec/finding.h"
#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/document/tree.h"

/* What fits into a pod's gmsaCredentialSpec (Kubernetes refuses more). */
enum { CREDSPEC_TEXT_MAX = 65536, CREDSPEC_DEPTH_MAX = 32 };

struct credspec_account {
    struct slice name;
    struct slice scope;
};

/* The typed view: the fields that are known, absent where missing or of the wrong type. Slices
 * point into the tree. */
struct credspec {
    struct slice sid, machine_account_name, guid, dns_tree_name, dns_name, netbios_name;
    struct credspec_account *accounts;
    size_t account_count;
    bool has_plugin;
    struct slice portable_ccg_version, plugin_guid, plugin_input;
};

/* Reads the text of a spec: at most CREDSPEC_TEXT_MAX bytes, nesting bounded, duplicate keys,
 * trailing data and anything that is not UTF-8 refused. ERROR_INPUT, the place in `where` (may be
 * NULL). */
const struct node *credspec_parse(struct arena *arena, const char *text, size_t length,
                                  struct position *where, struct error **err);

/* Picks the known fields out of a spec, whatever else is wrong with it; the list of accounts lives
 * in the arena. Fields that the rules refuse may be in it. */
struct credspec credspec_view(struct arena *arena, const struct node *spec);

/* Canonical text (json_write.h): compact, sorted, byte for byte what Go's json.Marshal gives. Two
 * specs are equal when their canonical texts are. */
void credspec_canonical(struct buffer *out, const struct node *spec);

/* Applies every rule. `pointer` is where the spec stands in its document: "" or "/credspec". */
void credspec_check(const struct node *spec, const char *pointer, struct findings *findings);

/* All rules, ordered by code; ends with a NULL code. And one of them, or NULL. */
const struct rule *credspec_rules(void);
const struct rule *credspec_rule(const char *code);

/* What `credspec new` puts together. Absent slices leave a part out. */
struct credspec_parts {
    struct slice account; /* without '$' */
    struct slice dns_name, dns_tree_name, netbios_name, sid, guid;
    const struct credspec_account *additional; /* scope absent: the domain's DNS name */
    size_t additional_count;
    struct slice plugin_guid, plugin_input;
};
/* The spec as PowerShell's New-CredentialSpec would write it: its order of members, both scopes. */
struct node *credspec_compose(struct arena *arena, const struct credspec_parts *parts);

#endif
