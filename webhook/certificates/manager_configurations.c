/* The configurations as the certificate manager follows them: what stands in each, and since when
 * the bundle of the Secret stands in all. */
#include "webhook/certificates/manager_state.h"

#include "credspec/resource.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "webhook/sources/spec_definition.h"

static const struct kube_resource resources[CONFIGURATION_KINDS] = {
    [CONFIGURATION_MUTATING] = {"admissionregistration.k8s.io", "v1",
                                "mutatingwebhookconfigurations"},
    [CONFIGURATION_VALIDATING] = {"admissionregistration.k8s.io", "v1",
                                  "validatingwebhookconfigurations"},
    [CONFIGURATION_DEFINITION] = {"apiextensions.k8s.io", "v1", "customresourcedefinitions"},
};

const char *manager_configuration_name(const struct certificate_manager *manager,
                                       enum configuration_kind kind)
{
    return kind == CONFIGURATION_DEFINITION ? SPEC_DEFINITION_NAME
                                            : manager->settings.configuration;
}

struct kube_target manager_configuration_target(const struct certificate_manager *manager,
                                                enum configuration_kind kind, bool collection)
{
    return (struct kube_target){.resource = &resources[kind],
                                .name =
                                    collection ? NULL : manager_configuration_name(manager, kind)};
}

/* --- The bundle ------------------------------------------------------------------------------- */

bool manager_configuration_known(const struct followed_configuration *followed)
{
    return followed->listed && !followed->broken;
}

void manager_update_standing(struct certificate_manager *manager)
{
    bool stands = manager->bundle.length > 0;
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++) {
        const struct followed_configuration *followed = &manager->configurations[kind];
        stands = stands && manager_configuration_known(followed) &&
                 configuration_holds(&followed->present, buffer_slice(&manager->bundle));
    }
    if (!stands)
        manager->standing_since = 0;
    else if (manager->standing_since == 0)
        manager->standing_since = kube_now();
}

void manager_update_bundle(struct certificate_manager *manager)
{
    cleanup_buffer struct buffer bundle = {0};
    if (manager->condition == PLAN_SECRET_GOOD)
        stored_bundle(&manager->stored, &bundle);
    if (slice_equal(buffer_slice(&bundle), buffer_slice(&manager->bundle)))
        return;
    manager->standing_since = 0;
    buffer_clear(&manager->bundle);
    buffer_append(&manager->bundle, bundle.data, bundle.length);
}

/* --- What changes ----------------------------------------------------------------------------- */

void manager_take_configuration(struct followed_configuration *followed, struct slice json,
                                bool listed)
{
    struct certificate_manager *manager = followed->owner;
    cleanup_error struct error *error = NULL;
    cleanup_buffer struct buffer before = {0};
    struct configuration *present = &followed->present;
    buffer_append(&before, present->version.data, present->version.length);
    followed->broken =
        configuration_read(present, present->kind, &manager->service, json, &error) < 0;
    if (followed->broken) {
        manager_count_failure(manager);
        log_error("a configuration cannot be read", log_error_field(error));
    }
    /* What a list shows may have been something else in between. */
    if (listed && !slice_equal(buffer_slice(&before), buffer_slice(&present->version)))
        manager->standing_since = 0;
    manager_update_standing(manager);
    manager_look(manager);
}

static void take_none(struct followed_configuration *followed)
{
    configuration_release(&followed->present);
    followed->broken = false;
    manager_update_standing(followed->owner);
    manager_look(followed->owner);
}

static void on_begun(void *context)
{
    ((struct followed_configuration *)context)->seen = false;
}

static void on_object(enum kube_event event, struct slice json, void *context)
{
    struct followed_configuration *followed = context;
    followed->events++;
    followed->seen = true;
    if (event == KUBE_DELETED)
        take_none(followed);
    else
        manager_take_configuration(followed, json, event == KUBE_LISTED);
}

static void on_synced(bool listed, void *context)
{
    struct followed_configuration *followed = context;
    manager_note_synced(&followed->lost, configuration_kind_name(followed->present.kind));
    if (listed && !followed->seen)
        take_none(followed);
    followed->listed = true; /* a watch only ever goes on from a list */
    manager_update_standing(followed->owner);
    manager_look(followed->owner);
}

static void on_lost(const struct error *error, int64_t wait, void *context)
{
    struct followed_configuration *followed = context;
    (void)wait;
    manager_note_lost(followed->owner, &followed->lost,
                      configuration_kind_name(followed->present.kind), error);
    manager_look(followed->owner);
}

static void follow(struct certificate_manager *manager, enum configuration_kind kind)
{
    struct followed_configuration *followed = &manager->configurations[kind];
    followed->owner = manager;
    followed->present.kind = kind;
    followed->selector = xasprintf("metadata.name=%s", manager_configuration_name(manager, kind));
    const struct kube_watch_settings settings = {
        .target = manager_configuration_target(manager, kind, true),
        .field_selector = followed->selector,
        .callbacks = {on_begun, on_object, on_synced, on_lost},
        .context = followed,
    };
    followed->watch = kube_watch_create(manager->client, &settings);
}

void manager_follow_configurations(struct certificate_manager *manager)
{
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++)
        follow(manager, (enum configuration_kind)kind);
}
