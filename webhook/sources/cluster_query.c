/* One query to a cluster: who may use the specs is found out for all of them; when all may be used,
 * the specs are found. A query that is answered from memory alone allocates nothing outside its
 * arena and starts no timer. */
#include <event2/event.h>

#include "lib/common/memory.h"
#include "webhook/sources/cluster_worker.h"

struct cluster_query;

/* What must be known about one spec name. */
struct query_part {
    struct cluster_query *owner;
    struct answer *answer;
    struct authorisation_waiter account, requester;
    struct spec_lookup_waiter lookup;
};

struct cluster_query {
    struct cluster_worker *worker;
    struct source_query *query;
    struct event *timer; /* NULL until something must be waited for */
    size_t waiting;      /* answers that have not come */
    bool authorised;     /* that step is over */
    struct query_part *parts;
};

/* What the answers point into. */
struct query_hold {
    size_t count;
    struct known_spec *specs[];
};

static const char *const too_late = "the API server did not answer in time";

/* --- The end ---------------------------------------------------------------------------------- */

static void stop_waiting(struct cluster_query *self)
{
    for (size_t i = 0; i < self->query->questions->count; i++) {
        authorisation_cache_leave(&self->parts[i].account);
        authorisation_cache_leave(&self->parts[i].requester);
        spec_lookups_leave(&self->parts[i].lookup);
    }
    if (self->timer)
        event_free(STEAL(self->timer));
    self->query->pending = NULL;
}

/* The query is the caller's again, and may be gone when this returns. */
static void conclude(struct cluster_query *self)
{
    stop_waiting(self);
    self->query->answered(self->query);
}

/* Of two answers about one spec the worse counts; a refusal is the worst. */
static void authorised(struct query_part *part, enum authorisation result, const char *detail,
                       bool of_requester)
{
    struct cluster_query *self = part->owner;
    struct answer *answer = part->answer;
    if (result == AUTHORISATION_ALLOWED || answer->authorisation == AUTHORISATION_DENIED)
        return;
    answer->authorisation = result;
    answer->of_requester = of_requester;
    answer->detail = detail ? arena_format(self->query->arena, "%s", detail) : NULL;
}

static void on_timeout(evutil_socket_t fd, short what, void *context)
{
    struct cluster_query *self = context;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < self->query->questions->count; i++) {
        struct query_part *part = &self->parts[i];
        if (part->account.question)
            authorised(part, AUTHORISATION_UNAVAILABLE, too_late, false);
        else if (part->requester.question)
            authorised(part, AUTHORISATION_UNAVAILABLE, too_late, true);
        else if (part->lookup.lookup)
            part->answer->detail = too_late;
    }
    conclude(self);
}

static void start_timer(struct cluster_query *self)
{
    int64_t left = self->query->timeout_milliseconds > 0 ? self->query->timeout_milliseconds : 0;
    const struct timeval time = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
    self->timer = event_new(self->worker->base, -1, 0, on_timeout, self);
    if (!self->timer || event_add(self->timer, &time) < 0)
        abort(); /* out of memory, as everywhere */
    self->query->pending = self;
}

/* --- Specs ------------------------------------------------------------------------------------ */

/* A spec in whose place the API server shows one that would allow every user. */
static const struct credspec_resource *without_allow_list(const struct known_spec *spec,
                                                          struct arena *arena)
{
    struct credspec_resource *resource = arena_allocate(arena, sizeof(*resource));
    resource->name = spec->resource->name;
    resource->account = spec->resource->account;
    resource->domain = spec->resource->domain;
    resource->problem = arena_format(
        arena, "%s",
        "the cluster's CustomResourceDefinition has dropped its allowedRunAsUserNames; a cluster "
        "admin must apply this webhook's definition, and the spec again where it is gone");
    return resource;
}

static void found(struct query_part *part, struct known_spec *spec)
{
    struct cluster_query *self = part->owner;
    struct query_hold *hold = self->query->held;
    const struct spec_snapshot *snapshot = self->worker->view.snapshot;
    hold->specs[hold->count++] = known_spec_hold(spec);
    part->answer->lookup = LOOKUP_FOUND;
    part->answer->resource = snapshot && spec_snapshot_misses_allow_list(snapshot, spec)
                                 ? without_allow_list(spec, self->query->arena)
                                 : spec->resource;
}

static void looked_up(struct spec_lookup_waiter *waiter, enum lookup result,
                      struct known_spec *spec, const char *detail)
{
    struct query_part *part = waiter->context;
    struct cluster_query *self = part->owner;
    if (result == LOOKUP_FOUND) {
        found(part, spec);
    } else {
        part->answer->lookup = result;
        part->answer->detail = detail;
    }
    if (--self->waiting == 0)
        conclude(self);
}

