#include "webhook/sources/access_reviewer.h"

#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "webhook/sources/spec_lookup.h"

enum {
    CALL_TIMEOUT = 10000, /* milliseconds; those who wait have times of their own */
    ANSWERS_KEPT = 2048,
};

struct review_call {
    TAILQ_ENTRY(review_call) link;
    struct access_reviewer *owner;
    struct authorisation_question *question;
    struct kube_request *request;
};

struct access_reviewer {
    struct kube_client *client;
    struct authorisation_cache *cache;
    TAILQ_HEAD(, review_call) calls;
    struct buffer key, body; /* for one question */
};

static const struct kube_resource reviews_resource = {"authorization.k8s.io", "v1",
                                                      "localsubjectaccessreviews"};

struct access_reviewer *access_reviewer_create(struct kube_client *client,
                                               const struct rbac_epoch *epoch, int64_t maximum_age)
{
    struct access_reviewer *reviewer = xcalloc(1, sizeof(*reviewer));
    reviewer->client = client;
    reviewer->cache = authorisation_cache_create(epoch, ANSWERS_KEPT, maximum_age);
    TAILQ_INIT(&reviewer->calls);
    return reviewer;
}

void access_reviewer_free(struct access_reviewer *reviewer)
{
    if (!reviewer)
        return;
    struct review_call *call;
    while ((call = TAILQ_FIRST(&reviewer->calls)) != NULL) {
        TAILQ_REMOVE(&reviewer->calls, call, link);
        kube_cancel(call->request);
        free(call);
    }
    authorisation_cache_free(reviewer->cache);
    buffer_release(&reviewer->key);
    buffer_release(&reviewer->body);
    free(reviewer);
}

/* Each part with its length before it, so that no two questions have one key. */
static void add_to_key(struct buffer *key, struct slice part)
{
    buffer_append(key, &part.length, sizeof(part.length));
    if (part.length > 0)
        buffer_append(key, part.data, part.length);
}

static void write_key(struct buffer *key, const struct access_question *question)
{
    const struct requester *requester = question->requester;
    buffer_clear(key);
    buffer_append_byte(key, requester ? 'r' : 'a');
    add_to_key(key, question->namespace);
    add_to_key(key, question->spec_name);
    if (!requester) {
        add_to_key(key, question->service_account);
        return;
    }
    add_to_key(key, requester->user);
    add_to_key(key, requester->uid);
    add_to_key(key, requester->extra);
    for (size_t i = 0; i < requester->group_count; i++)
        add_to_key(key, requester->groups[i]);
}

/* A detail is kept short and on one line. */
static const char *detail_of(struct slice evaluation_error, struct arena *arena)
{
    return evaluation_error.length > 0
               ? arena_format(arena, "%.*s",
                              (int)(evaluation_error.length > 200 ? 200 : evaluation_error.length),
                              evaluation_error.data)
               : NULL;
}

static void done(const struct kube_answer *answer, void *context)
{
    struct review_call *call = context;
    struct access_reviewer *reviewer = call->owner;
    struct authorisation_question *question = call->question;
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    struct access_review_answer said = {0};
    enum authorisation result = AUTHORISATION_UNAVAILABLE;
    const char *detail = NULL;

    TAILQ_REMOVE(&reviewer->calls, call, link);
    free(call);
    if (answer->error) {
        log_warning("cannot ask who may use a credential spec", log_error_field(answer->error));
        detail = api_failure_detail(answer);
    } else if (local_access_review_read(answer->body, &arena, &said, &error) < 0) {
        log_warning("cannot ask who may use a credential spec", log_error_field(error));
        detail = "the API server's answer cannot be read";
    } else {
        result = said.allowed ? AUTHORISATION_ALLOWED : AUTHORISATION_DENIED;
        detail = detail_of(said.evaluation_error, &arena);
        if (detail)
            log_warning("the API server could not evaluate everything",
                        log_text("evaluationError", detail));
    }
    authorisation_cache_answer(reviewer->cache, question, result, detail, kube_now());
}

static void send_review(struct access_reviewer *reviewer, const struct access_question *question,
                        struct authorisation_question *asked)
{
    cleanup_free char *namespace = xstrndup(question->namespace.data, question->namespace.length);
    struct buffer *body = &reviewer->body;
    buffer_clear(body);
    if (question->requester)
        local_access_review_for_requester(body, question->namespace, question->requester,
                                          question->spec_name);
    else
        local_access_review_for_account(body, question->namespace, question->service_account,
                                        question->spec_name);
    struct review_call *call = xcalloc(1, sizeof(*call));
    call->owner = reviewer;
    call->question = asked;
    TAILQ_INSERT_TAIL(&reviewer->calls, call, link);
    const struct kube_call kube_call = {
        .verb = KUBE_CREATE,
        .target = {.resource = &reviews_resource, .namespace = namespace},
        .body = {body->data, body->length},
        .timeout = CALL_TIMEOUT,
        .done = done,
        .context = call,
    };
    call->request = kube_send(reviewer->client, &kube_call);
}

bool access_reviewer_ask(struct access_reviewer *reviewer, const struct access_question *question,
                         struct authorisation_waiter *waiter)
{
    struct authorisation_question *asked = NULL;
    write_key(&reviewer->key, question);
    switch (authorisation_cache_ask(reviewer->cache,
                                    (struct slice){reviewer->key.data, reviewer->key.length},
                                    kube_now(), waiter, &asked)) {
    case AUTHORISATION_STEP_ALLOWED:
        return true;
    case AUTHORISATION_STEP_ASK:
        send_review(reviewer, question, asked);
        break;
    case AUTHORISATION_STEP_JOINED:
        break;
    }
    return false;
}

struct authorisation_statistics access_reviewer_statistics(const struct access_reviewer *reviewer)
{
    return authorisation_cache_statistics(reviewer->cache);
}
