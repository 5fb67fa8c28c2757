#include "lib/kube/leader.h"

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "lib/kube/lease.h"

enum { DURATION = 15 * 1000, RENEW_DEADLINE = 10 * 1000, RETRY = 2 * 1000, CONFLICT = 409 };

static const int64_t MILLISECOND = 1000000;

struct kube_leader {
    struct kube_client *client;
    struct kube_leader_settings settings;
    struct kube_lease_view view;
    struct event *timer;
    struct kube_request *request;
    bool leads, failing;
    int64_t sent;    /* when the call under way was sent; CLOCK_MONOTONIC ns */
    int64_t renewed; /* when the latest successful renewal was sent */
    void (*resigned)(void *context);
};

static const struct kube_resource leases = {"coordination.k8s.io", "v1", "leases"};

static struct kube_target target_of(const struct kube_leader *leader, bool collection)
{
    return (struct kube_target){.resource = &leases,
                                .namespace = leader->settings.namespace,
                                .name = collection ? NULL : leader->settings.name};
}

static void set_timer(struct kube_leader *leader, int64_t wait)
{
    const struct timeval time = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    (void)event_add(leader->timer, &time);
}

/* --- Leading ---------------------------------------------------------------------------------- */

bool kube_leader_leads(const struct kube_leader *leader)
{
    return leader->leads &&
           kube_now() - leader->renewed < leader->settings.renew_deadline * MILLISECOND;
}

static void set_leads(struct kube_leader *leader, bool leads)
{
    if (leader->leads == leads)
        return;
    leader->leads = leads;
    if (leader->settings.changed)
        leader->settings.changed(leads, leader->settings.context);
}

/* A renewal that came too late begins anew: whoever asked in between was told that we do not lead,
 * and must hear that we do. */
static void end_when_late(struct kube_leader *leader)
{
    if (leader->leads && !kube_leader_leads(leader))
        set_leads(leader, false);
}

/* After each attempt. */
static void go_on(struct kube_leader *leader)
{
    int64_t wait = leader->settings.retry;
    end_when_late(leader);
    if (leader->leads) {
        /* The end of the time to lead must be noticed when it comes. */
        int64_t left =
            leader->settings.renew_deadline - (kube_now() - leader->renewed) / MILLISECOND;
        if (wait > left)
            wait = left > 1 ? left : 1;
    }
    set_timer(leader, wait + arc4random_uniform((uint32_t)(leader->settings.retry / 5 + 1)));
}

static void fail(struct kube_leader *leader, const struct error *error)
{
    leader->failing = true;
    if (leader->settings.failed)
        leader->settings.failed(error, leader->settings.context);
    go_on(leader);
}

static void went_well(struct kube_leader *leader)
{
    if (leader->failing && leader->settings.recovered)
        leader->settings.recovered(leader->settings.context);
    leader->failing = false;
}

/* --- Calls ------------------------------------------------------------------------------------ */

static void on_written(const struct kube_answer *answer, void *context)
{
    struct kube_leader *leader = context;
    leader->request = NULL;
    if (answer->status == CONFLICT) {
        /* Another one was faster; if it was ours, it is not any more. */
        set_leads(leader, false);
        go_on(leader);
    } else if (answer->error) {
        fail(leader, answer->error);
    } else {
        end_when_late(leader);
        leader->renewed = leader->sent;
        went_well(leader);
        set_leads(leader, true);
        go_on(leader);
    }
}

static void send_write(struct kube_leader *leader, enum kube_verb verb, const struct buffer *body,
                       kube_done *done)
{
    const struct kube_call call = {
        .verb = verb,
        .target = target_of(leader, verb == KUBE_CREATE),
        .body = {body->data, body->length},
        .timeout = leader->settings.renew_deadline / 2,
        .done = done,
        .context = leader,
    };
    leader->sent = kube_now();
    leader->request = kube_send(leader->client, &call);
}

static void present_time(char text[KUBE_LEASE_TIME_SIZE])
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    kube_lease_time((int64_t)now.tv_sec * 1000 * MILLISECOND + now.tv_nsec, text);
}

static void create(struct kube_leader *leader)
{
    cleanup_buffer struct buffer body = {0};
    char time[KUBE_LEASE_TIME_SIZE];
    present_time(time);
    const struct kube_lease lease = {
        .holder = slice_of(leader->settings.identity),
        .acquire_time = slice_of(time),
        .renew_time = slice_of(time),
        .duration = leader->settings.duration / 1000,
    };
    kube_lease_write(&body, leader->settings.namespace, leader->settings.name, &lease);
    send_write(leader, KUBE_CREATE, &body, on_written);
}

