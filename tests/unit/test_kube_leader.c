#include "lib/kube/leader.h"

#include <signal.h>

#include "tests/support/api_server.h"
#include "tests/support/suite.h"

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/n/leases"
#define LOOK   "GET " LEASES "/l\n"
#define CREATE "POST " LEASES "\n"
#define WRITE  "PATCH " LEASES "/l\n"
#define HELD(by)                                                                                   \
    "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"" by "\"," TIMES
#define TIMES   "\"leaseDurationSeconds\":1000}}"
#define NOBODYS "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{" TIMES
#define STATUS(code)                                                                               \
    "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"why\",\"message\":\"why\"}"

/* What a leader says, in few words. */
static void say_changed(bool leads, void *context)
{
    buffer_append_text(context, leads ? "leads " : "stops ");
}
static void say_failed(const struct error *error, void *context)
{
    buffer_append_format(context, "failed(%s) ", error_code_name(error->code));
}
static void say_recovered(void *context)
{
    buffer_append_text(context, "recovered ");
}

static void give_up(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    (void)context;
    ck_abort_msg("the leader does not go on");
}

struct story {
    const char *requests, *said;
    struct api_answer answers[8];
    int64_t retry; /* 0: at once */
};

static void check_story(const struct story *story)
{
    struct event_base *base = event_base_new();
    struct event *limit = event_new(base, -1, 0, give_up, NULL);
    const struct timeval long_enough = {.tv_sec = 60};
    struct api_server *server = api_server_start(base, story->answers);
    cleanup_buffer struct buffer said = {0};
    const struct kube_client_settings client_settings = {.base = base,
                                                         .config = api_server_config(server)};
    const struct kube_leader_settings settings = {.namespace = "n",
                                                  .name = "l",
                                                  .identity = "me",
                                                  .duration = 3000,
                                                  .renew_deadline = 2000,
                                                  .retry = story->retry ? story->retry : 1,
                                                  .changed = say_changed,
                                                  .failed = say_failed,
                                                  .recovered = say_recovered,
                                                  .context = &said};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)event_add(limit, &long_enough);
    struct kube_client *client = kube_client_create(&client_settings, NULL);
    struct kube_leader *leader = kube_leader_create(client, &settings);
    (void)event_base_dispatch(base);
    ck_assert_str_eq(api_server_requests(server), story->requests);
    ck_assert_str_eq(buffer_text(&said), story->said);
    kube_leader_free(leader);
    kube_client_free(client);
    api_server_stop(server);
    event_free(limit);
    event_base_free(base);
}

START_TEST(a_lease_is_created_and_renewed)
{
    check_story(&(struct story){
        LOOK CREATE LOOK WRITE LOOK,
        "leads ",
        {{404, STATUS("404")}, {201, HELD("me")}, {200, HELD("me")}, {200, HELD("me")}},
        0});
}
END_TEST

START_TEST(somebody_elses_is_waited_for_and_a_free_one_taken)
{
    check_story(&(struct story){
        LOOK LOOK LOOK WRITE LOOK,
        "leads ",
        {{200, HELD("other")}, {200, HELD("other")}, {200, NOBODYS}, {200, HELD("me")}},
        0});
}
END_TEST

START_TEST(who_was_slower_does_not_lead)
{
    check_story(&(struct story){LOOK CREATE LOOK LOOK,
                                "",
                                {{404, STATUS("404")}, {409, STATUS("409")}, {200, HELD("other")}},
                                0});
    check_story(&(struct story){
        LOOK CREATE LOOK WRITE LOOK,
        "leads stops ",
        {{404, STATUS("404")}, {201, HELD("me")}, {200, HELD("me")}, {409, STATUS("409")}},
        0});
}
END_TEST

START_TEST(one_that_is_taken_away_is_not_held)
{
    check_story(&(struct story){LOOK CREATE LOOK LOOK,
                                "leads stops ",
                                {{404, STATUS("404")}, {201, HELD("me")}, {200, HELD("other")}},
                                0});
    /* One that was deleted is made anew. */
    check_story(&(struct story){
        LOOK CREATE LOOK CREATE LOOK,
        "leads stops leads ",
        {{404, STATUS("404")}, {201, HELD("me")}, {404, STATUS("404")}, {201, HELD("me")}},
        0});
}
END_TEST

START_TEST(a_failure_is_told_and_tried_again)
{
    check_story(&(struct story){LOOK LOOK CREATE LOOK CREATE LOOK,
                                "failed(denied) failed(denied) recovered leads ",
                                {{403, STATUS("403")},
                                 {404, STATUS("404")},
                                 {403, STATUS("403")},
                                 {404, STATUS("404")},
                                 {201, HELD("me")}},
                                0});
    check_story(&(struct story){
        LOOK LOOK LOOK, "failed(protocol) recovered ", {{200, "[]"}, {200, HELD("other")}}, 0});
}
END_TEST

/* While the renewal was overdue kube_leader_leads() said that we do not lead: who asked then must
 * hear of it once we do. */
START_TEST(a_renewal_that_comes_late_is_told)
{
    check_story(&(struct story){LOOK CREATE LOOK WRITE LOOK,
                                "leads stops leads ",
                                {{404, STATUS("404")},
                                 {201, HELD("me")},
                                 {200, HELD("me"), .delay = 700},
                                 {200, HELD("me"), .delay = 700}},
                                800});
}
END_TEST

SUITE("kube_leader", a_lease_is_created_and_renewed,
      somebody_elses_is_waited_for_and_a_free_one_taken, who_was_slower_does_not_lead,
      one_that_is_taken_away_is_not_held, a_failure_is_told_and_tried_again,
      a_renewal_that_comes_late_is_told)
