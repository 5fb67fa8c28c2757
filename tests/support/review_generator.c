#include "tests/support/review_generator.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"

struct generator {
    uint64_t state; /* xorshift64 */
};

static size_t below(struct generator *generator, size_t bound)
{
    generator->state ^= generator->state << 13;
    generator->state ^= generator->state >> 7;
    generator->state ^= generator->state << 17;
    return (size_t)(generator->state >> 16) % bound;
}

static bool one_in(struct generator *generator, size_t count)
{
    return below(generator, count) == 0;
}

/* Mostly there, sometimes null, sometimes missing. */
static void maybe_set(struct generator *generator, json_t *object, const char *name, json_t *value)
{
    size_t choice = below(generator, 8);
    if (choice >= 2)
        json_object_set_new(object, name, value);
    else
        json_decref(value);
    if (choice == 1)
        json_object_set_new(object, name, json_null());
}

static json_t *some_text(struct generator *generator)
{
    static const char *const texts[] = {"",
                                        "webapp01",
                                        "windows",
                                        "linux",
                                        "shop",
                                        "default",
                                        "a\\b\"c/",
                                        "\xc3\xa9t\xc3\xa9 \xf0\x9f\x90\x8b",
                                        "Container",
                                        "{\"Sid\":\"S-1-5-21-1\"}",
                                        "line\nbreak\ttab\x01",
                                        "../../etc"};
    return json_string(texts[below(generator, ARRAY_LENGTH(texts))]);
}

static json_t *some_boolean(struct generator *generator)
{
    return json_boolean(one_in(generator, 2));
}

/* What the reader has to pass over, with names that matter elsewhere. */
static json_t *some_junk(struct generator *generator, int depth)
{
    size_t choice = below(generator, depth > 0 ? 8 : 5);
    if (choice == 0)
        return json_null();
    if (choice == 1)
        return json_integer((json_int_t)below(generator, 100000) - 50000);
    if (choice == 2)
        return json_real(-1.5e-7 * (double)below(generator, 1000));
    if (choice == 3)
        return some_boolean(generator);
    if (choice == 4)
        return some_text(generator);
    json_t *nested = choice == 5 ? json_array() : json_object();
    for (size_t i = below(generator, 4); i > 0; i--) {
        if (choice == 5)
            json_array_append_new(nested, some_junk(generator, depth - 1));
        else
            json_object_set_new(nested, i % 2 ? "windowsOptions" : "name",
                                some_junk(generator, depth - 1));
    }
    return nested;
}

static void add_junk(struct generator *generator, json_t *object)
{
    static const char *const names[] = {"image", "nam",  "names", "SecurityContext",
                                        "f:uid", "uid ", "",      "resourceVersion"};
    while (one_in(generator, 3))
        json_object_set_new(object, names[below(generator, ARRAY_LENGTH(names))],
                            some_junk(generator, 4));
}

static json_t *some_security_context(struct generator *generator)
{
    json_t *context = json_object(), *windows = json_object();
    maybe_set(generator, windows, "gmsaCredentialSpecName", some_text(generator));
    maybe_set(generator, windows, "gmsaCredentialSpec", some_text(generator));
    maybe_set(generator, windows, "runAsUserName", some_text(generator));
    maybe_set(generator, windows, "hostProcess", some_boolean(generator));
    add_junk(generator, windows);
    maybe_set(generator, context, "windowsOptions", windows);
    maybe_set(generator, context, "runAsNonRoot", some_boolean(generator));
    add_junk(generator, context);
    return context;
}

static json_t *some_containers(struct generator *generator)
{
    json_t *list = json_array();
    for (size_t i = below(generator, 7); i > 0; i--) {
        json_t *container = json_object();
        maybe_set(generator, container, "name", some_text(generator));
        maybe_set(generator, container, "securityContext", some_security_context(generator));
        add_junk(generator, container);
        json_array_append_new(list, container);
    }
    return list;
}

static json_t *some_metadata(struct generator *generator)
{
    static const char *const keys[] = {"gmsa-identity.dev/credential-spec",
                                       "gmsa-identity.dev/credential-spec.web",
                                       "gmsa-identity.dev/grant",
                                       "gmsa-identity.dev/",
                                       "gmsa-identity.dev",
                                       "kubernetes.io/config.mirror",
                                       "prometheus.io/port"};
    json_t *metadata = json_object(), *annotations = json_object();
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        maybe_set(generator, annotations, keys[i], some_text(generator));
    maybe_set(generator, metadata, "annotations", annotations);
    maybe_set(generator, metadata, "name", some_text(generator));
    maybe_set(generator, metadata, "generateName", some_text(generator));
    maybe_set(generator, metadata, "namespace", some_text(generator));
    add_junk(generator, metadata);
    return metadata;
}

static json_t *some_spec(struct generator *generator)
{
    json_t *spec = json_object();
    maybe_set(generator, spec, "containers", some_containers(generator));
    maybe_set(generator, spec, "initContainers", some_containers(generator));
    maybe_set(generator, spec, "ephemeralContainers", some_containers(generator));
    maybe_set(generator, spec, "securityContext", some_security_context(generator));
    maybe_set(generator, spec, "serviceAccountName", some_text(generator));
    maybe_set(generator, spec, "serviceAccount", some_text(generator));
    maybe_set(generator, spec, "hostname", some_text(generator));
    maybe_set(generator, spec, "hostNetwork", some_boolean(generator));
    maybe_set(generator, spec, "os", json_pack("{so}", "name", some_text(generator)));
    maybe_set(generator, spec, "nodeSelector",
              json_pack("{so}", "kubernetes.io/os", some_text(generator)));
    add_junk(generator, spec);
    return spec;
}