static void take(struct kube_leader *leader, const struct kube_lease *lease,
                 enum kube_lease_act act)
{
    cleanup_buffer struct buffer body = {0};
    char time[KUBE_LEASE_TIME_SIZE];
    present_time(time);
    const struct kube_lease next =
        kube_lease_next(lease, act, slice_of(leader->settings.identity),
                        leader->settings.duration / 1000, slice_of(time));
    kube_lease_write_patch(&body, &next);
    send_write(leader, KUBE_PATCH_MERGE, &body, on_written);
}

static void on_read(const struct kube_answer *answer, void *context)
{
    struct kube_leader *leader = context;
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    struct kube_lease lease;
    leader->request = NULL;
    if (answer->error && answer->error->code == ERROR_NOT_FOUND) {
        set_leads(leader, false); /* somebody deleted it */
        create(leader);
        return;
    }
    if (answer->error) {
        fail(leader, answer->error);
        return;
    }
    if (kube_lease_read(answer->body, &arena, &lease, &error) < 0) {
        fail(leader, error);
        return;
    }
    enum kube_lease_act act =
        kube_lease_look(&leader->view, &lease, slice_of(leader->settings.identity), kube_now());
    if (act != KUBE_LEASE_RENEW)
        set_leads(leader, false);
    if (act == KUBE_LEASE_WAIT) {
        went_well(leader);
        go_on(leader);
    } else {
        take(leader, &lease, act);
    }
}

static void look(struct kube_leader *leader)
{
    const struct kube_call call = {
        .verb = KUBE_GET,
        .target = target_of(leader, false),
        .timeout = leader->settings.renew_deadline / 2,
        .done = on_read,
        .context = leader,
    };
    leader->request = kube_send(leader->client, &call);
}

/* --- Giving it back --------------------------------------------------------------------------- */

static void end_resigning(struct kube_leader *leader)
{
    void (*resigned)(void *context) = leader->resigned;
    if (leader->request)
        kube_cancel(leader->request);
    leader->request = NULL;
    leader->resigned = NULL;
    (void)event_del(leader->timer);
    resigned(leader->settings.context);
}

static void on_given_back(const struct kube_answer *answer, void *context)
{
    struct kube_leader *leader = context;
    (void)answer;
    leader->request = NULL;
    end_resigning(leader);
}

static void on_read_to_resign(const struct kube_answer *answer, void *context)
{
    struct kube_leader *leader = context;
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer body = {0};
    struct kube_lease lease;
    leader->request = NULL;
    if (answer->error || kube_lease_read(answer->body, &arena, &lease, NULL) < 0 ||
        !slice_is(lease.holder, leader->settings.identity)) {
        end_resigning(leader);
        return;
    }
    lease.holder = slice_of("");
    lease.duration = 1; /* as client-go does: the API server refuses 0 */
    kube_lease_write_patch(&body, &lease);
    send_write(leader, KUBE_PATCH_MERGE, &body, on_given_back);
}

void kube_leader_resign(struct kube_leader *leader, int64_t timeout, void (*done)(void *context))
{
    const struct kube_call call = {
        .verb = KUBE_GET,
        .target = target_of(leader, false),
        .timeout = timeout,
        .done = on_read_to_resign,
        .context = leader,
    };
    leader->resigned = done;
    if (leader->request)
        kube_cancel(leader->request);
    leader->request = NULL;
    bool held = leader->leads;
    set_leads(leader, false);
    if (held)
        leader->request = kube_send(leader->client, &call);
    set_timer(leader, held ? timeout : 0);
}

static void on_timer(evutil_socket_t fd, short events, void *context)
{
    struct kube_leader *leader = context;
    (void)fd;
    (void)events;
    if (leader->resigned)
        end_resigning(leader);
    else
        look(leader);
}

/* --- Life ------------------------------------------------------------------------------------- */

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value ? value : otherwise;
}

struct kube_leader *kube_leader_create(struct kube_client *client,
                                       const struct kube_leader_settings *settings)
{
    struct kube_leader *leader = xcalloc(1, sizeof(*leader));
    leader->client = client;
    leader->settings = *settings;
    leader->settings.duration = or_default(settings->duration, DURATION);
    leader->settings.renew_deadline = or_default(settings->renew_deadline, RENEW_DEADLINE);
    leader->settings.retry = or_default(settings->retry, RETRY);
    leader->timer = event_new(kube_client_base(client), -1, 0, on_timer, leader);
    if (!leader->timer)
        abort();
    set_timer(leader, 0);
    return leader;
}

void kube_leader_free(struct kube_leader *leader)
{
    if (!leader)
        return;
    if (leader->request)
        kube_cancel(leader->request);
    event_free(leader->timer);
    kube_lease_view_release(&leader->view);
    free(leader);
}
