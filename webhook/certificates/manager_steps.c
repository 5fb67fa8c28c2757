/* The leader's steps: each is one write. */
#include "webhook/certificates/manager_state.h"

#include <time.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"

enum { CONFLICT = 409, WRITE_TIMEOUT = 10 * 1000 };

static const int64_t MILLISECOND = 1000000;
static const char failed[] = "a step of the certificates failed; it will be tried again";

static const char *serial_of(X509 *certificate, char text[CERTIFICATE_SERIAL_SIZE])
{
    certificate_serial(certificate, text);
    return text;
}

/* --- What was done ---------------------------------------------------------------------------- */

static void count(struct certificate_manager *manager)
{
    pthread_mutex_lock(&manager->lock);
    manager->status.done[manager->step]++;
    pthread_mutex_unlock(&manager->lock);
}

static void on_secret_written(const struct kube_answer *answer, void *context)
{
    struct certificate_manager *manager = context;
    struct postponed *postponed = &manager->steps[manager->step];
    manager->request = NULL;
    if (answer->error && answer->status != CONFLICT) {
        manager_failed(manager, postponed, manager->step, failed, answer->error);
    } else if (answer->error) {
        log_info("somebody else changed the Secret first",
                 log_text("secret", manager->settings.secret));
    } else {
        manager_succeeded(postponed);
        count(manager);
        log_info("the certificates' Secret is written",
                 log_text("step", plan_step_name(manager->step)), log_text("why", manager->why));
    }
    /* Also after a failure: whether it was written is not known. */
    manager_fetch(manager);
}

static void on_published(const struct kube_answer *answer, void *context)
{
    struct certificate_manager *manager = context;
    struct followed_configuration *followed = &manager->configurations[manager->publishing];
    struct postponed *postponed = &manager->steps[PLAN_PUBLISH];
    manager->request = NULL;
    if (answer->error) {
        manager_failed(manager, postponed, PLAN_PUBLISH, failed, answer->error);
    } else {
        manager_succeeded(postponed);
        count(manager);
        log_info("the bundle of authorities is written",
                 log_text("kind", configuration_kind_name(manager->publishing)),
                 log_text("name", manager->settings.configuration));
        /* The watch says the same, sooner or later. What it said since is newer. */
        if (followed->events == manager->events_before)
            manager_take_configuration(followed, answer->body, false);
    }
    manager_look(manager);
}

/* --- Writing the Secret ----------------------------------------------------------------------- */

static int write_secret(struct certificate_manager *manager, const struct stored *stored,
                        struct error **err)
{
    const char *namespace = manager->settings.config->namespace;
    cleanup_secure_buffer struct secure_buffer json = {0};
    bool create = stored->version.length == 0;
    if (stored_write(stored, namespace, manager->settings.secret, &json, err) < 0)
        return -1;
    const struct kube_call call = {
        .verb = create ? KUBE_CREATE : KUBE_PATCH_MERGE,
        .target = {.resource = &manager_secrets,
                   .namespace = namespace,
                   .name = create ? NULL : manager->settings.secret},
        .body = {(const char *)json.data, json.length},
        .secret = true,
        /* The answer shall not bring the keys back. */
        .accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        .timeout = WRITE_TIMEOUT,
        .done = on_secret_written,
        .context = manager,
    };
    manager->request = kube_send(manager->client, &call);
    return 0;
}

static int make_authority(struct certificate_manager *manager, struct key_pair *pair,
                          struct error **err)
{
    char serial[CERTIFICATE_SERIAL_SIZE];
    key_pair_release(pair);
    int64_t end = time(NULL) + manager->settings.authority_life / 1000;
    if (key_pair_make_authority_until(pair, end, err) < 0)
        return -1;
    log_info("made a certificate authority",
             log_text("serial", serial_of(pair->certificate, serial)), log_integer("ends", end),
             log_text("why", manager->why));
    return 0;
}

static struct plan_settings plan_settings_of(const struct certificate_manager *manager)
{
    return (struct plan_settings){
        .authority_life = manager->settings.authority_life / 1000,
        .serving_life = manager->settings.certificate_life / 1000,
        .trust_delay = manager->settings.trust_delay,
    };
}

static struct plan_life life_of(X509 *certificate)
{
    if (!certificate)
        return (struct plan_life){0};
    struct certificate_life life = certificate_life(certificate);
    return (struct plan_life){life.made, life.ends};
}

static int make_serving(struct certificate_manager *manager, struct stored *stored,
                        struct error **err)
{
    char serial[CERTIFICATE_SERIAL_SIZE];
    struct plan_settings settings = plan_settings_of(manager);
    int64_t end =
        plan_serving_end(&settings, life_of(stored->current.certificate), (int64_t)time(NULL));
    key_pair_release(&stored->serving);
    if (key_pair_make_serving_until(&stored->serving, &stored->current, manager->names, end, err) <
        0)
        return -1;
    log_info("made a serving certificate",
             log_text("serial", serial_of(stored->serving.certificate, serial)),
             log_integer("ends", end), log_text("why", manager->why));
    return 0;
}

/* --- The steps -------------------------------------------------------------------------------- */