static void look_up(struct query_part *part, struct slice name)
{
    struct cluster_query *self = part->owner;
    struct cluster_worker *worker = self->worker;
    const struct spec_snapshot *snapshot =
        spec_view_look(&worker->view, cluster_watch_board(worker->source->watch));
    bool watched = snapshot && !cluster_watch_state(worker->source->watch).specs_denied;
    bool fresh = self->query->fresh;
    struct known_spec *known = watched && !fresh ? spec_snapshot_find(snapshot, name) : NULL;
    if (known) {
        self->query->current = false;
        found(part, known);
    } else if (!fresh && spec_lookups_is_missing(worker->lookups, name)) {
        self->query->current = false;
        part->answer->lookup = LOOKUP_MISSING;
    } else {
        part->lookup = (struct spec_lookup_waiter){.answered = looked_up, .context = part};
        spec_lookups_ask(worker->lookups, name, fresh, &part->lookup);
        self->waiting++;
    }
}

/* Nobody learns whether a spec exists that they may not use, and nothing is asked for them. */
static void look_all_up(struct cluster_query *self)
{
    const struct questions *questions = self->query->questions;
    self->authorised = true;
    for (size_t i = 0; i < questions->count; i++)
        if (self->parts[i].answer->authorisation != AUTHORISATION_ALLOWED)
            return;
    for (size_t i = 0; i < questions->count; i++)
        look_up(&self->parts[i], questions->spec_names[i]);
}

/* --- Permissions ------------------------------------------------------------------------------ */

static void step_done(struct cluster_query *self)
{
    if (--self->waiting > 0)
        return;
    look_all_up(self);
    if (self->waiting == 0)
        conclude(self);
}

static void account_answered(struct authorisation_waiter *waiter, enum authorisation result,
                             const char *detail)
{
    struct query_part *part = waiter->context;
    authorised(part, result, detail, false);
    step_done(part->owner);
}

static void requester_answered(struct authorisation_waiter *waiter, enum authorisation result,
                               const char *detail)
{
    struct query_part *part = waiter->context;
    authorised(part, result, detail, true);
    step_done(part->owner);
}

static void authorise(struct query_part *part, struct slice name)
{
    struct cluster_query *self = part->owner;
    const struct source_query *query = self->query;
    struct access_question question = {.namespace = query->questions->namespace,
                                       .service_account = query->questions->service_account,
                                       .spec_name = name};
    part->account = (struct authorisation_waiter){.answered = account_answered, .context = part};
    if (!access_reviewer_ask(self->worker->reviewer, &question, &part->account))
        self->waiting++;
    if (!query->requester)
        return;
    question.requester = query->requester;
    part->requester =
        (struct authorisation_waiter){.answered = requester_answered, .context = part};
    if (!access_reviewer_ask(self->worker->reviewer, &question, &part->requester))
        self->waiting++;
}

/* --- A query ---------------------------------------------------------------------------------- */

static struct cluster_query *open_query(struct source_query *query)
{
    size_t count = query->questions->count;
    struct cluster_query *self = arena_allocate(query->arena, sizeof(*self));
    struct query_hold *hold =
        arena_allocate(query->arena, sizeof(*hold) + count * sizeof(hold->specs[0]));
    self->worker = query->worker;
    self->query = query;
    self->parts = arena_allocate_array(query->arena, count, sizeof(self->parts[0]));
    query->answers = arena_allocate_array(query->arena, count, sizeof(query->answers[0]));
    query->held = hold;
    query->current = true;
    for (size_t i = 0; i < count; i++) {
        query->answers[i] =
            (struct answer){.authorisation = AUTHORISATION_ALLOWED, .lookup = LOOKUP_UNAVAILABLE};
        self->parts[i].owner = self;
        self->parts[i].answer = &query->answers[i];
    }
    return self;
}

void cluster_query_ask(struct source *source, struct source_query *query)
{
    struct cluster_query *self = open_query(query);
    const struct questions *questions = query->questions;
    (void)source;
    if (!self->worker->client) {
        for (size_t i = 0; i < questions->count; i++)
            query->answers[i] = (struct answer){.authorisation = AUTHORISATION_UNAVAILABLE,
                                                .lookup = LOOKUP_UNAVAILABLE,
                                                .detail = "the webhook cannot call the API server"};
        query->answered(query);
        return;
    }
    for (size_t i = 0; i < questions->authorise_count && !query->fresh; i++)
        authorise(&self->parts[i], questions->spec_names[i]);
    if (self->waiting == 0)
        look_all_up(self);
    if (self->waiting == 0)
        query->answered(query);
    else
        start_timer(self);
}

void cluster_query_cancel(struct source *source, struct source_query *query)
{
    struct cluster_query *self = query->pending;
    if (self)
        stop_waiting(self);
    cluster_query_finish(source, query);
}

void cluster_query_finish(struct source *source, struct source_query *query)
{
    struct query_hold *hold = query->held;
    (void)source;
    for (size_t i = 0; hold && i < hold->count; i++)
        known_spec_drop(hold->specs[i]);
    query->held = NULL;
    query->answers = NULL;
}
