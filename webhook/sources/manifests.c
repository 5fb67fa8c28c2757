#include "webhook/sources/manifests.h"

#include "credspec/manifest.h"
#include "lib/common/memory.h"
#include "webhook/sources/rbac_read.h"

struct loader {
    struct manifest_set *set;
    struct slice default_namespace;
    const char *file; /* the last one's name, in the set's arena */
};

/* One copy of a file's name, however many objects it holds. */
static const char *file_name(struct loader *loader, const char *file)
{
    if (!loader->file || strcmp(loader->file, file) != 0)
        loader->file = arena_format(&loader->set->arena, "%s", file);
    return loader->file;
}

static void add_spec(struct manifest_set *set, const struct node *object, struct origin origin)
{
    cleanup_error struct error *err = NULL;
    struct credspec_resource *resource = credspec_resource_create(object, &err);
    if (!resource) {
        problems_add(&set->problems, PROBLEM_ERROR, origin, "%s", err->message);
        return;
    }
    if (set->spec_count == set->spec_capacity) {
        set->spec_capacity = set->spec_capacity ? set->spec_capacity * 2 : 16;
        set->specs = xreallocarray(set->specs, set->spec_capacity, sizeof(set->specs[0]));
    }
    set->specs[set->spec_count++] = (struct manifest_spec){.resource = resource, .origin = origin};
    if (resource->canonical)
        return;
    set->broken_count++;
    problems_add(&set->problems, PROBLEM_WARNING, origin,
                 "credential spec \"%s\" is not valid, pods that name it are refused: %s",
                 resource->name, resource->problem ? resource->problem : "there is no credspec");
}

static void add_account(struct manifest_set *set, const struct node *object,
                        struct slice default_namespace, struct origin origin)
{
    const struct node *metadata = node_member(object, "metadata");
    struct slice name = node_text(metadata, "name");
    struct slice namespace = node_text(metadata, "namespace");
    if (name.length == 0) {
        problems_add(&set->problems, PROBLEM_ERROR, origin, "metadata.name must be given");
        return;
    }
    if (set->account_count == set->account_capacity) {
        set->account_capacity = set->account_capacity ? set->account_capacity * 2 : 16;
        set->accounts =
            xreallocarray(set->accounts, set->account_capacity, sizeof(set->accounts[0]));
    }
    set->accounts[set->account_count++] = (struct manifest_account){
        .namespace =
            arena_copy_slice(&set->arena, namespace.length > 0 ? namespace : default_namespace),
        .name = arena_copy_slice(&set->arena, name),
    };
}

static void add_rbac(struct manifest_set *set, const struct node *object,
                     struct slice default_namespace, struct origin origin)
{
    cleanup_error struct error *err = NULL;
    if (rbac_read(&set->rbac, object, default_namespace, origin.file, &set->arena, &origin.position,
                  &err) == 0)
        return;
    struct slice kind = node_text(object, "kind");
    struct slice name = node_text(node_member(object, "metadata"), "name");
    problems_add(&set->problems, PROBLEM_ERROR, origin, "%.*s \"%.*s\": %s", SLICE_FORMAT(kind),
                 SLICE_FORMAT(name), err->message);
}

void manifest_set_add(struct manifest_set *set, const struct node *object,
                      struct slice default_namespace, struct origin origin)
{
    if (credspec_is_resource(object))
        add_spec(set, object, origin);
    else if (rbac_is_object(object))
        add_rbac(set, object, default_namespace, origin);
    else if (slice_is(node_text(object, "kind"), "ServiceAccount") &&
             slice_is(node_text(object, "apiVersion"), "v1"))
        add_account(set, object, default_namespace, origin);
}

static bool add_object(const struct manifest *manifest, void *context)
{
    struct loader *loader = context;
    struct problems *problems = &loader->set->problems;
    const struct document *document = manifest->document;
    struct origin origin = {.file = file_name(loader, document->file)};
    if (manifest->kind == MANIFEST_BROKEN) {
        if (!document->unreadable)
            origin.position = document->where;
        /* Taking the last manifest away takes the last permission away. */
        problems_add(problems, document->empty ? PROBLEM_WARNING : PROBLEM_ERROR, origin, "%s",
                     document_error_text(document));
        return true;
    }
    origin.position = manifest->object->position;
    if (manifest->kind == MANIFEST_SPEC)
        problems_add(
            problems, PROBLEM_WARNING, origin,
            "a bare credential spec has no name for pods to use and is left out: make it a "
            "GMSACredentialSpec");
    else
        manifest_set_add(loader->set, manifest->object, loader->default_namespace, origin);
    return true;
}

static int compare_specs(const void *left, const void *right)
{
    const struct manifest_spec *a = left;
    const struct manifest_spec *b = right;
    return strcmp(a->resource->name, b->resource->name);
}

