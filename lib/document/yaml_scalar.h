/* What one YAML scalar means, by the rules of go-yaml v2 (resolve.go) and sigs.k8s.io/yaml.
 *
 * These are not the rules of YAML 1.1 nor of 1.2: `y`, `on` and `0777` are a boolean, a boolean and
 * 511, `1e400` is a string since it fits no double, `0o17` is 15, and `12:30` is a string.
 */
#ifndef GMSA_DOCUMENT_YAML_SCALAR_H
#define GMSA_DOCUMENT_YAML_SCALAR_H

#include "lib/common/error.h"
#include "lib/document/tree.h"

enum yaml_scalar_type {
    YAML_SCALAR_NULL,
    YAML_SCALAR_BOOLEAN,
    YAML_SCALAR_INTEGER,
    YAML_SCALAR_UNSIGNED, /* an integer above INT64_MAX */
    YAML_SCALAR_REAL,     /* may be infinite or not a number */
    YAML_SCALAR_STRING,
};

struct yaml_scalar {
    enum yaml_scalar_type type;
    bool boolean;
    int64_t integer;
    uint64_t natural; /* YAML_SCALAR_UNSIGNED */
    double real;
    struct slice text; /* YAML_SCALAR_STRING: the caller's own text */
};

/* What plain text without a tag means. Cannot fail: what is nothing else is a string. */
struct yaml_scalar yaml_scalar_of_plain(struct slice text);
/* The same for any scalar of a document: `tag` is its resolved tag ("tag:yaml.org,2002:int") or
 * NULL, `plain` whether it may be taken for something other than a string (libyaml's
 * plain_implicit). A tag of an unknown kind gives a string, as in go-yaml. ERROR_INPUT where text
 * and tag do not go together, and for !!binary and !!timestamp, which JSON cannot carry. */
int yaml_scalar_resolve(struct slice text, const char *tag, bool plain, struct yaml_scalar *scalar,
                        struct error **err);

/* The scalar as a value. Infinities and not-a-number are refused with ERROR_INPUT. A string's text
 * is not copied. Returns NULL on failure. */
struct node *yaml_scalar_node(struct arena *arena, const struct yaml_scalar *scalar,
                              struct error **err);
/* The scalar as the name of a member: numbers and booleans become text. Null and integers above
 * INT64_MAX are refused with ERROR_INPUT, as sigs.k8s.io/yaml does. */
int yaml_scalar_key(struct arena *arena, const struct yaml_scalar *scalar, struct slice *key,
                    struct error **err);

#endif