static json_t *some_object(struct generator *generator)
{
    json_t *object = json_object();
    maybe_set(generator, object, "apiVersion", json_string("v1"));
    maybe_set(generator, object, "kind", json_string(one_in(generator, 8) ? "Binding" : "Pod"));
    maybe_set(generator, object, "metadata", some_metadata(generator));
    maybe_set(generator, object, "spec", some_spec(generator));
    add_junk(generator, object);
    return object;
}

static json_t *some_review(struct generator *generator)
{
    static const char *const operations[] = {"CREATE", "UPDATE", "DELETE", "CONNECT", "create"};
    json_t *request = json_pack("{ss}", "uid", "402658a9-5de6-4771-8750-1a7adc96fb85");
    json_t *resource = json_pack("{ssss}", "version", "v1", "resource",
                                 one_in(generator, 8) ? "configmaps" : "pods");
    maybe_set(generator, resource, "group", json_string(one_in(generator, 8) ? "apps" : ""));
    maybe_set(generator, request, "resource", resource);
    maybe_set(generator, request, "kind",
              json_pack("{ssssss}", "group", "", "version", "v1", "kind", "Pod"));
    maybe_set(generator, request, "subResource", some_text(generator));
    maybe_set(generator, request, "name", some_text(generator));
    maybe_set(generator, request, "namespace", some_text(generator));
    maybe_set(generator, request, "operation",
              json_string(operations[below(generator, ARRAY_LENGTH(operations))]));
    maybe_set(generator, request, "userInfo",
              json_pack("{sos[oo]}", "username", some_text(generator), "groups",
                        some_text(generator), some_text(generator)));
    maybe_set(generator, request, "dryRun", some_boolean(generator));
    maybe_set(generator, request, "object", some_object(generator));
    maybe_set(generator, request, "oldObject", some_object(generator));
    add_junk(generator, request);
    return json_pack("{ssssso}", "kind", "AdmissionReview", "apiVersion", "admission.k8s.io/v1",
                     "request", request);
}

static size_t count_values(json_t *parent)
{
    size_t count = 1, index;
    const char *key;
    json_t *child;
    json_object_foreach(parent, key, child) count += count_values(child);
    json_array_foreach(parent, index, child) count += count_values(child);
    return count;
}

/* Spoils the value number *left below `parent`; true when done. */
static bool spoil(struct generator *generator, json_t *parent, size_t *left)
{
    const char *key;
    size_t index;
    json_t *child;
    json_object_foreach(parent, key, child)
    {
        if ((*left)-- == 0)
            return one_in(generator, 4)
                       ? json_object_del(parent, key) == 0
                       : json_object_set_new(parent, key, some_junk(generator, 2)) == 0;
        if (spoil(generator, child, left))
            return true;
    }
    json_array_foreach(parent, index, child)
    {
        if ((*left)-- == 0)
            return json_array_set_new(parent, index, some_junk(generator, 2)) == 0;
        if (spoil(generator, child, left))
            return true;
    }
    return false;
}

/* A copy with the members of every object in another order. */
static json_t *shuffle(struct generator *generator, json_t *value)
{
    if (json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(list, shuffle(generator, json_array_get(value, i)));
        return list;
    }
    if (!json_is_object(value))
        return json_incref(value);
    size_t count = 0;
    const char *key, **keys = xcalloc(json_object_size(value) + 1, sizeof(*keys));
    json_t *child, *object = json_object();
    json_object_foreach(value, key, child) keys[count++] = key;
    for (; count > 0; count--) {
        size_t pick = below(generator, count);
        json_object_set_new(object, keys[pick],
                            shuffle(generator, json_object_get(value, keys[pick])));
        keys[pick] = keys[count - 1];
    }
    free(keys);
    return object;
}

/* Copies JSON text and writes some letters inside its strings as escapes. */
static void escape_letters(struct generator *generator, const char *text, struct buffer *out)
{
    bool inside = false;
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            inside = !inside;
        if (inside && *at == '\\') {
            size_t length = at[1] == 'u' ? 6 : 2;
            buffer_append(out, at, length);
            at += length - 1;
            continue;
        }
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (inside && letter && one_in(generator, 40))
            buffer_append_format(out, "\\u%04x", (unsigned)*at);
        else
            buffer_append_byte(out, *at);
    }
}

void review_generate(struct buffer *out, uint64_t seed, bool spoilt)
{
    struct generator generator = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1};
    json_t *made = some_review(&generator);
    size_t left = below(&generator, count_values(made) - 1);
    if (spoilt)
        (void)spoil(&generator, made, &left);
    json_t *review = one_in(&generator, 4) ? json_incref(made) : shuffle(&generator, made);
    size_t flags = (one_in(&generator, 2) ? JSON_COMPACT : 0) |
                   (one_in(&generator, 4) ? JSON_ENSURE_ASCII : 0) |
                   (one_in(&generator, 8) ? JSON_INDENT(2) : 0);
    char *text = json_dumps(review, flags);
    if (one_in(&generator, 2))
        escape_letters(&generator, text, out);
    else
        buffer_append_text(out, text);
    free(text);
    json_decref(review);
    json_decref(made);
}