static int compare_accounts(const void *left, const void *right)
{
    const struct manifest_account *a = left;
    const struct manifest_account *b = right;
    int order = slice_compare(a->namespace, b->namespace);
    return order != 0 ? order : slice_compare(a->name, b->name);
}

static void sort_specs(struct manifest_set *set)
{
    if (set->spec_count == 0)
        return;
    qsort(set->specs, set->spec_count, sizeof(set->specs[0]), compare_specs);
    for (size_t i = 1; i < set->spec_count; i++)
        if (compare_specs(&set->specs[i - 1], &set->specs[i]) == 0)
            problems_add(&set->problems, PROBLEM_ERROR, set->specs[i].origin,
                         "credential spec \"%s\" is there twice: also at %s; remove one",
                         set->specs[i].resource->name,
                         origin_text(set->specs[i - 1].origin, &set->arena));
}

static void sort_accounts(struct manifest_set *set)
{
    if (set->account_count == 0)
        return;
    qsort(set->accounts, set->account_count, sizeof(set->accounts[0]), compare_accounts);
    size_t kept = 1;
    for (size_t i = 1; i < set->account_count; i++)
        if (compare_accounts(&set->accounts[kept - 1], &set->accounts[i]) != 0)
            set->accounts[kept++] = set->accounts[i];
    set->account_count = kept;
}

struct manifest_set *manifest_set_create(bool live)
{
    struct manifest_set *set = xcalloc(1, sizeof(*set));
    atomic_init(&set->references, 1);
    set->problems.arena = &set->arena;
    set->rbac.live = live;
    return set;
}

void manifest_set_complete(struct manifest_set *set)
{
    sort_specs(set);
    sort_accounts(set);
    rbac_resolve(&set->rbac, &set->arena, &set->problems);
}

struct manifest_set *manifest_set_load(const char *const *paths, size_t count,
                                       struct slice default_namespace)
{
    struct manifest_set *set = manifest_set_create(false);
    struct loader loader = {.set = set, .default_namespace = default_namespace};
    for (size_t i = 0; i < count; i++)
        manifest_visit(paths[i], add_object, &loader);
    manifest_set_complete(set);
    return set;
}

struct manifest_set *manifest_set_hold(struct manifest_set *set)
{
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void manifest_set_drop(struct manifest_set *set)
{
    if (!set || atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < set->spec_count; i++)
        credspec_resource_free(set->specs[i].resource);
    free(set->specs);
    free(set->accounts);
    rbac_release(&set->rbac);
    problems_release(&set->problems);
    arena_release(&set->arena);
    free(set);
}

const struct manifest_spec *manifest_set_spec(const struct manifest_set *set, struct slice name)
{
    size_t low = 0;
    size_t high = set->spec_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(slice_of(set->specs[middle].resource->name), name);
        if (order == 0)
            return &set->specs[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct rbac_question manifest_use_question(struct slice namespace, struct slice service_account,
                                           struct slice spec_name, struct arena *arena)
{
    struct slice *groups = arena_allocate_array(arena, 2, sizeof(*groups));
    groups[0] = slice_of("system:serviceaccounts");
    groups[1] =
        slice_of(arena_format(arena, "system:serviceaccounts:%.*s", SLICE_FORMAT(namespace)));
    return (struct rbac_question){
        .user = slice_of(arena_format(arena, "system:serviceaccount:%.*s:%.*s",
                                      SLICE_FORMAT(namespace), SLICE_FORMAT(service_account))),
        .groups = groups,
        .group_count = 2,
        .namespace = namespace,
        .verb = slice_of("use"),
        .api_group = slice_of(CREDSPEC_GROUP),
        .resource = slice_of(CREDSPEC_PLURAL),
        .name = spec_name,
    };
}

struct answer *manifest_set_answer(const struct manifest_set *set,
                                   const struct questions *questions, struct arena *arena)
{
    struct answer *answers = arena_allocate_array(arena, questions->count, sizeof(*answers));
    struct rbac_question question = manifest_use_question(
        questions->namespace, questions->service_account, slice_of(""), arena);
    for (size_t i = 0; i < questions->count; i++) {
        question.name = questions->spec_names[i];
        const struct manifest_spec *spec = manifest_set_spec(set, question.name);
        bool allowed = i >= questions->authorise_count || rbac_find_grant(&set->rbac, &question);
        answers[i] = (struct answer){
            .authorisation = allowed ? AUTHORISATION_ALLOWED : AUTHORISATION_DENIED,
            .lookup = spec ? LOOKUP_FOUND : LOOKUP_MISSING,
            .resource = spec ? spec->resource : NULL,
        };
    }
    return answers;
}
