#include "lib/kube/transfers.h"

#include <event2/event.h>
#include <stdlib.h>

#include "lib/common/memory.h"

static void *must(void *object)
{
    if (!object)
        abort(); /* libevent and libcurl only fail here for want of memory */
    return object;
}

static void collect_finished(struct transfers *transfers)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(transfers->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        (void)curl_multi_remove_handle(transfers->multi, easy);
        transfers->finished(easy, result, transfers->context);
    }
}

static void act(struct transfers *transfers, curl_socket_t socket, int events)
{
    int running;
    transfers->inside = true;
    (void)curl_multi_socket_action(transfers->multi, socket, events, &running);
    transfers->inside = false;
    collect_finished(transfers);
    transfers->pause(transfers->context);
}

static void on_timer(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(evutil_socket_t fd, short events, void *context)
{
    int ready =
        (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    act(context, fd, ready);
}

/* Curl's CURLMOPT_SOCKETFUNCTION; `watched` is the socket's event. */
static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *watched)
{
    struct transfers *transfers = context;
    struct event *event = watched;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short events = EV_PERSIST;
        events |= what & CURL_POLL_IN ? EV_READ : 0;
        events |= what & CURL_POLL_OUT ? EV_WRITE : 0;
        event = must(event_new(transfers->base, socket, events, on_socket, transfers));
        (void)event_add(event, NULL);
    }
    (void)curl_multi_assign(transfers->multi, socket, event);
    return 0;
}

/* Curl's CURLMOPT_TIMERFUNCTION. Even a wait of nothing goes through the loop: curl must not be
 * entered from here. */
static int set_timer(CURLM *multi, long wait, void *context)
{
    struct transfers *transfers = context;
    (void)multi;
    if (wait < 0)
        return event_del(transfers->timer);
    struct timeval time = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    return event_add(transfers->timer, &time);
}

int transfers_create(struct transfers *transfers, struct event_base *base, size_t connections,
                     struct error **err)
{
    if (kube_curl_load(err) < 0)
        return -1;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_INTERNAL, "libcurl cannot be started");
    transfers->base = base;
    transfers->multi = must(curl_multi_init());
    transfers->timer = must(event_new(base, -1, 0, on_timer, transfers));
    CURLM *multi = transfers->multi;
    (void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    (void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, transfers);
    (void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, transfers);
    (void)curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    return 0;
}

void transfers_release(struct transfers *transfers)
{
    if (!transfers->multi)
        return;
    (void)curl_multi_cleanup(transfers->multi);
    event_free(transfers->timer);
    curl_global_cleanup();
    *transfers = (struct transfers){0};
}
