#include "lib/kube/watch.h"

#include <signal.h>

#include "lib/common/memory.h"
#include "lib/kube/clock.h"
#include "tests/support/api_server.h"
#include "tests/support/suite.h"

static const struct kube_resource resource = {"", "v1", "things"};

#define THINGS "/api/v1/things?"
#define LIST   "GET " THINGS "limit=500\n"
#define FROM(v)                                                                                    \
    "GET " THINGS "watch=1&allowWatchBookmarks=true&resourceVersion=" v "&timeoutSeconds=1\n"
#define AGAIN(v) "GET " THINGS "limit=500&resourceVersion=" v "&resourceVersionMatch=NotOlderThan\n"
#define OBJECT(name, version)                                                                      \
    "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define ITEMS(version, items)                                                                      \
    "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define PAGE(token, items)                                                                         \
    "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"" token "\"},\"items\":[" items "]}"
#define STATUS(code, reason)                                                                       \
    "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\",\"message\":\"why\"}"
#define TOO_LARGE                                                                                  \
    "{\"kind\":\"Status\",\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":["           \
    "{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}]}}"

/* What a watch says, in few words. */
struct teller {
    struct buffer said; /* the first member: the context is taken for it */
    struct kube_watch *watch;
    bool hurries; /* whenever it is lost */
};

static void say_begun(void *context)
{
    buffer_append_text(context, "begun ");
}
static void say_object(enum kube_event event, struct slice json, void *context)
{
    static const char signs[] = {
        [KUBE_LISTED] = '=', [KUBE_ADDED] = '+', [KUBE_MODIFIED] = '~', [KUBE_DELETED] = '-'};
    const char *name = memmem(json.data, json.length, "\"name\":\"", 8);
    buffer_append_format(context, "%c%c ", signs[event], name ? name[8] : '?');
}
static void say_synced(bool listed, void *context)
{
    buffer_append_text(context, listed ? "synced " : "resumed ");
}
static void say_lost(const struct error *error, int64_t wait, void *context)
{
    const struct teller *teller = context;
    buffer_append_format(context, "lost(%s) ", error_code_name(error->code));
    if (teller->hurries)
        kube_watch_hurry(teller->watch);
    else if (wait > 1000)
        buffer_append_format(context, "wait(%lld) ", (long long)wait);
}

static void give_up(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    (void)context;
    ck_abort_msg("the watch does not go on");
}

struct story {
    const char *requests, *said;
    struct api_answer answers[8];
    int64_t wait_least, wait_most;
    bool hurries;
};

static void check_story(const struct story *story)
{
    struct event_base *base = event_base_new();
    struct event *limit = event_new(base, -1, 0, give_up, NULL);
    const struct timeval long_enough = {.tv_sec = 60};
    struct api_server *server = api_server_start(base, story->answers);
    struct teller teller = {.hurries = story->hurries};
    const struct kube_client_settings client_settings = {.base = base,
                                                         .config = api_server_config(server)};
    const struct kube_watch_settings settings = {
        .target = {&resource},
        .lifetime = 1,
        .wait_least = story->wait_least ? story->wait_least : 1,
        .wait_most = story->wait_most ? story->wait_most : 1,
        .callbacks = {say_begun, say_object, say_synced, say_lost},
        .context = &teller,
    };
    (void)signal(SIGPIPE, SIG_IGN);
    (void)event_add(limit, &long_enough);
    struct kube_client *client = kube_client_create(&client_settings, NULL);
    teller.watch = kube_watch_create(client, &settings);
    (void)event_base_dispatch(base);
    ck_assert_str_eq(api_server_requests(server), story->requests);
    ck_assert_str_eq(buffer_text(&teller.said), story->said);
    kube_watch_free(teller.watch);
    buffer_release(&teller.said);
    kube_client_free(client);
    api_server_stop(server);
    event_free(limit);
    event_base_free(base);
}

START_TEST(a_list_comes_in_pages_and_a_watch_follows)
{
    check_story(
        &(struct story){LIST "GET " THINGS "limit=500&continue=c%2F1\n" FROM("9"),
                        "begun =a =b synced ",
                        {{200, PAGE("c/1", OBJECT("a", "1"))}, {200, PAGE("", OBJECT("b", "2"))}}});
}
END_TEST

START_TEST(a_list_that_is_forgotten_half_way_is_read_in_one_piece)
{
    check_story(&(struct story){LIST "GET " THINGS
                                     "limit=500&continue=c\nGET /api/v1/things\n" FROM("9"),
                                "begun =a begun =a =b synced ",
                                {{200, PAGE("c", OBJECT("a", "1"))},
                                 {410, STATUS("410", "Expired")},
                                 {200, ITEMS("9", OBJECT("a", "1") "," OBJECT("b", "2"))}}});
}
END_TEST

START_TEST(events_are_told_and_the_watch_resumes_from_the_last)
{
    check_story(&(struct story){
        LIST FROM("5") FROM("9"),
        "begun synced +a ~a -a lost(unavailable) ",
        {{200, ITEMS("5", "")},
         {200, EVENT("ADDED", OBJECT("a", "6")) EVENT("MODIFIED", OBJECT("a", "7"))
                   EVENT("DELETED", OBJECT("a", "8")) EVENT("BOOKMARK", OBJECT("", "9"))}}});
}
END_TEST

