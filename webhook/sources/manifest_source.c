#include "webhook/sources/manifest_source.h"

#include <pthread.h>

#include "lib/common/memory.h"

struct manifest_source {
    struct source source;
    char **paths;
    size_t path_count;
    pthread_mutex_t loading; /* one load at a time, so that what was read last is what stays */
    pthread_mutex_t lock;    /* held only while a reference is taken or the set is swapped */
    struct manifest_set *set;
    bool stale; /* the last load failed */
};

static struct manifest_source *self_of(struct source *source)
{
    return (struct manifest_source *)source;
}

struct manifest_set *manifest_source_hold(struct source *source)
{
    struct manifest_source *self = self_of(source);
    pthread_mutex_lock(&self->lock);
    struct manifest_set *set = self->set ? manifest_set_hold(self->set) : NULL;
    pthread_mutex_unlock(&self->lock);
    return set;
}

static struct answer *answer_unavailable(const struct questions *questions, struct arena *arena)
{
    struct answer *answers = arena_allocate_array(arena, questions->count, sizeof(*answers));
    for (size_t i = 0; i < questions->count; i++)
        answers[i] = (struct answer){.authorisation = AUTHORISATION_UNAVAILABLE,
                                     .lookup = LOOKUP_UNAVAILABLE,
                                     .detail = "the manifests have not been loaded"};
    return answers;
}

static void ask(struct source *source, struct source_query *query)
{
    struct manifest_set *set = manifest_source_hold(source);
    query->held = set;
    query->current = true;
    query->answers = set ? manifest_set_answer(set, query->questions, query->arena)
                         : answer_unavailable(query->questions, query->arena);
    query->answered(query);
}

/* Nothing is ever under way: ask() has answered when it returns. */
static void cancel(struct source *source, struct source_query *query)
{
    (void)source;
    query->pending = NULL;
}

static void finish(struct source *source, struct source_query *query)
{
    (void)source;
    manifest_set_drop(STEAL(query->held));
    query->answers = NULL;
}

static bool ready(struct source *source)
{
    cleanup_manifest_set struct manifest_set *set = manifest_source_hold(source);
    return set != NULL;
}

static void statistics(struct source *source, struct source_statistics *numbers)
{
    cleanup_manifest_set struct manifest_set *set = manifest_source_hold(source);
    *numbers = (struct source_statistics){
        .specs = set ? set->spec_count : 0,
        .broken_specs = set ? set->broken_count : 0,
    };
    pthread_mutex_lock(&self_of(source)->lock);
    numbers->stale = self_of(source)->stale;
    pthread_mutex_unlock(&self_of(source)->lock);
}

static void free_source(struct source *source)
{
    struct manifest_source *self = self_of(source);
    manifest_set_drop(self->set);
    for (size_t i = 0; i < self->path_count; i++)
        free(self->paths[i]);
    free(self->paths);
    pthread_mutex_destroy(&self->lock);
    pthread_mutex_destroy(&self->loading);
    free(self);
}

static const struct source_operations operations = {
    .ask = ask,
    .cancel = cancel,
    .finish = finish,
    .ready = ready,
    .statistics = statistics,
    .free = free_source,
};

struct source *manifest_source_create(const char *const *paths, size_t count)
{
    struct manifest_source *self = xcalloc(1, sizeof(*self));
    self->source.operations = &operations;
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->loading, NULL);
    self->paths = xcalloc(count ? count : 1, sizeof(self->paths[0]));
    for (size_t i = 0; i < count; i++)
        self->paths[i] = xstrdup(paths[i]);
    self->path_count = count;
    return &self->source;
}

static int load(struct manifest_source *self, manifest_source_report *report, void *context,
                struct error **err)
{
    struct manifest_set *set =
        manifest_set_load((const char *const *)self->paths, self->path_count, slice_of("default"));
    for (size_t i = 0; report && i < set->problems.count; i++)
        report(context, &set->problems.items[i]);
    if (set->problems.errors > 0) {
        error_set(err, ERROR_INPUT, "%zu error%s in the manifests: %s", set->problems.errors,
                  set->problems.errors == 1 ? "" : "s",
                  self->set ? "the last good state stays in use" : "nothing is loaded");
        manifest_set_drop(set);
        return -1;
    }
    pthread_mutex_lock(&self->lock);
    struct manifest_set *old = self->set;
    self->set = set;
    pthread_mutex_unlock(&self->lock);
    manifest_set_drop(old);
    return 0;
}

int manifest_source_reload(struct source *source, manifest_source_report *report, void *context,
                           struct error **err)
{
    struct manifest_source *self = self_of(source);
    pthread_mutex_lock(&self->loading);
    int result = load(self, report, context, err);
    pthread_mutex_lock(&self->lock);
    self->stale = result < 0;
    pthread_mutex_unlock(&self->lock);
    pthread_mutex_unlock(&self->loading);
    return result;
}
