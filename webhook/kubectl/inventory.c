#include "webhook/kubectl/inventory.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "webhook/decision/decision.h"
#include "webhook/kubectl/notes.h"
#include "webhook/kubectl/objects.h"
#include "webhook/kubectl/pods.h"

static struct inventory_spec *add_spec(struct inventory *inventory, struct slice name)
{
    if (inventory->count == inventory->capacity) {
        inventory->capacity = inventory->capacity ? inventory->capacity * 2 : 64;
        inventory->specs =
            xreallocarray(inventory->specs, inventory->capacity, sizeof(inventory->specs[0]));
    }
    struct inventory_spec *spec = &inventory->specs[inventory->count++];
    *spec = (struct inventory_spec){.name = arena_copy_slice(&inventory->arena, name)};
    return spec;
}

static int by_name(const void *left, const void *right)
{
    const struct inventory_spec *a = left, *b = right;
    return slice_compare(a->name, b->name);
}

static void sort(struct inventory *inventory)
{
    if (inventory->count > 0)
        qsort(inventory->specs, inventory->count, sizeof(inventory->specs[0]), by_name);
}

/* --- Specs ------------------------------------------------------------------------------------ */

static void drop_specs(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++)
        credspec_resource_free((struct credspec_resource *)inventory->specs[i].resource);
    inventory->count = 0;
}

static void on_specs_begun(void *context)
{
    drop_specs(context);
}

static void on_spec(struct slice json, void *context)
{
    struct inventory *inventory = context;
    cleanup_error struct error *problem = NULL;
    cleanup_arena struct arena arena = {0};
    const struct node *object =
        object_read(&arena, json, CREDSPEC_API_VERSION, CREDSPEC_KIND, &problem);
    struct credspec_resource *resource = object ? credspec_resource_create(object, &problem) : NULL;
    if (!resource) {
        note("left out: %s", problem->message);
        return;
    }
    struct inventory_spec *spec = add_spec(inventory, slice_of(resource->name));
    spec->resource = resource;
    spec->findings.arena = &inventory->arena;
    credspec_check_resource(object, "", &spec->findings);
    findings_sort(&spec->findings);
}

/* --- Pods ------------------------------------------------------------------------------------- */

static void on_pods_begun(void *context)
{
    struct inventory *inventory = context;
    inventory->count = inventory->existing;
    for (size_t i = 0; i < inventory->count; i++) {
        inventory->specs[i].uses = inventory->specs[i].last_use = NULL;
        inventory->specs[i].pods = 0;
    }
}

/* Those that do not exist stand behind the others, unsorted, until all pods are read. */
static struct inventory_spec *find_spec(struct inventory *inventory, struct slice name)
{
    const struct inventory_spec wanted = {.name = name};
    struct inventory_spec *spec =
        inventory->existing
            ? bsearch(&wanted, inventory->specs, inventory->existing, sizeof(wanted), by_name)
            : NULL;
    for (size_t i = inventory->existing; !spec && i < inventory->count; i++)
        if (slice_equal(inventory->specs[i].name, name))
            spec = &inventory->specs[i];
    return spec ? spec : add_spec(inventory, name);
}

static struct inventory_use *find_use(struct inventory *inventory, struct inventory_spec *spec,
                                      const struct questions *subject)
{
    struct inventory_use *use = spec->uses;
    while (use && !(slice_equal(use->namespace, subject->namespace) &&
                    slice_equal(use->service_account, subject->service_account)))
        use = use->next;
    if (use)
        return use;
    use = arena_allocate(&inventory->arena, sizeof(*use));
    use->namespace = arena_copy_slice(&inventory->arena, subject->namespace);
    use->service_account = arena_copy_slice(&inventory->arena, subject->service_account);
    *(spec->last_use ? &spec->last_use->next : &spec->uses) = use;
    spec->last_use = use;
    return use;
}

static bool is_named_by_place(const struct pod_view *pod, struct slice name)
{
    for (size_t i = 0; i < pod->place_count; i++)
        if (slice_equal(pod->places[i].spec_name, name))
            return true;
    return false;
}

static void on_pod(const struct review *review, void *context)
{
    static const struct decision_settings settings = {.grant_keys = NULL};
    struct inventory *inventory = context;
    cleanup_arena struct arena arena = {0};
    struct questions questions;
    decision_ask(review, ENDPOINT_AUDIT, &settings, &arena, &questions);
    for (size_t i = 0; i < questions.count; i++) {
        struct inventory_spec *spec = find_spec(inventory, questions.spec_names[i]);
        struct inventory_use *use = find_use(inventory, spec, &questions);
        spec->pods++;
        if (is_named_by_place(review->pod, questions.spec_names[i]))
            use->on_windows++;
        else
            use->on_linux++;
    }
}

static void on_unreadable(struct slice namespace, struct slice name, const char *problem,
                          void *context)
{
    (void)context;
    note("pod %.*s/%.*s is left out: %s", SLICE_FORMAT(namespace), SLICE_FORMAT(name), problem);
}

static void load_pods(struct inventory *inventory, struct cluster *cluster)
{
    const struct pods_visitor visitor = {on_pods_begun, on_pod, on_unreadable, inventory};
    cleanup_error struct error *problem = NULL;
    if (pods_visit(cluster, cluster->namespace, &visitor, &problem) == 0)
        return;
    on_pods_begun(inventory);
    inventory->pods_problem = arena_format(&inventory->arena, "%s", problem->message);
}

int inventory_load(struct inventory *inventory, struct cluster *cluster, struct error **err)
{
    const struct cluster_list list = {.resource = &cluster_specs,
                                      .begun = on_specs_begun,
                                      .object = on_spec,
                                      .context = inventory};
    if (cluster_list(cluster, &list, err) < 0)
        return -1;
    sort(inventory);
    inventory->existing = inventory->count;
    load_pods(inventory, cluster);
    sort(inventory);
    return 0;
}

void inventory_release(struct inventory *inventory)
{
    drop_specs(inventory);
    free(inventory->specs);
    arena_release(&inventory->arena);
    *inventory = (struct inventory){0};
}
