/* metav1.Status: what the API server says when it refuses (apimachinery/pkg/apis/meta/v1). */
#ifndef GMSA_KUBE_STATUS_H
#define GMSA_KUBE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

struct kube_status {
    struct slice reason;       /* "NotFound", "Expired", ...; absent where there is none */
    struct slice message;      /* for people; absent where there is none */
    int code;                  /* HTTP's; 0 where there is none */
    int64_t retry_after;       /* milliseconds; -1 where it does not say */
    bool version_is_too_large; /* a resource version that the server has not reached yet */
};

/* Reads a Status; texts are of `json` or of the arena. False where `json` is none: a proxy's error
 * page, a truncated answer. `status` is filled with "nothing known" then. */
bool kube_status_read(struct slice json, struct arena *arena, struct kube_status *status);

/* Whose fault an HTTP status code is: 401 and 403 ERROR_DENIED, 404 ERROR_NOT_FOUND, 408, 410, 429
 * and 5xx ERROR_UNAVAILABLE, every other 4xx (409, 422 ...) ERROR_INPUT, what is no answer to an
 * API call (1xx, 3xx, 405, 406, 415) ERROR_PROTOCOL. */
enum error_code kube_status_blame(int code);

/* Fills *err: "404 NotFound: gmsacredentialspecs.windows.k8s.io "web" not found". `code` is the
 * HTTP answer's own. The server's text is cut to a reasonable length and control characters are
 * escaped. Returns -1. */
int kube_status_error(int code, const struct kube_status *status, struct error **err);

#endif