/* What replicas may serve now must stay trusted: what the configurations hold, what we knew. */
static int make_anew(struct certificate_manager *manager, struct stored *stored, struct error **err)
{
    int64_t now = (int64_t)time(NULL);
    authorities_release(&stored->adopted);
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++)
        configuration_collect(&manager->configurations[kind].present, &stored->adopted);
    if (manager->served_authority)
        authorities_add(&stored->adopted, manager->served_authority);
    (void)authorities_drop_ended(&stored->adopted, now);
    stored->adopted_until = now + PLAN_ADOPTED_SECONDS;
    if (stored->adopted.count > 0)
        log_info("authorities that the configurations hold stay trusted for a while",
                 log_integer("count", (int64_t)stored->adopted.count),
                 log_integer("until", stored->adopted_until));
    return make_authority(manager, &stored->next, err);
}

static int promote(struct certificate_manager *manager, struct stored *stored, struct error **err)
{
    if (stored->current.certificate)
        authorities_add(&stored->previous, stored->current.certificate);
    (void)authorities_drop_ended(&stored->previous, (int64_t)time(NULL));
    key_pair_release(&stored->current);
    stored->current = stored->next;
    stored->next = (struct key_pair){0};
    return make_serving(manager, stored, err);
}

static void retire(struct stored *stored)
{
    int64_t now = (int64_t)time(NULL);
    size_t count = authorities_drop_ended(&stored->previous, now);
    if (stored->adopted_until <= now) {
        count += stored->adopted.count;
        authorities_release(&stored->adopted);
    }
    log_info("authorities are trusted no longer", log_integer("count", (int64_t)count));
}

static int change_secret(struct certificate_manager *manager, struct error **err)
{
    cleanup_stored struct stored stored = {0};
    stored_copy(&stored, &manager->stored);
    switch (manager->step) {
    case PLAN_MAKE_ANEW:
        if (make_anew(manager, &stored, err) < 0)
            return -1;
        break;
    case PLAN_MAKE_NEXT:
        if (make_authority(manager, &stored.next, err) < 0)
            return -1;
        break;
    case PLAN_PROMOTE:
        if (promote(manager, &stored, err) < 0)
            return -1;
        break;
    case PLAN_RENEW:
        if (make_serving(manager, &stored, err) < 0)
            return -1;
        break;
    default:
        retire(&stored);
    }
    return write_secret(manager, &stored, err);
}

/* To one configuration at a time. */
static void publish(struct certificate_manager *manager)
{
    cleanup_buffer struct buffer patch = {0};
    struct slice bundle = buffer_slice(&manager->bundle);
    int kind = 0;
    while (configuration_holds(&manager->configurations[kind].present, bundle))
        kind++;
    struct followed_configuration *followed = &manager->configurations[kind];
    configuration_write_patch(&followed->present, bundle, &patch);
    const struct kube_call call = {
        .verb = KUBE_PATCH_JSON,
        .target = manager_configuration_target(manager, (enum configuration_kind)kind, false),
        .body = buffer_slice(&patch),
        .timeout = WRITE_TIMEOUT,
        .done = on_published,
        .context = manager,
    };
    manager->publishing = (enum configuration_kind)kind;
    manager->events_before = followed->events;
    manager->request = kube_send(manager->client, &call);
}

/* --- Planning --------------------------------------------------------------------------------- */

static struct plan_facts facts_of(const struct certificate_manager *manager)
{
    const struct stored *stored = &manager->stored;
    struct plan_facts facts = {
        .secret = manager->condition,
        .current = life_of(stored->current.certificate),
        .next = life_of(stored->next.certificate),
        .serving = life_of(stored->serving.certificate),
        .serving_fits =
            stored->serving.certificate && key_pair_has_names(&stored->serving, manager->names),
        .previous_ends = authorities_first_end(&stored->previous),
        .adopted_ends = stored->adopted.count > 0 ? stored->adopted_until : 0,
        .configurations_known = true,
        .bundle_stands = manager->standing_since != 0,
    };
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++)
        if (!manager_configuration_known(&manager->configurations[kind]))
            facts.configurations_known = false;
    if (facts.bundle_stands)
        facts.standing = (kube_now() - manager->standing_since) / MILLISECOND;
    return facts;
}

/* The steps that wait after a failure, and how long the first of them does. */
static unsigned held_back(const struct certificate_manager *manager, int64_t *wait)
{
    int64_t now = kube_now();
    unsigned held = 0;
    for (unsigned step = 0; step < PLAN_STEPS; step++) {
        int64_t left = (manager->steps[step].until - now) / MILLISECOND + 1;
        if (manager->steps[step].until <= now)
            continue;
        held |= 1U << step;
        if (left < *wait)
            *wait = left;
    }
    return held;
}

void manager_plan(struct certificate_manager *manager)
{
    cleanup_error struct error *error = NULL;
    struct plan_settings settings = plan_settings_of(manager);
    struct plan_facts facts = facts_of(manager);
    int64_t wait = INT64_MAX;
    if (manager->request || manager->stopping || !kube_leader_leads(manager->leader))
        return;
    struct plan plan = plan_next(&facts, &settings, (int64_t)time(NULL), held_back(manager, &wait));
    if (plan.step == PLAN_WAIT) {
        manager_look_in(manager, plan.look_again < wait ? plan.look_again : wait);
        return;
    }
    manager->step = plan.step;
    manager->why = plan.why;
    if (plan.step == PLAN_PUBLISH)
        publish(manager);
    else if (change_secret(manager, &error) < 0) {
        manager_failed(manager, &manager->steps[plan.step], plan.step, failed, error);
        manager_look(manager);
    }
}
