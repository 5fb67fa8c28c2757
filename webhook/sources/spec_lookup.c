#include "webhook/sources/spec_lookup.h"

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"

enum {
    CALL_TIMEOUT = 10000, /* milliseconds; those who wait have times of their own */
    MISSING_MAX = 64,     /* names remembered */
    NAME_MAX_LENGTH = 253,
};

static const int64_t MISSING_AGE = 1000000000; /* nanoseconds */

struct spec_lookup {
    TAILQ_ENTRY(spec_lookup) link;
    TAILQ_HEAD(, spec_lookup_waiter) waiters;
    struct spec_lookups *owner;
    struct kube_request *request;
    char name[NAME_MAX_LENGTH + 1];
};

struct missing_name {
    int64_t until;
    char name[NAME_MAX_LENGTH + 1];
};

struct spec_lookups {
    struct kube_client *client;
    TAILQ_HEAD(, spec_lookup) under_way;
    struct missing_name missing[MISSING_MAX];
    size_t next_missing;
};

static const struct kube_resource specs_resource = {CREDSPEC_GROUP, "v1", CREDSPEC_PLURAL};

struct spec_lookups *spec_lookups_create(struct kube_client *client)
{
    struct spec_lookups *lookups = xcalloc(1, sizeof(*lookups));
    lookups->client = client;
    TAILQ_INIT(&lookups->under_way);
    return lookups;
}

void spec_lookups_leave(struct spec_lookup_waiter *waiter)
{
    if (!waiter->lookup)
        return;
    TAILQ_REMOVE(&waiter->lookup->waiters, waiter, link);
    waiter->lookup = NULL;
}

static void free_lookup(struct spec_lookup *lookup)
{
    struct spec_lookup_waiter *waiter;
    while ((waiter = TAILQ_FIRST(&lookup->waiters)) != NULL)
        spec_lookups_leave(waiter);
    free(lookup);
}

void spec_lookups_free(struct spec_lookups *lookups)
{
    if (!lookups)
        return;
    struct spec_lookup *lookup;
    while ((lookup = TAILQ_FIRST(&lookups->under_way)) != NULL) {
        TAILQ_REMOVE(&lookups->under_way, lookup, link);
        kube_cancel(lookup->request);
        free_lookup(lookup);
    }
    free(lookups);
}

bool spec_lookups_is_missing(const struct spec_lookups *lookups, struct slice name)
{
    int64_t now = kube_now();
    for (size_t i = 0; i < MISSING_MAX; i++)
        if (lookups->missing[i].until > now && slice_is(name, lookups->missing[i].name))
            return true;
    return false;
}

static void remember_missing(struct spec_lookups *lookups, const char *name)
{
    struct missing_name *missing = &lookups->missing[lookups->next_missing++ % MISSING_MAX];
    missing->until = kube_now() + MISSING_AGE;
    memcpy(missing->name, name, strlen(name) + 1);
}

static void forget_missing(struct spec_lookups *lookups, const char *name)
{
    for (size_t i = 0; i < MISSING_MAX; i++)
        if (strcmp(lookups->missing[i].name, name) == 0)
            lookups->missing[i].until = 0;
}

const char *api_failure_detail(const struct kube_answer *answer)
{
    switch (answer->error->code) {
    case ERROR_DENIED:
        return "the API server does not permit the webhook to ask";
    case ERROR_UNAVAILABLE:
        return answer->status == 0 ? "the API server did not answer"
                                   : "the API server is overloaded or not ready";
    case ERROR_PROTOCOL:
        return "the API server's answer cannot be read";
    default:
        return "the API server refused the question";
    }
}

static void tell(struct spec_lookup *lookup, enum lookup result, struct known_spec *spec,
                 const char *detail)
{
    TAILQ_REMOVE(&lookup->owner->under_way, lookup, link);
    struct spec_lookup_waiter *waiter;
    while ((waiter = TAILQ_FIRST(&lookup->waiters)) != NULL) {
        spec_lookups_leave(waiter);
        waiter->answered(waiter, result, spec, detail);
    }
    free_lookup(lookup);
}

static void done(const struct kube_answer *answer, void *context)
{
    struct spec_lookup *lookup = context;
    cleanup_error struct error *error = NULL;
    if (!answer->error) {
        cleanup_known_spec struct known_spec *spec = known_spec_read(answer->body, &error);
        forget_missing(lookup->owner, lookup->name);
        if (spec && strcmp(spec->resource->name, lookup->name) == 0) {
            tell(lookup, LOOKUP_FOUND, spec, NULL);
            return;
        }
        log_warning("the API server's answer is no such credential spec",
                    log_text("name", lookup->name), log_error_field(error));
        tell(lookup, LOOKUP_UNAVAILABLE, NULL, "the API server's answer cannot be read");
    } else if (answer->error->code == ERROR_NOT_FOUND) {
        remember_missing(lookup->owner, lookup->name);
        tell(lookup, LOOKUP_MISSING, NULL, NULL);
    } else {
        log_warning("cannot look up a credential spec", log_text("name", lookup->name),
                    log_error_field(answer->error));
        tell(lookup, LOOKUP_UNAVAILABLE, NULL, api_failure_detail(answer));
    }
}

static struct spec_lookup *find_lookup(const struct spec_lookups *lookups, struct slice name)
{
    struct spec_lookup *lookup;
    TAILQ_FOREACH(lookup, &lookups->under_way, link)
    if (slice_is(name, lookup->name))
        return lookup;
    return NULL;
}

void spec_lookups_ask(struct spec_lookups *lookups, struct slice name, bool fresh,
                      struct spec_lookup_waiter *waiter)
{
    struct spec_lookup *lookup = fresh ? NULL : find_lookup(lookups, name);
    if (!lookup) {
        lookup = xcalloc(1, sizeof(*lookup));
        lookup->owner = lookups;
        /* Names are checked to be DNS-1123 subdomains before they are asked for. */
        size_t length = name.length < NAME_MAX_LENGTH ? name.length : NAME_MAX_LENGTH;
        memcpy(lookup->name, name.data, length);
        TAILQ_INIT(&lookup->waiters);
        TAILQ_INSERT_TAIL(&lookups->under_way, lookup, link);
        const struct kube_call call = {
            .verb = KUBE_GET,
            .target = {.resource = &specs_resource, .name = lookup->name},
            .timeout = CALL_TIMEOUT,
            .done = done,
            .context = lookup,
        };
        lookup->request = kube_send(lookups->client, &call);
    }
    waiter->lookup = lookup;
    TAILQ_INSERT_TAIL(&lookup->waiters, waiter, link);
}
