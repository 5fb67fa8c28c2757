#include "lib/kube/session.h"

#include <event2/event.h>
#include <stdlib.h>

#include "lib/common/memory.h"

struct kube_session {
    struct event_base *base;
    struct kube_client *client;
    int64_t timeout;
};

struct kube_session *kube_session_create(const struct kube_config *config, int64_t timeout,
                                         struct error **err)
{
    cleanup_kube_session struct kube_session *session = xcalloc(1, sizeof(*session));
    session->timeout = timeout;
    session->base = event_base_new();
    if (!session->base) {
        (void)error_set(err, ERROR_INTERNAL, "the event loop cannot be started");
        return NULL;
    }
    const struct kube_client_settings settings = {.base = session->base, .config = config};
    session->client = kube_client_create(&settings, err);
    return session->client ? STEAL(session) : NULL;
}

void kube_session_free(struct kube_session *session)
{
    if (!session)
        return;
    kube_client_free(session->client);
    if (session->base)
        event_base_free(session->base);
    free(session);
}

/* What is waited for. */
struct wait {
    struct event_base *base;
    bool done;
    struct arena *arena; /* for the body, or NULL */
    struct slice body;
    int status;
    struct error *error;
    const struct kube_list_settings *list;
};

static void keep_result(struct wait *wait, int status, const struct error *error)
{
    wait->status = status;
    if (error)
        (void)error_set(&wait->error, error->code, "%s", error->message);
    wait->done = true;
    (void)event_base_loopbreak(wait->base);
}

static int finish(struct kube_session *session, struct wait *wait, int *status, struct error **err)
{
    while (!wait->done && event_base_loop(session->base, EVLOOP_ONCE) == 0)
        ;
    if (status)
        *status = wait->status;
    if (!wait->done)
        abort(); /* a request always ends: the loop itself is broken */
    return wait->error ? error_move(err, wait->error) : 0;
}

static void on_answer(const struct kube_answer *answer, void *context)
{
    struct wait *wait = context;
    if (!answer->error)
        wait->body = arena_copy_slice(wait->arena, answer->body);
    keep_result(wait, answer->status, answer->error);
}

int kube_session_call(struct kube_session *session, const struct kube_call *call,
                      struct arena *arena, struct slice *body, int *status, struct error **err)
{
    struct wait wait = {.base = session->base, .arena = arena};
    struct kube_call own = *call;
    own.done = on_answer;
    own.context = &wait;
    if (own.timeout == 0)
        own.timeout = session->timeout;
    (void)kube_send(session->client, &own);
    if (finish(session, &wait, status, err) < 0)
        return -1;
    *body = wait.body;
    return 0;
}

static void on_begun(void *context)
{
    const struct wait *wait = context;
    if (wait->list->begun)
        wait->list->begun(wait->list->context);
}

static void on_object(struct slice json, void *context)
{
    const struct wait *wait = context;
    wait->list->object(json, wait->list->context);
}

static void on_list_end(const struct kube_list_result *result, void *context)
{
    keep_result(context, result->status, result->error);
}

int kube_session_list(struct kube_session *session, const struct kube_list_settings *settings,
                      int *status, struct error **err)
{
    struct wait wait = {.base = session->base, .list = settings};
    struct kube_list_settings own = *settings;
    own.begun = on_begun;
    own.object = on_object;
    own.done = on_list_end;
    own.context = &wait;
    if (own.timeout == 0)
        own.timeout = session->timeout;
    (void)kube_list_start(session->client, &own);
    return finish(session, &wait, status, err);
}
