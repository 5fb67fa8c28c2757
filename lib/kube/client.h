/* Calls to the Kubernetes API, none of which blocks: libcurl on a libevent loop.
 *
 * A client belongs to one event loop and its thread. It keeps connections open, bounds how many
 * calls are on their way at a time and how many a second, and gives every call a deadline that
 * counts all waiting. It never repeats a call: whether that is right only its caller knows.
 *
 * TLS 1.2 or newer, to the authority of the config and no other. HTTP/1.1: a watch then has a
 * connection of its own and a stuck one holds nobody else up.
 *
 * The program must ignore SIGPIPE. */
#ifndef GMSA_KUBE_CLIENT_H
#define GMSA_KUBE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/kube/config.h"
#include "lib/kube/target.h"
#include "lib/kube/token_bucket.h"

struct event_base;
struct kube_client;

/* For client-go's rest_client_requests_total: `code` is "200" ... or "<error>" where no answer
 * came, `method` "GET" ..., `host` the server's "name:port". */
typedef void kube_observer(const char *code, const char *method, const char *host, void *context);

/* Zero means the default. */
struct kube_client_settings {
    struct event_base *base;
    const struct kube_config *config; /* must outlive the client */
    struct token_bucket *bucket;      /* may be shared with other clients; NULL: no limit */
    size_t in_flight;        /* calls on their way at a time, others wait; streams on connections of
                              * their own do not count; 16 */
    int64_t connect_timeout; /* milliseconds for TCP and TLS; default 10 s */
    const char *user_agent;  /* default "gmsa/VERSION" */
    kube_observer *observer; /* or NULL */
    void *context;           /* the observer's */
};

/* ERROR_INTERNAL where libcurl cannot be started. */
struct kube_client *kube_client_create(const struct kube_client_settings *settings,
                                       struct error **err);
/* Drops all calls without a word. What uses the client (lists, watches) must be freed before. Not
 * from a callback of the client's. */
void kube_client_free(struct kube_client *client);

static inline void kube_client_free_at(struct kube_client **client)
{
    kube_client_free(*client);
}
#define cleanup_kube_client __attribute__((cleanup(kube_client_free_at)))

/* Whether the latest call got an answer, of whatever kind: gmsa_api_up. True before the first. */
bool kube_client_is_up(const struct kube_client *client);
struct event_base *kube_client_base(const struct kube_client *client);

/* --- Calls ------------------------------------------------------------------------------------ */

enum kube_verb {
    KUBE_GET, /* an object, or one page of a collection: see list.h for all of it */
    KUBE_CREATE,
    KUBE_UPDATE, /* refused without metadata.resourceVersion in the body: nobody's change is lost */
    KUBE_PATCH_MERGE, /* RFC 7386 */
    KUBE_PATCH_JSON,  /* RFC 6902 */
    KUBE_DELETE,      /* the body may hold DeleteOptions */
};

struct kube_parameter {
    const char *name;
    struct slice value; /* left out where it is absent */
};

/* What came of a call. Valid until the callback returns. */
struct kube_answer {
    int status; /* HTTP's; 0 where no answer came */
    struct slice body;
    struct slice reason; /* metav1.Status.reason of a refusal; absent where it gives none */
    int64_t retry_after; /* milliseconds that the server asks to wait, at most an hour; -1: none */
    bool version_is_too_large; /* the server has not reached that resource version */
    /* NULL where the status is 2xx. "GET /api/v1/pods: 403 Forbidden: pods is forbidden: ...": the
     * code by kube_status_blame(), ERROR_UNAVAILABLE where no answer came in time, ERROR_PROTOCOL
     * where it was no answer to the call, or was too large. */
    const struct error *error;
};
typedef void kube_done(const struct kube_answer *answer, void *context);

/* For answers that are read as they arrive. Times are milliseconds. */
struct kube_stream {
    /* The head of a 2xx answer has arrived; or NULL. */
    void (*begun)(void *context);
    /* The next piece of its body. -1 ends the call with the error that was set. NULL: no stream. */
    int (*data)(struct slice piece, void *context, struct error **err);
    int64_t head;        /* until the head has come; 0: the timeout alone counts */
    int64_t quiet;       /* between pieces; 0: the timeout alone counts */
    bool own_connection; /* opened for this call and closed after it, so that it is known to work */
};

struct kube_call {
    enum kube_verb verb;
    struct kube_target target;
    const struct kube_parameter *parameters; /* of the query */
    size_t parameter_count;
    struct slice body;  /* JSON */
    bool secret;        /* the body holds one: our copy of it is wiped before it is freed */
    const char *accept; /* media types; NULL: JSON */
    int64_t timeout;    /* milliseconds for everything; 0 means 30 s */
    size_t limit;       /* bytes of the answer that is not a stream; 0 means 8 MiB */
    struct kube_stream stream;
    kube_done *done;
    void *context; /* of done and the stream */
};

struct kube_request; /* a call under way */

/* Starts a call; everything is copied. `done` is called once, from the event loop and never from
 * within kube_send(), unless the call is cancelled before. May be called from all callbacks. */
struct kube_request *kube_send(struct kube_client *client, const struct kube_call *call)
    __attribute__((returns_nonnull));
/* Forgets a call whose `done` has not been called yet: it is not called any more. What the server
 * has made of the call is not known. May be called from all callbacks. */
void kube_cancel(struct kube_request *request);

#endif
