#include "webhook/sources/known_spec.h"

#include "lib/common/memory.h"
#include "lib/document/json_tree.h"

/* Takes the resource. */
static struct known_spec *create(struct credspec_resource *resource, struct slice uid,
                                 struct slice version)
{
    struct known_spec *spec = xmalloc(sizeof(*spec) + uid.length + 1 + version.length + 1);
    *spec = (struct known_spec){.resource = resource};
    spec->uid = spec->texts;
    spec->version = spec->texts + uid.length + 1;
    memcpy(spec->uid, uid.data, uid.length);
    spec->uid[uid.length] = '\0';
    memcpy(spec->version, version.data, version.length);
    spec->version[version.length] = '\0';
    atomic_init(&spec->references, 1);
    return spec;
}

struct known_spec *known_spec_read(struct slice json, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    const struct node *object = json_tree_parse(&arena, json.data, json.length, NULL, NULL, err);
    if (!object) {
        error_prefix(err, "%s", CREDSPEC_KIND);
        return NULL;
    }
    struct credspec_resource *resource = credspec_resource_create(object, err);
    if (!resource)
        return NULL;
    const struct node *metadata = node_member(object, "metadata");
    return create(resource, slice_or_empty(node_text(metadata, "uid")),
                  slice_or_empty(node_text(metadata, "resourceVersion")));
}

struct known_spec *known_spec_named(struct slice name)
{
    return create(credspec_resource_named(name), slice_of(""), slice_of(""));
}

struct known_spec *known_spec_hold(struct known_spec *spec)
{
    atomic_fetch_add_explicit(&spec->references, 1, memory_order_relaxed);
    return spec;
}

void known_spec_drop(struct known_spec *spec)
{
    if (!spec || atomic_fetch_sub(&spec->references, 1) > 1)
        return;
    credspec_resource_free(spec->resource);
    free(spec);
}

static bool same_text(const char *a, const char *b)
{
    return slice_equal(slice_of(a), slice_of(b));
}

static bool same_allow_list(const struct credspec_resource *a, const struct credspec_resource *b)
{
    if (a->allowed_count != b->allowed_count)
        return false;
    for (size_t i = 0; i < a->allowed_count; i++)
        if (!same_text(a->allowed_run_as_user_names[i], b->allowed_run_as_user_names[i]))
            return false;
    return true;
}

bool known_spec_equal(const struct known_spec *a, const struct known_spec *b)
{
    const struct credspec_resource *one = a->resource, *other = b->resource;
    return same_text(a->uid, b->uid) && same_text(a->version, b->version) &&
           same_text(one->name, other->name) && same_text(one->canonical, other->canonical) &&
           same_text(one->problem, other->problem) &&
           same_text(one->run_as_user_name, other->run_as_user_name) && same_allow_list(one, other);
}