START_TEST(what_the_server_has_forgotten_is_listed_anew_but_never_older)
{
    check_story(&(struct story){
        LIST FROM("5") AGAIN("6") FROM("8"),
        "begun synced +a lost(unavailable) begun =b synced ",
        {{200, ITEMS("5", "")},
         {200, EVENT("ADDED", OBJECT("a", "6")) EVENT("ERROR", STATUS("410", "Expired"))},
         {200, ITEMS("8", OBJECT("b", "7"))}}});
    check_story(&(struct story){
        LIST FROM("5") AGAIN("5") FROM("8"),
        "begun synced lost(unavailable) begun synced ",
        {{200, ITEMS("5", "")}, {410, STATUS("410", "Gone")}, {200, ITEMS("8", "")}}});
}
END_TEST

START_TEST(a_version_that_the_server_does_not_know_is_given_up)
{
    const struct api_answer refusals[] = {{504, TOO_LARGE}, {410, STATUS("410", "Expired")}};
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++)
        check_story(&(struct story){LIST FROM("5") AGAIN("5") LIST FROM("2"),
                                    "begun synced lost(unavailable) begun synced ",
                                    {{200, ITEMS("5", "")},
                                     {410, STATUS("410", "Gone")},
                                     refusals[i],
                                     {200, ITEMS("2", "")}}});
}
END_TEST

/* After failures that made it wait longer and longer. */
START_TEST(what_is_forgotten_is_listed_soon)
{
    check_story(&(struct story){
        LIST FROM("5") FROM("5") FROM("5") AGAIN("5") FROM("8"),
        "begun synced lost(unavailable) lost(unavailable) lost(unavailable) begun synced ",
        {{200, ITEMS("5", "")},
         {500, "<html>"},
         {500, "<html>"},
         {410, STATUS("410", "Gone")},
         {200, ITEMS("8", "")}},
        .wait_least = 500,
        .wait_most = 30000});
}
END_TEST

START_TEST(refusals_are_told_and_tried_again)
{
    check_story(&(struct story){LIST LIST FROM("5"),
                                "lost(denied) begun synced ",
                                {{403, STATUS("403", "Forbidden")}, {200, ITEMS("5", "")}}});
    check_story(&(struct story){LIST FROM("5") FROM("5"),
                                "begun synced lost(denied) ",
                                {{200, ITEMS("5", "")}, {403, STATUS("403", "Forbidden")}}});
    check_story(&(struct story){
        LIST FROM("5") FROM("5") FROM("6"),
        "begun synced lost(unavailable) resumed +a lost(unavailable) ",
        {{200, ITEMS("5", "")},
         {500, "<html>"},
         {200, EVENT("ADDED", OBJECT("a", "6")) EVENT("ERROR", STATUS("500", "x"))}}});
}
END_TEST

START_TEST(the_server_may_say_how_long_to_wait)
{
    struct story story = {LIST LIST, "lost(unavailable) wait(2000) ", {{429, NULL, false, "2"}}};
    check_story(&story);
    story.said = "lost(unavailable) ";
    story.hurries = true;
    int64_t begun = kube_now();
    check_story(&story);
    ck_assert_int_ge(kube_now() - begun, INT64_C(1900000000));
}
END_TEST

START_TEST(a_hurried_watch_does_not_wait_its_time)
{
    const int64_t hour = INT64_C(3600) * 1000;
    check_story(&(struct story){LIST LIST LIST FROM("5"),
                                "lost(unavailable) lost(denied) begun synced ",
                                {{503}, {403}, {200, ITEMS("5", "")}},
                                hour,
                                hour,
                                true});
}
END_TEST

START_TEST(what_is_no_answer_is_a_fault_and_listed_anew)
{
    static const char *const lists[] = {"{}",
                                        "[]",
                                        "{\"items\":[]}",
                                        "{\"items\":[{",
                                        PAGE("c", ""),
                                        "{\"metadata\":{},\"items\":[]}"};
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        check_story(&(struct story){LIST LIST, "begun lost(protocol) ", {{200, lists[i]}}});
    static const char *const events[] = {
        EVENT("RENAMED", OBJECT("a", "6")), "[]", "{\"type\":\"ADDED\"}",
        EVENT("ADDED", "{\"metadata\":{\"name\":\"a\"}}"), EVENT("ADDED", "7")};
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++)
        check_story(&(struct story){
            LIST FROM("5") "GET " THINGS
                           "limit=500&resourceVersion=5&resourceVersionMatch=NotOlderThan\n",
            "begun synced lost(protocol) ",
            {{200, ITEMS("5", "")}, {200, events[i]}}});
}
END_TEST

SUITE("kube_watch", a_list_comes_in_pages_and_a_watch_follows,
      a_list_that_is_forgotten_half_way_is_read_in_one_piece,
      events_are_told_and_the_watch_resumes_from_the_last,
      what_the_server_has_forgotten_is_listed_anew_but_never_older,
      a_version_that_the_server_does_not_know_is_given_up, what_is_forgotten_is_listed_soon,
      refusals_are_told_and_tried_again, the_server_may_say_how_long_to_wait,
      a_hurried_watch_does_not_wait_its_time, what_is_no_answer_is_a_fault_and_listed_anew)
