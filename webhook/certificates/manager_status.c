/* Failures of the certificate manager, and what others are told of it. */
#include "webhook/certificates/manager_state.h"

#include <stdlib.h>

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/http/key_pair.h"
#include "lib/kube/clock.h"

enum { WAIT_LEAST = 200, WAIT_MOST = 30 * 1000 };

static const int64_t MILLISECOND = 1000000;

void manager_replace_text(char **place, char *text)
{
    free(*place);
    *place = text;
}

/* --- Failures --------------------------------------------------------------------------------- */

static void count(struct certificate_manager *manager, enum plan_step step)
{
    pthread_mutex_lock(&manager->lock);
    manager->status.failures[step]++;
    pthread_mutex_unlock(&manager->lock);
}

void manager_count_failure(struct certificate_manager *manager)
{
    count(manager, PLAN_WAIT);
}

/* Whether it differs from what was said last, which it then is. */
static bool is_news(char **said, const struct error *error)
{
    if (*said && strcmp(*said, error->message) == 0)
        return false;
    manager_replace_text(said, xstrdup(error->message));
    return true;
}

void manager_failed(struct certificate_manager *manager, struct postponed *postponed,
                    enum plan_step step, const char *message, const struct error *error)
{
    postponed->backoff.least = WAIT_LEAST;
    postponed->backoff.most = WAIT_MOST;
    int64_t wait = backoff_next(&postponed->backoff, arc4random());
    postponed->until = kube_now() + wait * MILLISECOND;
    count(manager, step);
    if (is_news(&postponed->said, error))
        log_error(message, log_text("step", step == PLAN_WAIT ? NULL : plan_step_name(step)),
                  log_error_field(error));
}

void manager_succeeded(struct postponed *postponed)
{
    backoff_reset(&postponed->backoff);
    postponed->until = 0;
    manager_replace_text(&postponed->said, NULL);
}

void manager_note_lost(struct certificate_manager *manager, char **lost, const char *what,
                       const struct error *error)
{
    manager_count_failure(manager);
    if (is_news(lost, error))
        log_error("cannot watch; trying again", log_text("what", what), log_error_field(error));
}

void manager_note_synced(char **lost, const char *what)
{
    if (*lost)
        log_info("watching again", log_text("what", what));
    manager_replace_text(lost, NULL);
}

/* --- Status ----------------------------------------------------------------------------------- */

/* What cannot be done at present, or NULL. */
static const char *first_of(const char *a, const char *b)
{
    return a ? a : b;
}

static char *with_reason(char *text, const char *reason)
{
    if (!reason)
        return text;
    char *both = xasprintf("%s: %s", text, reason);
    free(text);
    return both;
}

static char *secret_problem(const struct certificate_manager *manager)
{
    return with_reason(
        xasprintf("there is none yet in the Secret %s", manager->settings.secret),
        first_of(manager->damage, first_of(manager->fetching.said, manager->secret_lost)));
}

/* NULL where every configuration trusts what is served; else why not. */
static char *find_problem(const struct certificate_manager *manager)
{
    if (!manager->served)
        return secret_problem(manager);
    for (int kind = 0; kind < CONFIGURATION_KINDS; kind++) {
        const struct followed_configuration *followed = &manager->configurations[kind];
        const char *name = manager_configuration_name(manager, (enum configuration_kind)kind);
        const char *kind_name = configuration_kind_name((enum configuration_kind)kind);
        if (!followed->listed)
            return with_reason(xasprintf("%s %s has not been read yet", kind_name, name),
                               followed->lost);
        if (followed->broken)
            return xasprintf("%s %s cannot be read", kind_name, name);
        if (!configuration_trusts(&followed->present, manager->served_authority))
            return with_reason(xasprintf("%s %s does not trust it", kind_name, name),
                               manager->steps[PLAN_PUBLISH].said);
    }
    return NULL;
}

void manager_update_status(struct certificate_manager *manager)
{
    char *problem = find_problem(manager);
    bool trusted = problem == NULL;
    pthread_mutex_lock(&manager->lock);
    struct certificate_manager_status *status = &manager->status;
    bool first = trusted && !status->ready, lost = status->trusted && !trusted;
    status->trusted = trusted;
    status->ready = status->ready || trusted;
    status->leads = manager->leader && kube_leader_leads(manager->leader);
    status->authority_expiry =
        manager->served_authority ? certificate_life(manager->served_authority).ends : 0;
    manager_replace_text(&manager->problem, problem);
    pthread_mutex_unlock(&manager->lock);
    if (first)
        log_info("every configuration trusts the certificate");
    if (lost)
        log_warning("the certificate is not trusted any more", log_text("why", problem));
}

void certificate_manager_status(struct certificate_manager *manager,
                                struct certificate_manager_status *status)
{
    pthread_mutex_lock(&manager->lock);
    *status = manager->status;
    pthread_mutex_unlock(&manager->lock);
}

void certificate_manager_problem(struct certificate_manager *manager, struct buffer *text)
{
    pthread_mutex_lock(&manager->lock);
    buffer_append_text(text, manager->problem ? manager->problem : "not known yet");
    pthread_mutex_unlock(&manager->lock);
}
